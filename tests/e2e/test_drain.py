"""SIGTERM: answers under way end whole; what does not end in time keeps its part and says so."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.demo import DemoVenice
from bot.demo.faults import Fault
from bot.engine.flow.lobby import NEXT, RESTARTING
from bot.engine.turns.texts import INTERRUPTED
from tests.e2e.street import CHAT, Street, until
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.faults.sides import DiscordRoom, Room

SHORT_DRAIN = "import bot.app; bot.app.DRAIN_SECONDS = 1.0; "
"""Of 25 seconds, for answers that never end."""


@asynccontextmanager
async def street_open(folder: Path, pace: float) -> AsyncGenerator[Street]:
    async with FakeTelegram() as tg, FakeDiscord() as dc, DemoVenice(pace=pace) as demo:
        DiscordRoom(dc)
        street = Street(folder, "", tg, dc, demo)
        try:
            yield street
        finally:
            await street.end()
        assert tg.violations == []
        assert dc.violations == []


def bare(room: Room) -> list[str]:
    """Its texts without the marks that Telegram shows as entities."""
    return [text.strip("*") for text in room.texts()]


async def test_answers_under_way_and_those_in_line_end_whole(tmp_path: Path) -> None:
    async with street_open(tmp_path, 200.0) as street:
        program = await street.start()
        rooms = street.rooms(3)
        marks = [street.ask(room) for room in rooms]
        await until(lambda: all(room.texts() for room in rooms))
        marks.append(street.ask(rooms[0]))
        await until(lambda: street.journal.events() == len(marks))
        assert street.journal.open_turns().total() == len(marks)
        started = time.monotonic()
        assert await program.stop() == 0, program.output
        assert time.monotonic() - started < 25.0
        assert [street.is_whole(mark) for mark in marks] == [True] * len(marks)
        assert not any("interrupted" in text for room in rooms for text in room.texts())
        street.check_all(marks)


async def test_what_does_not_end_in_time_keeps_its_part_and_says_so(tmp_path: Path) -> None:
    async with street_open(tmp_path, 1500.0) as street:
        program = await street.start(SHORT_DRAIN)
        rooms = street.rooms()
        for room in rooms:
            street.demo.faults.next(CHAT, Fault.drip(0.2))
            street.ask(room)
        await until(lambda: all(room.texts() for room in rooms))
        waiting = [street.ask(room) for room in rooms]
        await until(lambda: all(NEXT.strip("*") in bare(room) for room in rooms))
        assert await program.stop() == 0, program.output
        for room in rooms:
            part, *others = bare(room)
            assert part.startswith("It is early")
            assert sorted(others) == sorted([INTERRUPTED, RESTARTING.strip("*")])
        # Those in line were not begun, so the next start answers them.
        assert {state for _, state in street.journal.open_turns()} == {"received"}
        again = await street.start()
        await until(lambda: not street.journal.open_turns())
        for mark in waiting:
            assert street.is_whole(mark), street.asked[mark].texts()
        street.journal.check_books()
        assert await again.stop() == 0, again.output
