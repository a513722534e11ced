"""One answer on a platform without trouble: timing, splitting, buttons, and what is shown at the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.capabilities import CallKind
from bot.delivery import Delivered
from bot.errors import PlatformFailure
from bot.messages import ButtonsReady, Done, MessageRef, Notice, Target, TextDelta, TextReplaced
from tests.unit.delivery.door import DISCORD, TELEGRAM, ScriptedDoor, capabilities, compose
from tests.unit.delivery.stage import (
    DIRECT,
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


def test_a_short_answer_is_one_call() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, TextDelta("Hello **you**"), ButtonsReady(ROWS), Done())
    assert [message.part for message in door.visible()] == compose("Hello **you**", 2000)
    assert door.visible()[0].buttons == ROWS
    assert door.visible()[0].target.reply_to == "ask"
    assert len(door.calls) == delivered.calls == 1
    assert delivered.text == "Hello **you**"
    assert delivered.failure is None
    assert delivered.refs == (MessageRef(DIRECT.place, "m0"),)


def test_first_text_goes_out_at_24_characters() -> None:
    door = ScriptedDoor()
    deliver(door, TextDelta("x" * 10), 0.1, TextDelta("y" * 14), 0.5)
    assert door.calls[0].at == pytest.approx(0.12)
    assert door.calls[0].text == "x" * 10 + "y" * 14


def test_first_text_goes_out_after_a_quarter_second_of_text() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, 3.0, TextDelta("short"), 1.0)
    assert door.calls[0].at == pytest.approx(3.27)
    assert delivered.first_visible_at == pytest.approx(3.29)


def test_a_preview_becomes_the_final_by_edits() -> None:
    door = ScriptedDoor(capabilities=capabilities(DISCORD))
    stream(door, WORDS * 5)
    assert door.texts() == [WORDS * 5]
    assert len(door.of(CallKind.SEND)) == 1
    assert 3 <= len(door.of(CallKind.EDIT)) <= 6


def test_edits_keep_their_distance() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM))
    stream(door, WORDS * 5)
    times = [call.at for call in door.calls]
    assert all(later - earlier >= 1.5 for earlier, later in pairwise(times[:-1]))


def test_long_answers_go_on_in_further_messages() -> None:
    door = ScriptedDoor(capabilities=capabilities(DISCORD, text_limit=200))
    delivered = stream(door, WORDS * 12, pause=0.02)
    assert "".join(door.texts()) == WORDS * 12
    assert [message.part for message in door.visible()] == compose(WORDS * 12, 200)
    assert len(delivered.refs) == len(door.of(CallKind.SEND)) == len(door.texts())
    assert [message.target.reply_to for message in door.visible()] == ["ask"] + [""] * (len(door.texts()) - 1)


def test_a_part_is_final_before_the_next_begins() -> None:
    door = ScriptedDoor(capabilities=capabilities(DISCORD, text_limit=200))
    stream(door, WORDS * 12, pause=0.05)
    shown: dict[str, str] = {}
    final = [part.text for part in compose(WORDS * 12, 200)]
    for call in door.calls:
        if call.kind is CallKind.SEND:
            assert list(shown.values()) == final[: len(shown)]
        shown[call.message_id or f"m{len(shown)}"] = call.text


def test_text_replaced_at_the_end() -> None:
    door = ScriptedDoor()
    deliver(
        door,
        TextDelta("See [1] and **[2]**, they say so"),
        2.0,
        TextReplaced("See a and **b**"),
        ButtonsReady(ROWS),
    )
    assert [message.part for message in door.visible()] == compose("See a and **b**", 2000)
    assert door.visible()[0].buttons == ROWS
    assert len(door.calls) == 2


def test_a_much_shorter_replacement_leaves_a_dot_in_the_surplus() -> None:
    door = ScriptedDoor(capabilities=capabilities(text_limit=100))
    deliver(door, TextDelta(WORDS * 4), 9.0, TextReplaced("Short."), ButtonsReady(ROWS))
    first, *surplus = door.visible()
    assert (first.part.text, first.buttons) == ("Short.", ROWS)
    assert surplus
    assert {message.part.text for message in surplus} == {"·"}
    assert not any(message.buttons for message in surplus)


def test_buttons_stay_under_the_last_message() -> None:
    door = ScriptedDoor(capabilities=capabilities(text_limit=100))
    deliver(
        door, ButtonsReady(OTHER_ROWS), TextDelta(WORDS), 3.0, TextDelta(WORDS * 2), 5.0, ButtonsReady(ROWS)
    )
    assert [message.buttons for message in door.visible()][-1] == ROWS
    assert not any(message.buttons for message in door.visible()[:-1])


def test_buttons_that_come_late_are_one_edit() -> None:
    door = ScriptedDoor()
    deliver(door, TextDelta("Hello there"), 5.0, ButtonsReady(ROWS), 5.0)
    assert [call.kind for call in door.calls] == [CallKind.SEND, CallKind.EDIT]
    assert door.visible()[0].buttons == ROWS


def test_nothing_said_is_nothing_sent() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, TextDelta("  \n"), Done())
    assert door.calls == []
    assert delivered.refs == ()
    assert delivered.first_visible_at is None


def test_a_notice_is_a_message_of_its_own_after_the_text_before_it() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, TextDelta("One"), Notice("Cut short.", buttons=ROWS), TextDelta(" two"))
    assert door.texts() == ["One two", "Cut short."]
    assert [message.buttons for message in door.visible()] == [(), ROWS]
    assert [message.target.reply_to for message in door.visible()] == ["ask", ""]
    assert len(delivered.refs) == 1


def test_an_early_notice_replies_and_so_does_the_answer() -> None:
    door = ScriptedDoor()
    deliver(door, Notice("You are third."), 2.0, TextDelta("Here."))
    assert door.texts() == ["You are third.", "Here."]
    assert [message.target.reply_to for message in door.visible()] == ["ask", "ask"]


@pytest.mark.parametrize("able", [True, False])
def test_private_notices_where_the_door_can(able: bool) -> None:
    door = ScriptedDoor(capabilities=replace(capabilities(), private_replies=able))
    deliver(door, Notice("Only you.", private=True))
    assert door.visible()[0].target.private is able


def test_buttons_without_a_message_to_carry_them_get_one() -> None:
    door = ScriptedDoor()
    deliver(door, Notice("Nothing found."), ButtonsReady(ROWS))
    assert door.texts() == ["Nothing found.", "What next?"]
    assert door.visible()[1].buttons == ROWS


def test_buttons_outlive_the_text_they_were_under() -> None:
    door = ScriptedDoor()
    deliver(door, TextDelta("Hello"), ButtonsReady(ROWS), 2.0, TextReplaced(""))
    assert door.texts() == ["·", "What next?"]
    assert [message.buttons for message in door.visible()] == [(), ROWS]


def test_events_after_done_are_ignored() -> None:
    door = ScriptedDoor()
    delivered = deliver(door, TextDelta("a"), Done(), TextDelta("b"), 1.0, TextDelta("c"))
    assert door.texts() == ["a"]
    assert delivered.text == "a"


def test_visible_resolves_with_the_first_text() -> None:
    door = ScriptedDoor()
    refs: list[MessageRef] = []

    async def main() -> float:
        answer = delivery(door).open(DIRECT, "a", on_ref=refs.append)
        answer.push(Notice("Wait."))
        asyncio.get_running_loop().call_later(4.0, answer.push, TextDelta("Here I am"))
        await answer.visible()
        seen = now()
        assert answer.text == "Here I am"
        await answer.finish()
        return seen

    assert run(main()) == pytest.approx(4.29)
    assert [ref.message_id for ref in refs] == ["m1"]


def test_visible_resolves_when_nothing_ever_is() -> None:
    async def main() -> None:
        answer = delivery(ScriptedDoor()).open(DIRECT, "a")
        answer.push(Done())
        await answer.visible()
        assert answer.stopped

    run(main())


def test_nonces_are_the_same_for_the_same_answer() -> None:
    def nonces(answer_id: str) -> list[str]:
        door = ScriptedDoor(capabilities=capabilities(text_limit=100))
        deliver(door, TextDelta(WORDS * 3), Notice("x"), answer_id=answer_id)
        return [call.nonce for call in door.calls]

    assert nonces("a1") == nonces("a1")
    assert len(set(nonces("a1"))) == 4
    assert not set(nonces("a1")) & set(nonces("a2"))


def test_composing_happens_per_look_not_per_delta() -> None:
    door = ScriptedDoor(capabilities=capabilities(DISCORD))
    stream(door, WORDS * 20, size=2, pause=0.01)
    assert door.composed <= len(door.calls) + 3


def test_finish_cancelled_ends_the_answer() -> None:
    door = ScriptedDoor(latency=lambda: 10.0)

    async def main() -> None:
        opened = delivery(door)
        answer = opened.open(DIRECT, "a")
        answer.push(TextDelta("Hello"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer.finish(), 1.0)
        assert answer.task.cancelled()
        assert answer.stopped
        answer.push(TextDelta("more"))
        await opened.close()

    run(main())
    assert door.messages == []


def test_a_cancelled_answer_stays_as_it_is() -> None:
    door = ScriptedDoor()

    async def main() -> Delivered:
        answer = delivery(door).open(DIRECT, "a")
        answer.push(TextDelta("Hello"))
        await answer.visible()
        answer.push(TextDelta(" there"))
        answer.cancel()
        return await answer.finish()

    delivered = run(main())
    assert door.texts() == ["Hello"]
    assert len(delivered.refs) == 1
    assert delivered.failure is not None


def test_close_gives_grace_and_then_ends_answers() -> None:
    door = ScriptedDoor(latency=lambda: 1.0)

    async def main() -> tuple[Delivered, Delivered]:
        opened = delivery(door)
        quick, slow = opened.open(DIRECT, "a"), opened.open(DIRECT, "b")
        quick.push(TextDelta("Hello"))
        quick.push(Done())
        slow.push(TextDelta("Hello"))
        finishing = asyncio.ensure_future(quick.finish())
        await asyncio.sleep(0)
        await opened.close(grace=5.0)
        return await finishing, await slow.finish()

    quick, slow = run(main())
    assert quick.failure is None
    assert slow.failure is not None
    assert slow.failure.failure is PlatformFailure.UNAVAILABLE


def test_answers_through_a_reply_handle_have_a_budget_of_their_own() -> None:
    limits = replace(capabilities(TELEGRAM, text_limit=100), handle_outside_limits=True)
    door = ScriptedDoor(capabilities=limits)
    delivered = deliver(door, TextDelta(WORDS * 5), target=Target(DIRECT.place, reply_handle="h"))
    assert {call.chat for call in door.calls} == {"handle:h"}
    assert door.calls[-1].at < 1.0
    assert {ref.reply_handle for ref in delivered.refs} == {"h"}
    assert door.refused == []


def test_an_unknown_platform_is_a_key_error() -> None:
    async def main() -> None:
        delivery(ScriptedDoor()).open(Target(DIRECT.place.__class__("other", "", "c")), "a")

    with pytest.raises(KeyError):
        run(main())


def test_speaking_over_a_pause_shows_what_is_there() -> None:
    door = ScriptedDoor()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        await speak(answer, pieces(WORDS), 0.1)
        await asyncio.sleep(3.0)
        assert door.texts() == [WORDS]
        await answer.finish()

    run(main())
    assert door.calls[-1].text == WORDS
