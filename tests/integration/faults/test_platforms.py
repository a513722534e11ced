"""Whatever a platform does, its people see one whole answer, once; or the reason is theirs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tests.integration.faults.house import LONG, SHORT, STEADY_PACE, Scene, bare
from tests.integration.faults.sides import Room

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSING = ("429", "500", "502", "reset", "timeout_after_success")
"""After these the same call works again."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a turn a call fails."""

    name: str
    call: str
    question: str = SHORT
    after_first: bool = False
    paced: bool = False


FIRST = Spot("first-message", "send")
MIDDLE = Spot("streamed-edit", "edit", paced=True)
FINAL = Spot("final-edit", "edit")
PART_TWO = Spot("second-part", "send", LONG, after_first=True)
SPOTS = (FIRST, MIDDLE, FINAL, PART_TWO)


async def ask(scene: Scene, room: Room, spot: Spot, kind: str, times: int = 1) -> None:
    known = scene.count("events")
    scene.demo.pace = STEADY_PACE if spot.paced else 4000.0
    if not spot.after_first:
        room.spoil(spot.call, kind, times)
    room.ask(spot.question)
    if spot.after_first:
        async with asyncio.timeout(5):
            while not room.texts():
                await asyncio.sleep(0.005)
        room.spoil(spot.call, kind, times)
    await scene.settled(known + 1)


@pytest.mark.parametrize("platform", ["telegram", "discord"])
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
@pytest.mark.parametrize("kind", PASSING)
async def test_a_passing_fault_leaves_one_whole_answer(
    scene: Scene, spot: Spot, kind: str, platform: str
) -> None:
    whole = await scene.whole(platform, spot.question)
    room = scene.room(platform)
    await ask(scene, room, spot, kind)
    assert bare(room.texts()) == whole


@pytest.mark.parametrize("platform", ["telegram", "discord"])
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
async def test_refused_for_good_it_stops_quietly(scene: Scene, spot: Spot, platform: str) -> None:
    """Blocked, or without permission: what stands stays, and nothing is said twice."""
    whole = await scene.whole(platform, spot.question)
    room = scene.room(platform)
    await ask(scene, room, spot, "403", times=1000)
    assert whole.startswith(bare(room.texts()))
    assert room.sends() <= 4


@pytest.mark.parametrize("platform", ["telegram", "discord"])
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
async def test_a_place_that_is_gone_ends_it_quietly(scene: Scene, spot: Spot, platform: str) -> None:
    whole = await scene.whole(platform, spot.question)
    room = scene.room(platform)
    await ask(scene, room, spot, "404", times=1000)
    assert whole.startswith(bare(room.texts()))
    assert room.sends() <= 4


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_a_deleted_answer_stays_deleted(scene: Scene, platform: str) -> None:
    room = scene.room(platform)
    scene.demo.pace = STEADY_PACE
    known = scene.count("events")
    room.ask(SHORT)
    async with asyncio.timeout(5):
        while not room.texts():
            await asyncio.sleep(0.01)
    room.delete_answer()
    await scene.settled(known + 1)
    assert room.texts() == []


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_an_event_delivered_again_is_not_answered_again(scene: Scene, platform: str) -> None:
    whole = await scene.whole(platform, SHORT)
    room = scene.room(platform)
    await scene.answered(room, SHORT)
    room.repeat()
    # A later question goes the same way in, so it cannot be answered before the repetition was judged.
    other = scene.room(platform)
    await scene.answered(other, SHORT)
    assert bare(room.texts()) == whole


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_an_event_delivered_again_during_the_answer_is_ignored(scene: Scene, platform: str) -> None:
    whole = await scene.whole(platform, SHORT)
    room = scene.room(platform)
    scene.demo.pace = STEADY_PACE
    known = scene.count("events")
    room.ask(SHORT)
    async with asyncio.timeout(5):
        while not room.texts():
            await asyncio.sleep(0.01)
    room.repeat()
    await scene.settled(known + 1)
    assert bare(room.texts()) == whole
