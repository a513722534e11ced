"""Words of people who did not address the bot: used for the question that quotes them, and never stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Addressed, ButtonPress, CommandUse, Person, Place, Quoted
from tests.integration.engine.room import ADA, Room, open_room

GROUP = Place("test", "g", "room")
BOB = Person("test", "2", "Bob")
SECRET = "zebra"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("gondola.db*"))).lower()


def sent(room: Room) -> str:
    return str([one for one in room.demo.requests if one.path == "/chat/completions"][-1].json)


async def ask(room: Room, **fields: Any) -> list[Any]:
    return await room.send(room.event("What is 2 + 2?", place=GROUP, addressed=Addressed.MENTION, **fields))


async def test_quoted_words_reach_the_model_and_not_the_disk(room: Room, tmp_path: Path) -> None:
    await ask(room, quoted=Quoted("m0", BOB, f"my {SECRET} sleeps"))
    assert f"my {SECRET} sleeps" in sent(room)
    kept = "".join(item.text for item in await room.store.memory.recent(GROUP.conversation, 9))
    assert SECRET not in kept.lower()
    await room.store.retention.scrub()  # until then the file's journal remembers the open question
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    async with room.store.database.engines[-1].connect() as connection:
        payloads = (await connection.exec_driver_sql("SELECT payload FROM buttons")).scalars().all()
    assert payloads
    assert SECRET not in "".join(payloads).lower()


async def test_an_answer_given_anew_still_knows_what_was_quoted(room: Room) -> None:
    [shown] = await ask(room, quoted=Quoted("m0", BOB, f"my {SECRET} sleeps"))
    again = ButtonPress(shown.buttons[0][0].id, "1")
    await room.send(room.event("", place=GROUP, addressed=Addressed.BUTTON, press=again))
    assert f"my {SECRET} sleeps" in sent(room)


async def test_what_somebody_quotes_of_themselves_stays_with_the_button(room: Room) -> None:
    await ask(room, quoted=Quoted("m0", ADA, f"my {SECRET} sleeps"))
    async with room.store.database.engines[-1].connect() as connection:
        payloads = (await connection.exec_driver_sql("SELECT payload FROM buttons")).scalars().all()
    assert SECRET in "".join(payloads)


async def test_what_is_said_around_the_bot_needs_overhear(room: Room, tmp_path: Path) -> None:
    line = room.event(f"my {SECRET} sleeps", place=GROUP, author=BOB, addressed=Addressed.OVERHEARD)
    await room.send(line)
    await ask(room)
    assert SECRET not in sent(room).lower()
    await room.parts.settings.put(GROUP.channel_key, "overhear", "10", by="test", at=1.0)
    await room.send(replace(line, event_id="unheard"))
    await ask(room)
    assert SECRET not in sent(room).lower()
    await room.parts.settings.put(BOB.scope_key, "heard", "on", by="test", at=1.0)
    again = room.event(f"my {SECRET} sleeps", place=GROUP, author=BOB, addressed=Addressed.OVERHEARD)
    await room.send(again)
    await ask(room)
    assert f"my {SECRET} sleeps" in sent(room)
    items = await room.store.memory.recent(GROUP.conversation, 9)
    assert not any(SECRET in item.text for item in items if item.speaker)


async def heard(room: Room, who: Person, value: str) -> None:
    await room.parts.settings.put(who.scope_key, "heard", value, by="test", at=1.0)


async def test_whoever_agreed_is_heard_and_the_others_are_not(room: Room) -> None:
    await room.parts.settings.put(GROUP.channel_key, "overhear", "10", by="test", at=1.0)
    eve = Person("test", "3", "Eve")
    await heard(room, eve, "on")
    for author, word in ((BOB, SECRET), (eve, "geese")):
        line = room.event(f"{word} sleep", place=GROUP, author=author, addressed=Addressed.OVERHEARD)
        await room.send(line)
    await ask(room)
    assert "geese sleep" in sent(room)
    assert SECRET not in sent(room).lower()
    await room.parts.settings.put(GROUP.channel_key, "heard", "on", by="test", at=1.0)
    await heard(room, eve, "off")  # one's own choice comes first
    await room.send(room.event("owls sleep", place=GROUP, author=eve, addressed=Addressed.OVERHEARD))
    await room.send(room.event("bats sleep", place=GROUP, author=BOB, addressed=Addressed.OVERHEARD))
    await ask(room)
    assert "bats sleep" in sent(room)
    assert "owls sleep" not in sent(room)


async def test_a_line_that_was_deleted_is_not_heard_any_more(room: Room) -> None:
    for name, value in (("overhear", "10"), ("heard", "on")):
        await room.parts.settings.put(GROUP.channel_key, name, value, by="test", at=1.0)
    line = room.event(f"my {SECRET} sleeps", place=GROUP, author=BOB, addressed=Addressed.OVERHEARD)
    await room.send(line, room.event("geese", place=GROUP, author=BOB, addressed=Addressed.OVERHEARD))
    await room.parts.engine.forgotten(GROUP, [line.message_id])
    await ask(room)
    assert "geese" in sent(room)
    assert SECRET not in sent(room).lower()


async def test_catching_up_leaves_out_whoever_wishes_so(room: Room) -> None:
    for name, value in (("overhear", "10"), ("heard", "on")):
        await room.parts.settings.put(GROUP.channel_key, name, value, by="test", at=1.0)
    for word in (SECRET, "geese"):
        await room.send(room.event(word, place=GROUP, author=BOB, addressed=Addressed.OVERHEARD))
    await heard(room, BOB, "off")
    catchup = CommandUse("catchup", {})
    await room.send(room.event(place=GROUP, addressed=Addressed.COMMAND, command=catchup))
    assert SECRET not in str(room.demo.requests).lower()
