"""Questions that wait behind another one: their notice, Send now, Drop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault
from bot.engine.money.caps import period_at
from bot.messages import (
    Addressed,
    Authority,
    ButtonPress,
    ButtonRows,
    CommandUse,
    Incoming,
    MessageRef,
    Part,
    Person,
    Place,
)
from bot.records import ALL_MEDIA, CapPeriod, CapUnit, counter_key
from storage.lease import Lease
from storage.turns import SqlTurns
from tests.integration.engine.room import ADA, Message, Room, open_room

BOB, EVE = Person("test", "2", "Bob"), Person("test", "3", "Eve")
GROUP = Place("test", "g", "room")
CHAT = "/chat/completions"
NOTICE = "*Next in line…*"
MENTION: dict[str, Any] = {"place": GROUP, "addressed": Addressed.MENTION}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, owner=False) as opened:
        yield opened


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.005)


async def texts(room: Room) -> list[str]:
    return [item.text for item in await room.store.memory.recent(GROUP.conversation, 100)]


async def held(room: Room) -> int:
    """Micro-USD reserved or spent on today's whole-bot cap."""
    period = period_at(CapPeriod.DAY, room.parts.clock())
    key = counter_key("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, period.name)
    return sum(state.used for state in await room.store.money.counters([key]))


def calls(room: Room) -> int:
    return len([request for request in room.demo.requests if request.path == CHAT])


async def waiting(room: Room) -> Message:
    """Ada is being answered, without end for now; Bob waits and sees his notice."""
    room.demo.faults.next(CHAT, Fault.hang(30))
    await room.parts.engine.submit([room.event("Write a long story", author=ADA, **MENTION)])
    await until(lambda: room.door.texts)
    await room.parts.engine.submit([room.event("My name is Bob", author=BOB, **MENTION)])
    await until(lambda: NOTICE in room.door.texts)
    return next(message for message in room.door.messages.values() if message.text == NOTICE)


async def press(room: Room, notice: Message, label: str, author: Person, **fields: Any) -> list[Message]:
    [button] = [button for row in notice.buttons for button in row if button.label == label]
    event = room.event(
        author=author,
        place=GROUP,
        addressed=Addressed.BUTTON,
        press=ButtonPress(button.id, "2"),
        **fields,
    )
    before = len(room.door.messages)
    await room.parts.engine.submit([event])
    await asyncio.sleep(0.1)
    return list(room.door.messages.values())[before:]


async def test_a_waiting_question_sees_one_notice_which_becomes_its_answer(room: Room) -> None:
    notice = await waiting(room)
    assert notice.target.reply_to == "m2"
    assert [[button.label for button in row] for row in notice.buttons] == [["Send now", "Drop"]]
    await room.parts.engine.idle()
    assert "Bob" in notice.text
    assert "line" not in notice.text
    assert [[button.label for button in row] for row in notice.buttons] == [["Regenerate", "More"]]
    assert sum("Bob" in text for text in room.door.texts) == 1
    assert (await texts(room))[-1] == notice.text
    assert await room.spent() == await held(room)


async def test_nobody_who_does_not_wait_sees_a_notice(room: Room) -> None:
    await room.say("Hello", author=ADA, **MENTION)
    await room.say("Hello", author=BOB, **MENTION)
    assert len(room.door.texts) == 2
    assert NOTICE not in room.door.texts


@pytest.mark.parametrize(("author", "authority"), [(ADA, Authority.MEMBER), (EVE, Authority.MODERATOR)])
async def test_send_now_stops_the_running_answer(room: Room, author: Person, authority: Authority) -> None:
    notice = await waiting(room)
    await press(room, notice, "Send now", author, authority=authority)
    await room.parts.engine.idle()
    assert any("stopped" in text.lower() for text in room.door.texts)
    assert "Bob" in notice.text
    assert 0 < await room.spent() == await held(room)


async def test_others_cannot_stop_it(room: Room) -> None:
    notice = await waiting(room)
    [refused] = await press(room, notice, "Send now", BOB)
    assert "Only who asked" in refused.text
    [refused] = await press(room, notice, "Drop", ADA)
    assert "Only the person who asked" in refused.text
    assert notice.text == NOTICE
    await room.parts.engine.idle()
    assert "Bob" in notice.text


async def test_drop_takes_the_question_out(room: Room) -> None:
    notice = await waiting(room)
    assert await press(room, notice, "Drop", BOB) == []
    await room.parts.engine.idle()
    assert (notice.text, notice.buttons) == ("*Taken out of the line.*", ())
    assert calls(room) == 1
    assert not [text for text in await texts(room) if "Bob" in text]
    assert await room.spent() == await held(room)


async def test_buttons_of_a_question_that_does_not_wait_any_more(room: Room) -> None:
    notice = await waiting(room)
    buttons = Message("", (), notice.buttons)
    await room.parts.engine.idle()
    for label in ("Send now", "Drop"):
        [sentence] = await press(room, buttons, label, BOB)
        assert "not waiting any more" in sentence.text


async def test_an_edited_question_keeps_its_place_and_its_notice(room: Room) -> None:
    notice = await waiting(room)
    await room.parts.engine.submit(
        [room.event("My name is Robert", author=BOB, message_id="m2", edits="m2", **MENTION)]
    )
    await press(room, notice, "Send now", ADA)
    await room.parts.engine.idle()
    assert "Robert" in notice.text
    assert calls(room) == 2
    assert not [text for text in await texts(room) if "Bob" in text]


async def test_a_deleted_question_takes_its_notice_along(room: Room) -> None:
    notice = await waiting(room)
    await room.parts.engine.forgotten(GROUP, ["m2"])
    await room.parts.engine.idle()
    assert notice.text == "*Taken out of the line.*"
    assert calls(room) == 1


async def test_trouble_takes_the_place_of_the_notice(room: Room) -> None:
    notice = await waiting(room)
    room.demo.faults.next(CHAT, Fault.status(402)).always()
    await room.parts.engine.idle()
    assert "account is empty" in notice.text
    assert await room.spent() == await held(room)


async def test_off_holds_for_an_answer_in_the_place_of_a_notice(room: Room) -> None:
    await room.parts.settings.put(GROUP.channel_key, "streaming", "off", by="test", at=0.0)
    seen: list[str] = []
    edit = room.door.edit

    async def watched(ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        seen.append(part.text)
        await edit(ref, part, buttons=buttons)

    # The running answer shows nothing, so the waiting question has the only message.
    room.demo.faults.next(CHAT, Fault.hang(30))
    await room.parts.engine.submit([room.event("Write a long story", author=ADA, **MENTION)])
    await room.parts.engine.submit([room.event("My name is Bob", author=BOB, **MENTION)])
    await until(lambda: room.door.texts == [NOTICE])
    room.door.edit = watched  # type: ignore[method-assign]
    room.demo.pace = 20
    await room.send(
        room.event(author=ADA, place=GROUP, addressed=Addressed.COMMAND, command=CommandUse("stop"))
    )
    assert [text for text in seen if "Bob" in text] == seen
    assert len(set(seen)) == 1


def presses(room: Room, notice: Message, *labels: str) -> list[Incoming]:
    """One press on each, by Bob as a moderator, who may do both."""
    ids = {button.label: button.id for row in notice.buttons for button in row}
    return [
        room.event(
            author=BOB,
            place=GROUP,
            addressed=Addressed.BUTTON,
            press=ButtonPress(ids[label], "2"),
            authority=Authority.MODERATOR,
        )
        for label in labels
    ]


async def nothing_left(room: Room) -> None:
    """Everything is closed and paid."""
    later = SqlTurns(room.store.database, Lease("later", lambda: time.time() + 3600, 1.0))
    assert await later.claim_expired(10) == []
    assert 0 < await room.spent() == await held(room)


@pytest.mark.parametrize("pressed", [["Send now", "Drop"], ["Drop", "Send now"], ["Drop", "Drop"]])
async def test_send_now_and_drop_at_once_come_out_as_dropped(room: Room, pressed: Sequence[str]) -> None:
    """Whoever is first: the running answer may be stopped, the dropped question is never answered."""
    notice = await waiting(room)
    await room.parts.engine.submit(presses(room, notice, *pressed))
    await room.parts.engine.idle()
    assert notice.text == "*Taken out of the line.*"
    assert calls(room) == 1
    assert not any("Bob" in text for text in [*room.door.texts, *await texts(room)])
    await nothing_left(room)


async def test_send_now_twice_at_once_stops_one_answer(room: Room) -> None:
    notice = await waiting(room)
    await room.parts.engine.submit(presses(room, notice, "Send now", "Send now"))
    await room.parts.engine.idle()
    assert sum("(stopped)" in text for text in room.door.texts) == 1
    assert "Bob" in notice.text
    assert calls(room) == 2
    await nothing_left(room)


@pytest.mark.parametrize("label", ["Send now", "Drop"])
@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03, 0.06])
async def test_a_press_as_the_running_answer_ends(room: Room, label: str, moment: float) -> None:
    """The question is dropped or answered, never both, and the answer after it is its own."""
    notice = await waiting(room)
    button = presses(room, notice, label)
    room.parts.engine.stop_answer(GROUP)
    await asyncio.sleep(moment)
    await room.parts.engine.submit(button)
    await room.parts.engine.idle()
    answered = "Bob" in notice.text
    assert answered or notice.text == "*Taken out of the line.*"
    assert answered or label == "Drop"
    assert calls(room) == 1 + answered
    assert sum("(stopped)" in text for text in room.door.texts) == 1
    assert [text for text in await texts(room) if "Bob" in text] == (
        ["My name is Bob", notice.text] if answered else []
    )
    await nothing_left(room)
