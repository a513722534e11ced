"""Whatever a platform does, its people see one whole answer, once; or the reason is theirs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.engine.flow.conduct import UNSURE
from tests.integration.faults.house import LONG, SHORT, STEADY_PACE, Scene, bare
from tests.integration.faults.sides import Room, TelegramRoom

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSING = ("429", "500", "502", "reset", "timeout_after_success")
"""After these the same call works again."""

UNCONFIRMED = ("reset", "timeout_after_success")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a turn a call fails."""

    name: str
    call: str
    question: str = SHORT
    after_first: bool = False


FIRST = Spot("first-message", "send")
MIDDLE = Spot("streamed-edit", "edit", LONG)
FINAL = Spot("final-edit", "edit")
PART_TWO = Spot("second-part", "send", LONG, after_first=True)
SPOTS = (FIRST, MIDDLE, FINAL, PART_TWO)
BY_NAME = {spot.name: spot for spot in SPOTS}
PLATFORMS = ("telegram", "discord")


KINDS = {**dict.fromkeys(PASSING, 1), "403": 1000, "404": 1000}
"""How often a call fails in a row."""


class Rooms(dict[tuple[str, str, str], Room]):
    """A place for each case; `shown` is what stood there once all was settled, whatever tests do later."""

    shown: dict[tuple[str, str, str], list[str]]


async def first_shown(room: Room) -> None:
    async with asyncio.timeout(10):
        while not room.texts():
            await asyncio.sleep(0.005)


async def ask(room: Room, spot: Spot, kind: str) -> None:
    if not spot.after_first:
        room.spoil(spot.call, kind, KINDS[kind])
    room.ask(spot.question)
    if spot.after_first:
        await first_shown(room)
        room.spoil(spot.call, kind, KINDS[kind])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(running: Scene) -> Rooms:
    """Every case at once, each in a place of its own: that is faster, and trouble in one place must not
    reach another."""
    running.fresh()
    for platform in PLATFORMS:
        for question in (SHORT, LONG):
            await running.whole(platform, question)
    running.demo.pace = STEADY_PACE * 3
    known = running.count("events")
    made = Rooms(((p, s.name, k), running.room(p)) for p in PLATFORMS for s in SPOTS for k in KINDS)
    await asyncio.gather(*(ask(room, BY_NAME[s], k) for (_, s, k), room in made.items()))
    await running.settled(known + len(made), seconds=50)
    running.check_books()
    made.shown = {key: room.texts() for key, room in made.items()}
    return made


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
@pytest.mark.parametrize("kind", PASSING)
async def test_a_passing_fault_leaves_one_whole_answer(
    scene: Scene, rooms: Rooms, spot: Spot, kind: str, platform: str
) -> None:
    whole = await scene.whole(platform, spot.question)
    texts = list(rooms.shown[platform, spot.name, kind])
    if platform == "telegram" and spot.call == "send" and kind in UNCONFIRMED:
        # Nobody can know whether it arrived, and it must not be there twice: a sentence says so.
        assert texts.pop() == UNSURE
        assert len(bare(texts)) < len(whole) if kind == "reset" else bare(texts) == whole
        return
    assert bare(texts) == whole


@pytest.mark.parametrize("spot", [FIRST, PART_TWO], ids=lambda spot: spot.name)
async def test_the_button_shows_what_may_be_missing(scene: Scene, rooms: Rooms, spot: Spot) -> None:
    whole = await scene.whole("telegram", spot.question)
    room = rooms["telegram", spot.name, "reset"]
    assert isinstance(room, TelegramRoom)
    notice = scene.tg.replies(room.chat)[-1]
    before = len(room.texts())
    known = scene.count("events")
    scene.tg.press(notice, "Show it again", room.person)
    await scene.settled(known + 1)
    assert bare(room.texts()[before:]) == whole


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
async def test_refused_for_good_it_stops_quietly(
    scene: Scene, rooms: Rooms, spot: Spot, platform: str
) -> None:
    """Blocked, or without permission: what stands stays, and nothing is said twice."""
    whole = await scene.whole(platform, spot.question)
    room = rooms[platform, spot.name, "403"]
    assert whole.startswith(bare(room.texts()))
    assert room.sends() <= 4


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
async def test_a_place_that_is_gone_ends_it_quietly(
    scene: Scene, rooms: Rooms, spot: Spot, platform: str
) -> None:
    whole = await scene.whole(platform, spot.question)
    room = rooms[platform, spot.name, "404"]
    assert whole.startswith(bare(room.texts()))
    assert room.sends() <= 4


@pytest.mark.parametrize("platform", PLATFORMS)
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


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_an_event_delivered_again_is_not_answered_again(scene: Scene, platform: str) -> None:
    whole = await scene.whole(platform, SHORT)
    room = scene.room(platform)
    await scene.answered(room, SHORT)
    room.repeat()
    # A later question goes the same way in, so it cannot be answered before the repetition was judged.
    other = scene.room(platform)
    await scene.answered(other, SHORT)
    assert bare(room.texts()) == whole


@pytest.mark.parametrize("platform", PLATFORMS)
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
