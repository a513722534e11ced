"""What is old goes, from every table and from the disk, and what is not stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.people import retention
from bot.messages import Addressed, CommandUse, Person, Place
from bot.records import Summary
from tests.integration.engine.room import PLACE, Room, open_room

DAY = 86_400.0
GROUP = Place("test", "g", "room")
OTHER = Place("test", "g", "other")
ELSEWHERE = Place("test", "h", "hall")
BOB = Person("test", "2", "Bob")
SECRET = "zebra"
TABLES = ("history", "summaries", "facts", "reminders", "buttons", "kept_files", "chats", "settings", "audit")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, long_memory=True) as opened:
        yield opened


async def put(room: Room, scope: str, name: str, value: str) -> None:
    await room.parts.settings.put(scope, name, value, by="test", at=1.0, server=GROUP.server_key)


async def rows(room: Room, table: str, condition: str = "1=1") -> int:
    async with room.store.database.engines[-1].connect() as connection:
        found = await connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {condition}")
        return found.scalar_one()


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("gondola.db*")))


async def use(room: Room, place: Place, command: str, **options: str) -> None:
    use = CommandUse(command, dict(options))
    await room.send(room.event("", place=place, addressed=Addressed.COMMAND, command=use))


async def live(room: Room, place: Place) -> None:
    """Something of everything that is kept of a place."""
    await room.send(
        room.event(f"my {SECRET} sleeps in {place.channel}", place=place, addressed=Addressed.MENTION)
    )
    await use(room, place, "image", prompt=f"a {SECRET}")
    await use(room, place, "remember", text=f"My {SECRET} sleeps in {place.channel}.")
    assert await rows(room, "facts", f"conversation = '{place.conversation}'") == 1
    await use(room, place, "new", title=f"{SECRET} talk")
    await room.send(room.event(f"another {SECRET}", place=place, addressed=Addressed.MENTION))
    items = await room.store.memory.recent(place.conversation, 9)
    chat = (await room.store.memory.opened(place.conversation, 1)).chat
    summary = Summary(place.conversation, f"about a {SECRET}", items[-1].id, room.parts.clock(), chat)
    assert await room.store.memory.summarise(summary)


async def test_what_is_older_than_the_place_says_is_deleted(room: Room, tmp_path: Path) -> None:
    await put(room, GROUP.channel_key, "retention", "7")
    await live(room, GROUP)
    spent = await room.spent()
    room.ahead = 6 * DAY
    assert await room.parts.retention.enforce() == 0
    room.ahead = 8 * DAY
    assert await room.parts.retention.enforce() > 0
    for table in ("history", "summaries", "facts", "buttons", "kept_files", "chats"):
        assert await rows(room, table) == 0, table
    assert SECRET.encode() not in await asyncio.to_thread(on_disk, tmp_path)
    assert await room.spent() == spent


async def test_without_it_everything_stays(room: Room) -> None:
    await live(room, GROUP)
    before = [await rows(room, table) for table in TABLES]
    room.ahead = 400 * DAY
    assert await room.parts.retention.enforce() == 0
    assert [await rows(room, table) for table in TABLES] == before


async def test_only_the_old_part_of_a_talk_goes(room: Room) -> None:
    await put(room, "bot", "retention", "7")
    await room.say("the old lagoon")
    room.ahead = 5 * DAY
    await room.say("the new lagoon")
    room.ahead = 8 * DAY
    await room.parts.retention.enforce()
    kept = [item.text for item in await room.store.memory.recent(PLACE.conversation, 9)]
    assert "the new lagoon" in kept
    assert "the old lagoon" not in kept


async def test_the_shortest_time_holds(room: Room) -> None:
    def holds(place: Place) -> str:
        return room.parts.settings.of_place(place, "retention")

    await put(room, "bot", "retention", "30")
    await put(room, GROUP.server_key, "retention", "90")
    assert holds(GROUP) == "30"
    await put(room, GROUP.channel_key, "retention", "9")
    assert holds(GROUP) == "9"
    assert holds(OTHER) == "30"
    await put(room, "bot", "retention", "")
    assert holds(OTHER) == "90"


async def test_batches_go_on_until_nothing_is_left(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    await put(room, "bot", "retention", "1")
    for n in range(5):
        await room.say(f"number {n}")
    room.ahead = 2 * DAY
    await room.parts.retention.enforce()
    assert await rows(room, "history") == 0


async def test_an_hour_is_done_once_and_a_broken_off_round_is_taken_up(room: Room) -> None:
    keeper = room.parts.retention
    assert await keeper.look()
    assert not await keeper.look()
    room.ahead = 3700
    # Somebody began and died.
    await room.store.marks.advance(retention.BEGUN, f"{int(room.parts.clock() / retention.STRETCH):012d}")
    assert not await keeper.look()
    room.ahead += retention.STRETCH
    assert await keeper.look()


async def test_a_server_that_was_left_goes_with_its_settings_and_keeps_its_blocks(
    room: Room, tmp_path: Path
) -> None:
    await put(room, GROUP.channel_key, "system_prompt", f"You are a {SECRET}.")
    await put(room, f"thread:test:{GROUP.channel}:t1", "model", "some-model")
    await put(room, ELSEWHERE.channel_key, "activation", "always")
    await live(room, GROUP)
    await live(room, ELSEWHERE)
    spent = await room.spent()
    await room.parts.engine.membership(Place("test", "g", ""), member=False)
    room.ahead = 29 * DAY
    await room.parts.retention.enforce()
    assert await rows(room, "history", "conversation LIKE 'test:g:%'") > 0
    room.ahead = 31 * DAY
    await room.parts.retention.enforce()
    for table in ("history", "summaries", "facts", "chats", "kept_files"):
        assert await rows(room, table, "conversation LIKE 'test:g:%'") == 0, table
        assert await rows(room, table, "conversation LIKE 'test:h:%'") > 0, table
    assert await rows(room, "settings", "scope LIKE '%room%'") == 0
    assert await rows(room, "settings", "scope LIKE '%hall%'") == 1
    assert await rows(room, "audit", "server = 'server:test:g'") == 0
    assert await rows(room, "departures") == 0
    assert room.parts.settings.of_place(GROUP, "system_prompt") == ""
    assert await room.spent() == spent
    assert b"sleeps in room" not in await asyncio.to_thread(on_disk, tmp_path)


@pytest.mark.parametrize("how", ["joined", "spoken"])
async def test_coming_back_stops_the_clock(room: Room, how: str) -> None:
    await live(room, GROUP)
    before = await rows(room, "history")
    await room.parts.engine.membership(Place("test", "g", ""), member=False)
    room.ahead = 20 * DAY
    if how == "joined":
        await room.parts.engine.membership(Place("test", "g", ""), member=True)
    else:
        await room.send(room.event("hello again", place=OTHER, addressed=Addressed.MENTION))
    room.ahead = 60 * DAY
    await room.parts.retention.enforce()
    assert await rows(room, "history", "conversation LIKE 'test:g:room%'") == before


async def test_privacy_says_what_holds_here(room: Room) -> None:
    assert "until somebody has it forgotten" in "\n".join(m.text for m in await room.command("privacy"))
    await put(room, PLACE.channel_key, "retention", "7")
    assert "for 7 days" in "\n".join(m.text for m in await room.command("privacy"))
    await put(room, PLACE.channel_key, "record", "off")
    assert "off the record" in "\n".join(m.text for m in await room.command("privacy"))
