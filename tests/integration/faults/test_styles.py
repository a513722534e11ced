"""The matrix of faults for answers that appear as drafts, only when whole, or in the rich form."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.engine.flow.conduct import UNSURE
from tests.integration.faults.house import LONG, SHORT, STEADY_PACE, Scene, bare
from tests.integration.faults.sides import TelegramRoom

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLE = "Make a table of lamps"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a turn a call fails, and how answers appear there."""

    name: str
    call: str
    streaming: str
    question: str = SHORT
    rich: bool = False
    after_first: bool = False


FIRST_FRAME = Spot("first-frame", "draft", "drafts")
DRAFT_END = Spot("end-of-draft", "send", "drafts")
DRAFT_PART_TWO = Spot("second-part-of-draft", "send", "drafts", LONG, after_first=True)
WHOLE = Spot("whole", "send", "off")
RICH = Spot("rich", "rich", "off", TABLE, rich=True)
SPOTS = (FIRST_FRAME, DRAFT_END, DRAFT_PART_TWO, WHOLE, RICH)
KINDS = {**dict.fromkeys(("400", "429", "500", "502", "reset", "timeout_after_success"), 1), "403": 1000}
UNCONFIRMED = ("reset", "timeout_after_success")
Rooms = dict[tuple[str, str], TelegramRoom]


async def made(scene: Scene, spot: Spot) -> TelegramRoom:
    room = TelegramRoom(scene.tg)
    for name, value in (("streaming", spot.streaming), ("rich_text", "on" if spot.rich else "off")):
        scope = f"channel:telegram:{room.chat.id}"
        await scene.house.parts.settings.put(scope, name, value, by="test", at=time.time())
    return room


async def ask(room: TelegramRoom, spot: Spot, kind: str) -> None:
    if not spot.after_first:
        room.spoil(spot.call, kind, KINDS[kind])
    room.ask(spot.question)
    if spot.after_first:
        await room.tg.wait_for(lambda: room.texts() or None, timeout=10)
        room.spoil(spot.call, kind, KINDS[kind])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(running: Scene) -> Rooms:
    """Every case at once, each in a chat of its own."""
    running.fresh()
    for question in (SHORT, LONG, TABLE):
        await running.whole("telegram", question)
    running.demo.pace = STEADY_PACE * 3
    known = running.count("events")
    all_rooms = {(spot.name, kind): await made(running, spot) for spot in SPOTS for kind in KINDS}
    spots = {spot.name: spot for spot in SPOTS}
    # Frames are left out where there is no room for them, so those that are to fail come first.
    framed = {key: room for key, room in all_rooms.items() if key[0] == FIRST_FRAME.name}
    for asked in (framed, {key: room for key, room in all_rooms.items() if key not in framed}):
        await asyncio.gather(*(ask(room, spots[name], kind) for (name, kind), room in asked.items()))
        await running.tg.wait_for(
            lambda: all(running.tg.calls_of("sendMessageDraft", room.chat) for room in framed.values()),
            timeout=10,
        )
    await running.settled(known + len(all_rooms), seconds=50)
    running.check_books()
    return all_rooms


@pytest.mark.parametrize("kind", KINDS)
async def test_frames_that_fail_cost_nothing(scene: Scene, rooms: Rooms, kind: str) -> None:
    room = rooms[FIRST_FRAME.name, kind]
    assert bare(room.texts()) == await scene.whole("telegram", SHORT)
    assert room.tg.calls_of("sendMessageDraft", room.chat)[0].status != 200
    assert room.tg.calls_of("editMessageText", room.chat) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "403"])
@pytest.mark.parametrize("spot", [DRAFT_END, DRAFT_PART_TWO, WHOLE], ids=lambda spot: spot.name)
async def test_a_passing_fault_leaves_one_whole_answer(
    scene: Scene, rooms: Rooms, spot: Spot, kind: str
) -> None:
    whole = await scene.whole("telegram", spot.question)
    texts = rooms[spot.name, kind].texts()
    if kind in UNCONFIRMED:
        # Nobody can know whether it arrived, and it must not be there twice: a sentence says so.
        assert texts.pop() == UNSURE
        assert len(bare(texts)) < len(whole) if kind == "reset" else bare(texts) == whole
        return
    assert bare(texts) == whole


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "403"])
async def test_the_rich_form_is_there_once_or_gives_way(scene: Scene, rooms: Rooms, kind: str) -> None:
    room = rooms[RICH.name, kind]
    texts = room.texts()
    if kind in UNCONFIRMED:
        assert texts.pop() == UNSURE
        assert len(texts) == (kind == "timeout_after_success")
        return
    [message] = room.tg.replies(room.chat)
    assert bool(message.blocks) is (kind != "400")
    if kind == "400":
        assert bare(texts) == await scene.whole("telegram", TABLE)


@pytest.mark.parametrize("spot", [DRAFT_END, DRAFT_PART_TWO, WHOLE, RICH], ids=lambda spot: spot.name)
async def test_refused_for_good_it_stops_quietly(scene: Scene, rooms: Rooms, spot: Spot) -> None:
    room = rooms[spot.name, "403"]
    if not spot.rich:
        assert (await scene.whole("telegram", spot.question)).startswith(bare(room.texts()))
    assert room.sends() <= 4
