"""Answers that appear as drafts while they are written."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.capabilities import ALL_CALLS, CallKind, Window
from bot.delivery import Delivered
from bot.errors import PlatformFailure
from bot.messages import ButtonsReady, Notice, TextDelta, TextReplaced
from tests.unit.delivery.door import DRAFTS, Call, Fault, ScriptedDoor, capabilities, compose
from tests.unit.delivery.stage import (
    DIRECT,
    DRAFTED,
    GROUP,
    OTHER_ROWS,
    ROWS,
    WORDS,
    deliver,
    delivery,
    pieces,
    speak,
    stream,
)
from tests.unit.delivery.virtual import now, run


def drafting(text_limit: int = 2000) -> ScriptedDoor:
    return ScriptedDoor(capabilities=capabilities(DRAFTS, text_limit=text_limit))


def frames(door: ScriptedDoor) -> list[str]:
    return [call.text for call in door.of(CallKind.DRAFT)]


def test_frames_grow_and_one_message_ends_them() -> None:
    door = drafting()
    delivered = stream(door, WORDS * 5, style=DRAFTED)
    shown = frames(door)
    assert len(shown) >= 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
    assert door.texts() == [WORDS * 5]
    assert [call.kind for call in door.calls if call.kind is not CallKind.DRAFT] == [CallKind.SEND]
    assert door.calls[-1].kind is CallKind.SEND
    assert len({call.message_id for call in door.of(CallKind.DRAFT)}) == 1
    assert door.visible()[0].target.reply_to == "ask"
    assert door.refused == []
    assert delivered.calls == len(door.calls)


def test_the_draft_counts_as_visible_and_has_no_message() -> None:
    door = drafting()
    marked: list[int] = []

    async def main() -> tuple[float, Delivered]:
        refs: list[str] = []
        answer = delivery(door).open(
            DIRECT,
            "a",
            on_ref=lambda ref: refs.append(ref.message_id),
            on_frame=lambda: marked.append(len(door.calls)),
            style=DRAFTED,
        )
        answer.push(TextDelta("A first sentence that is long enough."))
        await answer.visible()
        seen = now()
        assert (door.draft_shown(), door.texts(), refs) == ("A first sentence that is long enough.", [], [])
        delivered = await answer.finish()
        assert refs == ["m0"]
        return seen, delivered

    seen, delivered = run(main())
    assert seen == pytest.approx(0.04)
    assert delivered.first_visible_at == pytest.approx(0.04)
    assert marked == [0]  # told before the frame is on its way


def test_buttons_come_with_the_message() -> None:
    door = drafting()
    deliver(
        door,
        ButtonsReady(OTHER_ROWS),
        TextDelta(WORDS),
        4.0,
        TextReplaced(WORDS + "[1]"),
        ButtonsReady(ROWS),
        style=DRAFTED,
    )
    [message] = door.visible()
    assert (message.part.text, message.buttons) == (WORDS + "[1]", ROWS)
    assert door.of(CallKind.EDIT) == []


def test_thinking_is_shown_instead_of_typing_and_kept_alive() -> None:
    door = drafting()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.typing()
        for second in range(1, 80):
            await asyncio.sleep(1.0)
            assert door.draft_shown() == "", second
        answer.push(TextDelta("Here is what I thought of for so long."))
        await answer.finish()

    run(main())
    assert len(door.of(CallKind.DRAFT)) <= 5
    assert door.of(CallKind.TYPING) == []
    assert door.texts() == ["Here is what I thought of for so long."]


def test_the_first_words_do_not_wait_for_the_pace() -> None:
    door = drafting()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.typing()
        await asyncio.sleep(0.3)
        answer.push(TextDelta("A first sentence that is long enough."))
        await asyncio.sleep(0.1)
        assert door.draft_shown() == "A first sentence that is long enough."
        await answer.finish()

    run(main())


def test_a_model_that_pauses_keeps_its_draft() -> None:
    door = drafting()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.push(TextDelta(WORDS))
        await answer.visible()
        for _ in range(70):
            await asyncio.sleep(1.0)
            assert door.draft_shown() == WORDS
        await answer.finish()

    run(main())
    assert len(door.of(CallKind.DRAFT)) <= 4


def test_a_refused_frame_is_left_out_and_the_next_one_comes() -> None:
    door = drafting()
    door.rejects = lambda part: len(part.text) < 150
    stream(door, WORDS * 12, style=DRAFTED)
    shown = frames(door)
    assert len(shown[0]) < 150 <= len(shown[1])
    assert len(set(shown)) == len(shown)
    assert door.texts() == [WORDS * 12]
    assert door.of(CallKind.EDIT) == []


def test_a_refused_frame_is_not_tried_again_while_nothing_changes() -> None:
    door = drafting()
    door.rejects = lambda _: bool(door.of(CallKind.DRAFT)) and not door.messages

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.push(TextDelta(WORDS))
        await asyncio.sleep(20.0)
        door.rejects = lambda _: False
        await answer.finish()

    run(main())
    assert frames(door) == [WORDS]


def test_where_frames_are_refused_there_is_the_typing_sign() -> None:
    door = drafting()

    def refused(call: Call) -> Fault | None:
        return Fault(PlatformFailure.BAD_FORMAT) if call.kind is CallKind.DRAFT else None

    door.plan = refused

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.typing()
        await asyncio.sleep(3.0)
        await speak(answer, pieces(WORDS * 4), 0.1)
        await answer.finish()

    run(main())
    assert door.of(CallKind.TYPING)
    assert len(door.of(CallKind.DRAFT)) <= 6
    assert door.texts() == [WORDS * 4]


@pytest.mark.parametrize("failure", [PlatformFailure.UNAVAILABLE, PlatformFailure.AMBIGUOUS])
def test_a_lost_frame_is_no_trouble(failure: PlatformFailure) -> None:
    door = drafting()
    lost: list[Call] = []

    def once(call: Call) -> Fault | None:
        if call.kind is CallKind.DRAFT and len(lost) < 2:
            lost.append(call)
            return Fault(failure)
        return None

    door.plan = once
    delivered = stream(door, WORDS * 8, style=DRAFTED)
    assert len(door.of(CallKind.DRAFT)) > 2
    assert door.texts() == [WORDS * 8]
    assert delivered.failure is None


def test_a_penalty_skips_frames_and_the_end_waits_for_it() -> None:
    door = drafting()
    punished: list[float] = []

    def once(call: Call) -> Fault | None:
        if call.kind is CallKind.DRAFT and not punished:
            punished.append(call.at)
            return Fault(PlatformFailure.RATE_LIMITED, retry_after=20.0)
        return None

    door.plan = once
    delivered = stream(door, WORDS * 2, style=DRAFTED)
    assert [call.kind for call in door.calls] == [CallKind.DRAFT, CallKind.SEND]
    assert door.calls[-1].at >= punished[0] + 20.0
    assert door.refused == []
    assert delivered.failure is None


def test_after_a_penalty_frames_go_on() -> None:
    door = drafting()
    punished: list[float] = []

    def once(call: Call) -> Fault | None:
        if call.kind is CallKind.DRAFT and not punished:
            punished.append(call.at)
            return Fault(PlatformFailure.RATE_LIMITED, retry_after=5.0)
        return None

    door.plan = once
    stream(door, WORDS * 20, style=DRAFTED)
    assert len(door.of(CallKind.DRAFT)) > 3
    assert door.of(CallKind.EDIT) == []
    assert door.texts() == [WORDS * 20]


def test_full_parts_become_messages_while_the_draft_goes_on() -> None:
    door = drafting(text_limit=300)
    delivered = stream(door, WORDS * 12, pause=0.1, style=DRAFTED)
    wanted = compose(WORDS * 12, 300)
    assert [message.part for message in door.visible()] == wanted
    assert len(wanted) >= 3
    assert len(delivered.refs) == len(wanted)
    assert door.of(CallKind.EDIT) == []
    first_sent = next(call.at for call in door.calls if call.kind is CallKind.SEND)
    later = [call for call in door.of(CallKind.DRAFT) if call.at > first_sent]
    assert any(wanted[1].text.startswith(call.text) for call in later)
    assert all(len(text) <= 300 for text in frames(door))
    assert door.refused == []


def test_the_buttons_are_under_the_last_part_only() -> None:
    door = drafting(text_limit=300)

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.push(ButtonsReady(OTHER_ROWS))
        await speak(answer, pieces(WORDS * 8), 0.1)
        answer.push(ButtonsReady(ROWS))
        await answer.finish()

    run(main())
    assert [message.buttons for message in door.visible()] == [()] * (len(door.texts()) - 1) + [ROWS]
    assert door.of(CallKind.EDIT) == []


def test_a_send_that_may_have_arrived_is_not_repeated() -> None:
    door = drafting()

    def doubtful(call: Call) -> Fault | None:
        return Fault(PlatformFailure.AMBIGUOUS, arrives=True) if call.kind is CallKind.SEND else None

    door.plan = doubtful
    delivered = deliver(door, TextDelta(WORDS), 3.0, ButtonsReady(ROWS), style=DRAFTED)
    assert door.texts() == [WORDS]
    assert delivered.failure is not None
    assert delivered.failure.failure is PlatformFailure.AMBIGUOUS


def test_text_said_before_media_is_a_message_before_them() -> None:
    door = drafting()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.push(TextDelta(WORDS))
        await answer.visible()
        answer.push(Notice("Spoken, too."))
        await answer.finish()

    run(main())
    assert door.texts() == [WORDS, "Spoken, too."]


def test_after_a_notice_the_draft_is_shown_again() -> None:
    door = drafting()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=DRAFTED)
        answer.typing()
        await asyncio.sleep(3.0)
        answer.push(Notice("Another model answers this one."))
        await asyncio.sleep(3.0)
        assert door.draft_shown() == ""
        answer.push(TextDelta(WORDS))
        await answer.finish()

    run(main())
    assert door.texts() == ["Another model answers this one.", WORDS]


def test_frames_leave_room_for_the_messages_that_end_them() -> None:
    window = Window(ALL_CALLS, 12, 12.0)
    pacing = replace(DRAFTS, direct=(window,), edit_interval=0.1)
    door = ScriptedDoor(capabilities=capabilities(pacing))

    async def main() -> None:
        opened = delivery(door)
        answers = [opened.open(DIRECT, f"a{n}", style=DRAFTED) for n in range(5)]
        await asyncio.gather(*(speak(answer, pieces(WORDS * 2), 0.2) for answer in answers))
        ended = now()
        await asyncio.gather(*(answer.finish() for answer in answers))
        assert now() - ended < 0.5

    run(main())
    assert door.refused == []


def test_in_a_crowded_chat_frames_are_late_but_never_gone() -> None:
    door = drafting()

    async def main() -> None:
        opened = delivery(door)
        others = [opened.open(DIRECT, f"a{n}", style=DRAFTED) for n in range(3)]
        await asyncio.gather(*(speak(answer, pieces(WORDS * 6), 0.2) for answer in others))
        late = opened.open(DIRECT, "late", style=DRAFTED)
        late.typing()  # no room for this one beside three answers
        await asyncio.sleep(5.0)
        await asyncio.gather(*(answer.finish() for answer in others))
        late.push(TextDelta("A late answer with quite a few words."))
        await asyncio.sleep(5.0)
        assert door.draft_shown() == "A late answer with quite a few words."
        await late.finish()

    run(main())
    assert door.refused == []


def test_a_group_is_edited() -> None:
    door = drafting()
    stream(door, WORDS * 5, target=GROUP, style=DRAFTED)
    assert door.of(CallKind.DRAFT) == []
    assert door.of(CallKind.EDIT)
    assert door.texts("g") == [WORDS * 5]


def test_a_platform_without_drafts_is_edited() -> None:
    door = ScriptedDoor()
    stream(door, WORDS * 5, style=DRAFTED)
    assert door.of(CallKind.EDIT)
    assert door.texts() == [WORDS * 5]


def test_an_answer_in_the_place_of_another_is_edited() -> None:
    door = drafting()
    earlier = deliver(door, TextDelta("The old answer."))

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a2", style=DRAFTED)
        answer.adopt(earlier.refs)
        answer.typing()
        await speak(answer, pieces(WORDS * 3), 0.1)
        await answer.finish()

    run(main())
    assert door.of(CallKind.DRAFT) == []
    assert door.texts() == [WORDS * 3]


def test_frames_leave_room_for_other_answers_in_the_chat() -> None:
    door = drafting()

    async def main() -> None:
        opened = delivery(door)
        answers = [opened.open(DIRECT, f"a{n}", style=DRAFTED) for n in range(3)]
        await asyncio.gather(*(speak(answer, pieces(WORDS * 6), 0.1) for answer in answers))
        await asyncio.gather(*(answer.finish() for answer in answers))

    run(main())
    assert door.refused == []
    assert door.texts() == [WORDS * 6] * 3
