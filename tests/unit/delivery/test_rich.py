"""A finished answer that needs the rich form is one message in it; refused, it is an ordinary answer."""

from __future__ import annotations

import asyncio

import pytest

from bot.capabilities import CallKind
from bot.delivery import Delivered, Streaming, Style
from bot.errors import PlatformFailure
from bot.messages import ButtonsReady, Notice, Part, TextDelta, TextReplaced
from tests.unit.delivery.door import DRAFTS, RICH, Call, Fault, ScriptedDoor, capabilities
from tests.unit.delivery.stage import GROUP, ROWS, WORDS, deliver, delivery, pieces, speak, stream
from tests.unit.delivery.virtual import run

TABLE = WORDS + "| a | b | " + WORDS * 3
STYLES = [Style(streaming, rich=True) for streaming in Streaming]
EDITS, DRAFTED, WHOLE = STYLES


def rich_door(text_limit: int = 2000) -> ScriptedDoor:
    return ScriptedDoor(capabilities=capabilities(DRAFTS, text_limit=text_limit, rich=RICH))


def only(door: ScriptedDoor) -> Part:
    [message] = door.visible()
    return message.part


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.streaming)
@pytest.mark.parametrize("text_limit", [2000, 100])
def test_one_message_holds_the_whole_answer(style: Style, text_limit: int) -> None:
    door = rich_door(text_limit)
    delivered = deliver(door, TextDelta(TABLE), 4.0, ButtonsReady(ROWS), style=style)
    assert only(door).rich == TABLE
    assert door.visible()[0].buttons == ROWS
    assert len(delivered.refs) == 1
    assert len(door.of(CallKind.SEND)) == 1


def test_the_preview_is_converted_in_place() -> None:
    door = rich_door()
    stream(door, TABLE, style=EDITS)
    edits = door.of(CallKind.EDIT)
    assert edits[-1].text == TABLE
    assert only(door).rich == TABLE
    assert len(door.messages) == 1


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.streaming)
def test_an_answer_without_need_stays_ordinary(style: Style) -> None:
    door = rich_door()
    stream(door, WORDS * 4, style=style)
    assert only(door).rich == ""


def test_without_the_wish_or_the_ability_it_stays_ordinary() -> None:
    for door, style in ((rich_door(), Style()), (ScriptedDoor(), WHOLE)):
        stream(door, TABLE, style=style)
        assert only(door).rich == ""


def test_groups_have_it_too() -> None:
    door = rich_door()
    deliver(door, TextDelta(TABLE), target=GROUP, style=WHOLE)
    assert door.visible("g")[0].part.rich == TABLE


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.streaming)
@pytest.mark.parametrize("text_limit", [2000, 100])
def test_refused_it_is_an_ordinary_answer(style: Style, text_limit: int) -> None:
    door = rich_door(text_limit)
    door.rejects = lambda part: bool(part.rich)
    delivered = deliver(door, TextDelta(TABLE), 4.0, ButtonsReady(ROWS), style=style)
    assert "".join(door.texts()) == TABLE
    assert not any(message.part.rich for message in door.visible())
    assert door.visible()[-1].buttons == ROWS
    assert len(delivered.refs) == len(door.visible())
    assert delivered.failure is None
    tried = [call for call in door.calls if call.text == TABLE and call.kind is not CallKind.DRAFT]
    assert len(tried) <= (3 if text_limit > len(TABLE) else 1)  # preview, rich form, ordinary form


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.streaming)
def test_beyond_the_limit_it_is_an_ordinary_answer(style: Style) -> None:
    door = rich_door(300)
    text = "| " + WORDS * 8
    stream(door, text, style=style)
    assert "".join(door.texts()) == text
    assert len(door.visible()) > 1
    assert not any(message.part.rich for message in door.visible())


def test_the_table_that_comes_late_leaves_earlier_messages_as_they_are() -> None:
    door = rich_door(100)
    stream(door, WORDS * 6 + "| late", style=EDITS)
    assert "".join(door.texts()) == WORDS * 6 + "| late"
    assert not any(message.part.rich for message in door.visible())


def test_a_draft_shows_the_newest_part_of_what_becomes_one_message() -> None:
    door = rich_door(100)
    stream(door, TABLE, style=DRAFTED, pause=0.1)
    assert any(not TABLE.startswith(call.text) for call in door.of(CallKind.DRAFT))
    assert all(len(call.text) <= 100 for call in door.of(CallKind.DRAFT))
    assert only(door).rich == TABLE


@pytest.mark.parametrize("style", [DRAFTED, WHOLE], ids=lambda style: style.streaming)
@pytest.mark.parametrize("arrives", [True, False])
def test_a_send_that_may_have_arrived_is_neither_repeated_nor_told_otherwise(
    style: Style, arrives: bool
) -> None:
    door = rich_door(100)

    def doubtful(call: Call) -> Fault | None:
        return Fault(PlatformFailure.AMBIGUOUS, arrives=arrives) if call.kind is CallKind.SEND else None

    door.plan = doubtful
    delivered = deliver(door, TextDelta(TABLE), ButtonsReady(ROWS), style=style)
    assert len(door.of(CallKind.SEND)) == 1
    assert len(door.visible()) == arrives
    assert delivered.failure is not None
    assert delivered.failure.failure is PlatformFailure.AMBIGUOUS


def test_an_edit_that_may_have_arrived_is_repeated() -> None:
    door = rich_door()
    lost: list[Call] = []

    def once(call: Call) -> Fault | None:
        if call.kind is CallKind.EDIT and not lost:
            lost.append(call)
            return Fault(PlatformFailure.AMBIGUOUS, arrives=True)
        return None

    door.plan = once
    delivered = deliver(door, TextDelta(TABLE), 3.0, style=EDITS)
    assert only(door).rich == TABLE
    assert delivered.failure is None


def test_a_penalty_is_no_refusal() -> None:
    door = rich_door()
    plan = [Fault(PlatformFailure.RATE_LIMITED, retry_after=4.0)]
    door.plan = lambda _: plan.pop() if plan else None
    deliver(door, TextDelta(TABLE), style=WHOLE)
    assert only(door).rich == TABLE


def test_a_text_that_changes_at_the_end_is_judged_by_its_end() -> None:
    door = rich_door()
    deliver(door, TextDelta(TABLE), 3.0, TextReplaced("No table."), style=EDITS)
    assert only(door) == Part("No table.", plain="No table.")


def test_a_notice_after_it_stays_below() -> None:
    door = rich_door()

    async def main() -> Delivered:
        answer = delivery(door).open(GROUP, "a", style=EDITS)
        await speak(answer, pieces(TABLE), 0.1)
        answer.push(Notice("By the way."))
        await asyncio.sleep(3.0)
        return await answer.finish()

    run(main())
    assert [bool(message.part.rich) for message in door.visible("g")] == [True, False]
    assert door.texts("g")[1] == "By the way."
