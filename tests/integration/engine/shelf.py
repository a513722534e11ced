"""A room with long memory: facts put on its shelves, looked at, and pressed away."""

from __future__ import annotations

from typing import Any

from bot.demo import RecordedRequest
from bot.engine.doors.hashing import Hasher
from bot.messages import (
    Addressed,
    Authority,
    ButtonPress,
    CommandUse,
    OptionValue,
    Person,
    Place,
)
from bot.remembered import Fact, channel_shelf
from tests.integration.engine.room import ADA, PLACE, Message, Room

CHAT, EMBED = "/chat/completions", "/embeddings"
BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g1", "g1")
DOG = "My dog is Bello."


async def use(
    room: Room,
    name: str,
    /,
    *,
    place: Place = PLACE,
    author: Person = ADA,
    boss: bool = False,
    **o: OptionValue,
) -> list[Message]:
    authority = Authority.MODERATOR if boss or place.direct else Authority.MEMBER
    event = room.event(
        addressed=Addressed.COMMAND,
        command=CommandUse(name, o),
        place=place,
        author=author,
        authority=authority,
        place_title="" if place.direct else "Canal",
    )
    return await room.send(event)


async def setting(
    room: Room, value: str, *, person: Person | None = None, place: Place | None = None
) -> None:
    key = person.scope_key if person is not None else place.channel_key if place is not None else "bot"
    await room.parts.settings.put(key, "long_memory", value, by="test", at=room.parts.clock())


async def say(
    room: Room, text: str, *, place: Place = PLACE, author: Person = ADA, **more: Any
) -> list[Message]:
    addressed = Addressed.DIRECT if place.direct else Addressed.MENTION
    return await room.say(text, place=place, author=author, addressed=addressed, **more)


async def press(
    room: Room, message: Message, label: str, *, author: Person = ADA, boss: bool = False
) -> list[Message]:
    button = next(one for row in message.buttons for one in row if one.label == label)
    shown = next(key for key, one in room.door.messages.items() if one is message)
    authority = Authority.MODERATOR if boss else Authority.MEMBER
    place = message.target.place
    event = room.event(
        addressed=Addressed.BUTTON,
        press=ButtonPress(button.id, shown),
        author=author,
        place=place,
        authority=authority,
    )
    return await room.send(event)


def labels(message: Message) -> list[str]:
    return [button.label for row in message.buttons for button in row]


def calls(room: Room, path: str) -> list[RecordedRequest]:
    return [request for request in room.demo.requests if request.path == path]


def chats(room: Room) -> list[Any]:
    return [request.json for request in calls(room, CHAT)]


def asked(room: Room) -> list[Any]:
    """The chat requests that answered somebody."""
    return [body for body in chats(room) if "response_format" not in body]


def learning(room: Room) -> list[Any]:
    return [body for body in chats(room) if "response_format" in body]


def question(room: Room) -> str:
    """What the model was asked last, with all that stands beside the question."""
    content = asked(room)[-1]["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


async def facts(room: Room) -> list[Fact]:
    """All of Ada's own, of Bob's, and of the group."""
    keys = [f"user:{Hasher(b'key').person(one)}" for one in (ADA, BOB)]
    return await room.store.facts.of_shelves([*keys, channel_shelf(GROUP)])
