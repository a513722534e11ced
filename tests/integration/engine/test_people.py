"""One's own data: taken away as a file, erased to the last byte, and the same on two accounts."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.messages import Addressed, ButtonPress, CommandUse, Person, Place
from tests.integration.engine.room import Message, Room, open_room

BOB = Person("test", "778899", "Bob Bytes")
EVE = Person("test", "5511", "Eve")
DIRECT = Place("test", "", "778899")
GROUP = Place("test", "s1", "c9")
WORDS = ("quixotry", "zugzwang", "pfefferminz", "böhnchen", "wanderlust")


async def command(room: Room, author: Person, place: Place, name: str, /, **options: object) -> list[Message]:
    """Use a command as somebody."""
    use = CommandUse(name, dict(options))  # type: ignore[arg-type]
    return await room.send(room.event(author=author, place=place, addressed=Addressed.COMMAND, command=use))


async def press(room: Room, author: Person, place: Place, shown: Message, label: str) -> list[Message]:
    """Press a button of a message."""
    [button] = [one for row in shown.buttons for one in row if one.label == label]
    [number] = [key for key, message in room.door.messages.items() if message is shown]
    pressed = ButtonPress(button.id, number)
    return await room.send(room.event(author=author, place=place, addressed=Addressed.BUTTON, press=pressed))


async def live(room: Room) -> None:
    """Bob leaves traces everywhere, Eve a few beside them."""
    await room.say(f"Tell me about {WORDS[0]}", author=BOB, place=DIRECT)
    await room.say(f"And of {WORDS[3]}", author=BOB, place=GROUP, addressed=Addressed.MENTION)
    await room.say("I like geese", author=EVE, place=GROUP, addressed=Addressed.MENTION)
    await command(room, BOB, GROUP, "remember", text=f"My dog is called {WORDS[1]}")
    await command(room, BOB, DIRECT, "remind", text=f"tomorrow at 9 water the {WORDS[2]}")
    await command(
        room, BOB, DIRECT, "settings", name="system_prompt", value=f"Talk like {WORDS[4]}", where="user"
    )
    await command(room, BOB, DIRECT, "image", prompt=f"a picture of {WORDS[2]}")
    await command(room, BOB, DIRECT, "new", title=f"Notes on {WORDS[0]}")
    await room.say(f"Once more {WORDS[0]}", author=BOB, place=DIRECT)


def traces(text: str) -> Iterator[bytes]:
    """How a text may lie in a file."""
    yield text.encode()
    yield text.encode("utf-16-le")
    yield json.dumps(text)[1:-1].encode()


def found_in(folder: Path, texts: Sequence[str]) -> list[str]:
    """Where any of these texts is in any file below a folder."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        found += [f"{text} in {path.name}" for text in texts for one in traces(text) if one in data]
    return found


async def test_erased_to_the_last_byte(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    secrets = (*WORDS, BOB.id, BOB.name)
    async with open_room(tmp_path, long_memory=True) as room:
        await live(room)
        assert {text.partition(" in ")[0] for text in found_in(tmp_path, secrets)} == set(secrets)
        [asked] = await command(room, BOB, DIRECT, "erase")
        assert "cannot be undone" in asked.text
        assert "30 days" in asked.text
        before = await room.store.money.usage(since=0)
        answered = await press(room, BOB, DIRECT, asked, "Erase everything")
        assert "erasing it now" in answered[0].text
        assert "is erased" in answered[-1].text
        assert await room.store.money.usage(since=0) == before
        items = await room.store.memory.recent(GROUP.conversation, 20)
        assert [item.text for item in items if item.speaker] == ["I like geese"]
        assert len(items) == 2
        found = found_in(tmp_path, secrets)
        assert found == []
        assert [text for text in secrets if text in caplog.text] == []
    assert found_in(tmp_path, secrets) == []
