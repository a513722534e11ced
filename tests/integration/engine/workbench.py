"""What tests of pictures do in a room: draw, edit, press, reply."""

from __future__ import annotations

from typing import Any

from bot.demo import RecordedRequest
from bot.messages import Addressed, Attachment, ButtonPress, CommandUse, MediaKind, Quoted
from tests.integration.engine.room import ADA, Message, Room
from tests.pictures import picture


def labels(message: Message) -> list[str]:
    return [button.label for row in message.buttons for button in row]


async def press(room: Room, message: Message, label: str, **fields: Any) -> list[Message]:
    button = next(one for row in message.buttons for one in row if one.label == label)
    event = room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, "1"), **fields)
    return await room.send(event)


def key_of(room: Room, message: Message) -> str:
    return next(key for key, one in room.door.messages.items() if one is message)


async def reply(room: Room, message: Message, text: str, **fields: Any) -> list[Message]:
    """Say something in reply to a message of the bot's."""
    quoted = Quoted(key_of(room, message), ADA, message.text)
    return await room.say(text, quoted=quoted, **fields)


async def use(room: Room, command: str, /, **fields: Any) -> list[Message]:
    """A command with `options`, and whatever else the event has."""
    options = fields.pop("options", {})
    return await room.send(
        room.event(addressed=Addressed.COMMAND, command=CommandUse(command, options), **fields)
    )


async def edit(room: Room, words: str, /, **fields: Any) -> list[Message]:
    """`/edit words`, with whatever else the event has."""
    options = {"words": words, **fields.pop("options", {})}
    return await use(room, "edit", options=options, **fields)


def sent(room: Room, name: str = "p", data: bytes | None = None, **fields: Any) -> Attachment:
    """A picture somebody attaches."""
    room.door.files[name] = picture((512, 512)) if data is None else data
    return Attachment(MediaKind.IMAGE, name, "image/png", f"{name}.png", **fields)


def calls(room: Room) -> list[RecordedRequest]:
    """What Venice was asked to draw or change."""
    return [one for one in room.demo.requests if one.path.startswith("/image/") and one.method == "POST"]


def json_of(request: RecordedRequest) -> Any:
    """Its body."""
    return request.json


def body(room: Room) -> Any:
    """That of the last."""
    return json_of(calls(room)[-1])


async def drawn(room: Room, **options: Any) -> Message:
    [shown] = await room.command("image", **{"prompt": "a lighthouse", **options})
    return shown
