"""kill -9 with turns open in every state, on both platforms and both databases: nothing is lost, said twice
or paid twice.

All states of the journal that can be open are there at each arranged kill, on each platform: `received` waits
behind another question, `admitted` waits for Venice's limits, `called` has no word yet, `answering` is half
said, `complete` is stored but not yet shown whole, and `delivered` are a recovery's words that have arrived
while their confirmation is still out, so each arranged kill also ends a recovery. (A turn without a crash is
never seen in `delivered`: after its last words comes the closing, which is one transaction.)

Other kills come at random moments: of a load that has been taken in, and of a recovery. There Telegram may
be left with a sentence about which nobody knows whether it arrived; it is not sent again, so that one may
be missing, never doubled. Discord recognises the repetition, so there nothing may be missing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.demo import DemoVenice
from bot.demo.faults import Fault
from bot.engine.flow.recovery import BROKEN_OFF
from tests.contract.storage.houses import schema
from tests.e2e.street import CHAT, Street, until
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.faults.sides import DiscordRoom, Room

ARRANGED = 5
STATES = ("received", "admitted", "called", "answering", "complete", "delivered")
PLATFORMS = ("telegram", "discord")
FAST, SLOW = 1500.0, 200.0
"""Tokens a second: a story at once, and one that takes two seconds."""
LOAD = 6
SEED = 7


@asynccontextmanager
async def database(kind: str) -> AsyncGenerator[str]:
    """A database of its own; "" is SQLite in the data directory."""
    if kind == "sqlite":
        yield ""
        return
    async with schema() as url:
        yield url


async def shown(room: Room) -> None:
    await until(lambda: room.texts())


async def asked_with(street: Street, fault: Fault) -> list[Room]:
    """A room on each platform where Venice answers like this."""
    rooms = street.rooms()
    for room in rooms:
        street.demo.faults.next(CHAT, fault)
        street.ask(room)
    await until(lambda: not street.demo.faults.waiting)
    return rooms


async def every_state(street: Street) -> tuple[list[Room], list[str]]:
    """Open turns in every state but `delivered`; returns the rooms where Venice was called in vain, and the
    questions that must be answered all the same."""
    due: list[str] = []
    for room in street.rooms():
        room.spoil("edit", "429", times=1000)
        due.append(street.ask(room))
    await until(lambda: all(street.calls(mark) for mark in due))
    answering = await asked_with(street, Fault.drip(0.3))
    called = await asked_with(street, Fault.hang())
    for room in answering:
        await shown(room)
        due.append(street.ask(room))
    # From here on Venice says wait: whoever asks now is admitted, and in line.
    street.demo.faults.next(CHAT, Fault.status(429, reset_in=60.0))
    refused = street.rooms()[0]
    refused.ask("Hello?")
    await shown(refused)
    due += [street.ask(room) for room in street.rooms()]
    return called, due


async def recovering(street: Street, called: list[Room]) -> None:
    """A process that has said that these answers broke off, and waits for the platforms to confirm it. Venice
    has answered all that it asks."""
    for room in called:
        room.spoil("send", "timeout_after_success", times=1000, hold=60.0)
    await street.start()
    await until(lambda: states(street).get("delivered") == len(called))
    await until(lambda: set(states(street)) <= {"delivered", "complete"})
    await until(lambda: all(BROKEN_OFF in room.texts() for room in called))


def states(street: Street) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, state), count in street.journal.open_turns().items():
        found[state] = found.get(state, 0) + count
    return found


async def killed_in_every_state(street: Street, answered: list[str]) -> None:
    """A kill with every state open on each platform, once these questions are answered."""
    wanted = [(platform, state) for platform in PLATFORMS for state in STATES]
    await until(lambda: all(street.journal.open_turns()[one] for one in wanted))
    await until(lambda: all(street.is_whole(mark) for mark in answered))
    counts = await street.kill("in every state")
    assert all(counts[state] for state in STATES), counts
    assert counts.total() >= 10, counts


async def killed_under_load(street: Street, dice: random.Random) -> list[Room]:
    """A kill at a random moment; returns the rooms where Venice was called in vain."""
    called = await asked_with(street, Fault.hang())
    street.demo.pace = SLOW
    known = street.journal.events()
    for room in street.rooms(LOAD):
        street.ask(room)
    await until(lambda: street.journal.events() == known + 2 * LOAD)
    await asyncio.sleep(dice.uniform(0.0, 1.5))
    assert (await street.kill("under load")).total() >= len(called)
    street.demo.pace = FAST
    return called


async def killed_while_recovering(street: Street, dice: random.Random) -> None:
    """A kill at a random moment after the first sign of a recovery."""
    left = states(street)
    await street.launch()
    await until(lambda: states(street) != left, pause=0.01)
    await asyncio.sleep(dice.uniform(0.0, 0.15))
    await street.kill("while recovering", unsure=True)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_killed_again_and_again(kind: str, tmp_path: Path) -> None:
    dice = random.Random(f"{SEED} {kind}")
    async with (
        database(kind) as url,
        FakeTelegram() as tg,
        FakeDiscord() as dc,
        DemoVenice(pace=FAST) as demo,
    ):
        DiscordRoom(dc)
        street = Street(tmp_path, url, tg, dc, demo)
        try:
            await street.start()
            called = await killed_under_load(street, dice)
            answered: list[str] = []
            due: list[str] = []
            for _ in range(ARRANGED):
                await recovering(street, called)
                answered += due
                called, due = await every_state(street)
                await killed_in_every_state(street, answered)
            await killed_while_recovering(street, dice)
            await street.start()
            await until(lambda: not street.journal.open_turns())
            street.check_all(answered)
            assert street.program is not None
            assert await street.program.stop() == 0, street.program.output
        finally:
            await street.end()
        assert tg.violations == []
        assert dc.violations == []
