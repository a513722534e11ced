"""What the desk says of work beside the turns: orders that failed, and the house's own rounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from bot.dashboard import IncidentLine
from bot.demo import Fault
from bot.errors import PlatformError, PlatformFailure
from bot.orders import OrderState as S
from tests.integration.engine.deskroom import owner
from tests.integration.engine.room import PLACE, Room, open_room
from tests.integration.engine.shop import card, ended, order, press, refuse_media


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        opened.demo.job_seconds = 0.1
        yield opened


async def failed(room: Room, state: S, prompt: str = "rain") -> str:
    """Order a sound and wait for its end; returns the order's id."""
    shown = await card(room, "sound", prompt=prompt)
    quoted = await order(room, shown)
    await press(room, shown, "Make it")
    await ended(room, quoted.id, state)
    return quoted.id


async def errors(room: Room) -> tuple[IncidentLine, ...]:
    return (await room.parts.desk.errors(owner(room))).rows


@pytest.mark.parametrize(
    ("path", "fault", "kind"),
    [
        ("/audio/queue", Fault.job_breaks(refunds=False), "VeniceError server"),
        ("/audio/queue", Fault.status(500), "VeniceError server"),
        ("/audio/retrieve", Fault.status(404), "VeniceError gone"),
    ],
)
async def test_an_order_that_fails_at_venice_is_an_error_with_its_request(
    room: Room, path: str, fault: Fault, kind: str
) -> None:
    room.demo.faults.next(path, fault)
    state = S.LOST if "gone" in kind else S.FAILED
    made = await failed(room, state)
    (line,) = await errors(room)
    seen = line.incident
    assert seen.kind.startswith(kind)
    assert (seen.fault, seen.turn_id, seen.platform) == ("venice", made, PLACE.platform)
    assert seen.request_id
    assert "c1" not in seen.channel, "a private chat's id may be a person's"


async def test_a_prompt_that_venice_refuses_is_nobodys_trouble(room: Room) -> None:
    await failed(room, S.FAILED, "a forbidden sound")
    assert await errors(room) == ()


async def test_a_film_that_the_platform_does_not_take_is_an_error(room: Room) -> None:
    refuse_media(room, PlatformError(PlatformFailure.FORBIDDEN))
    made = await failed(room, S.KEPT)
    (line,) = await errors(room)
    assert (line.incident.fault, line.incident.turn_id) == ("platform", made)


async def rounds(room: Room, *work: Awaitable[None], number: int) -> dict[str, str]:
    """Let work go on until so many kinds of it came round; what was said of each."""
    tasks = [asyncio.ensure_future(one) for one in work]
    async with asyncio.timeout(20):
        while len(room.parts.chores.rounds) < number:
            await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return {name: one.trouble for name, one in room.parts.chores.rounds.items()}


async def test_background_work_reports_its_rounds(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engine.account.capwatch.CHECK_SECONDS", 0.05)
    monkeypatch.setattr("bot.engine.account.reconciler.START_SECONDS", 0.0)
    parts, ran = room.parts, room.parts.chores.ran
    work = (
        parts.retention.watch(ran),
        parts.eraser.run(ran),
        parts.cap_watch.run(ran),
        parts.reconciler.watch(ran),
    )
    found = await rounds(room, *work, number=4)
    shown = (await room.parts.desk.jobs(owner(room))).chores
    assert {one.name: one.trouble for one in shown} == found
    assert found == {"retention": "", "erasures": "", "cap watch": "", "reconciler": ""}


async def test_background_work_says_why_it_failed(room: Room) -> None:
    await room.store.close()
    (trouble,) = (await rounds(room, room.parts.eraser.run(room.parts.chores.ran), number=1)).values()
    assert trouble
