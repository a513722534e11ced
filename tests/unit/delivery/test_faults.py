"""Every fault ends in exactly one visible answer, or in a failure that says what is known."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.capabilities import CallKind
from bot.delivery import Delivered
from bot.errors import PlatformFailure
from bot.messages import ButtonsReady, Notice, Part, Place, Target, TextDelta, TextReplaced
from tests.unit.delivery.door import (
    DISCORD,
    TELEGRAM,
    Call,
    Fault,
    FaultPlan,
    ScriptedDoor,
    capabilities,
    compose,
    script,
    shaky,
)
from tests.unit.delivery.stage import DIRECT, GROUP, ROWS, WORDS, deliver, delivery, pieces, speak, stream
from tests.unit.delivery.virtual import now, run

RATE_LIMITED = Fault(PlatformFailure.RATE_LIMITED, retry_after=7.0)
UNAVAILABLE = Fault(PlatformFailure.UNAVAILABLE)
LOST = Fault(PlatformFailure.AMBIGUOUS)
ARRIVED = Fault(PlatformFailure.AMBIGUOUS, arrives=True)
GONE = Fault(PlatformFailure.GONE)
FORBIDDEN = Fault(PlatformFailure.FORBIDDEN)
TEXT = "**Bold** start. " + WORDS * 7


def failed(delivered: Delivered) -> PlatformFailure | None:
    return delivered.failure.failure if delivered.failure else None


def chance_plan(seed: int, faults: list[Fault], rate: float) -> FaultPlan:
    chance = random.Random(seed)
    return lambda _: chance.choice(faults) if chance.random() < rate else None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), nonces=st.booleans(), limit=st.sampled_from([90, 200, 2000]))
def test_exactly_one_visible_answer_under_mixed_faults(seed: int, nonces: bool, limit: int) -> None:
    """Edits may also fail without an answer; sends only where a nonce makes the repeat safe."""
    limits = replace(capabilities(DISCORD if nonces else TELEGRAM, text_limit=limit), repeatable_sends=nonces)
    door = ScriptedDoor(capabilities=limits, latency=shaky(seed))
    chance = chance_plan(seed, [RATE_LIMITED, UNAVAILABLE, LOST, ARRIVED], 0.3)

    def plan(call: Call) -> Fault | None:
        fault = chance(call)
        doubtful = fault in (LOST, ARRIVED) and call.kind is CallKind.SEND and not nonces
        return None if doubtful else fault

    door.plan = plan
    door.rejects = lambda part: bool(part.entities) and seed % 3 == 0
    delivered = stream(door, TEXT)
    assert failed(delivered) is None
    expected = compose(TEXT, limit)
    plain = [Part(part.plain, plain=part.plain) for part in expected]
    shown = [message.part for message in door.visible()]
    assert shown in (expected, [plain[0], *expected[1:]])
    assert [ref.message_id for ref in delivered.refs] == [message.message_id for message in door.visible()]
    assert door.refused == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), limit=st.sampled_from([90, 200, 2000]))
def test_doubtful_sends_without_nonces_never_double_text(seed: int, limit: int) -> None:
    """All sends that fail without an answer did arrive: the messages still read as the answer, once."""
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM, text_limit=limit), latency=shaky(seed))
    chance = chance_plan(seed, [ARRIVED], 0.4)
    door.plan = lambda call: chance(call) if call.kind is CallKind.SEND else None
    stream(door, WORDS * 7)
    assert "".join(door.texts()) == WORDS * 7


@pytest.mark.parametrize(("fault", "seen"), [(LOST, False), (ARRIVED, True)])
def test_a_doubtful_first_send_goes_on_after_the_doubtful_text(fault: Fault, seen: bool) -> None:
    door = ScriptedDoor()
    door.plan = script(fault)
    delivered = deliver(door, TextDelta(WORDS), 2.0, TextDelta("And more of it follows."), ButtonsReady(ROWS))
    assert door.texts() == ([WORDS] if seen else []) + ["And more of it follows."]
    assert door.visible()[-1].buttons == ROWS
    assert failed(delivered) is PlatformFailure.AMBIGUOUS
    assert delivered.text == WORDS + "And more of it follows."


def test_a_doubtful_last_send_is_not_repeated() -> None:
    door = ScriptedDoor()
    door.plan = script(ARRIVED)
    delivered = deliver(door, TextDelta("All of it."))
    assert door.texts() == ["All of it."]
    assert len(door.calls) == 1
    assert delivered.refs == ()
    assert failed(delivered) is PlatformFailure.AMBIGUOUS


def test_a_doubtful_send_without_a_nonce_is_not_repeated_where_others_are() -> None:
    door = ScriptedDoor(capabilities=replace(capabilities(), repeatable_sends=True))
    door.plan = script(replace(ARRIVED, unrepeatable=True))
    delivered = deliver(door, TextDelta("All of it."))
    assert door.texts() == ["All of it."]
    assert len(door.calls) == 1
    assert failed(delivered) is PlatformFailure.AMBIGUOUS


def test_a_doubtful_part_in_the_middle_leaves_the_others_alone() -> None:
    door = ScriptedDoor(capabilities=capabilities(text_limit=100))
    door.plan = script(None, LOST)
    delivered = deliver(door, TextDelta(WORDS * 3))
    expected = [part.text for part in compose(WORDS * 3, 100)]
    assert door.texts() == [expected[0], *expected[2:]]
    assert failed(delivered) is PlatformFailure.AMBIGUOUS


def test_a_replaced_beginning_after_a_doubtful_send_loses_nothing() -> None:
    door = ScriptedDoor()
    door.plan = script(LOST)
    deliver(door, TextDelta(WORDS), 2.0, TextDelta("More of it."), 2.0, TextReplaced("Linked: " + WORDS))
    assert door.texts() == ["Linked: " + WORDS]


def test_with_nonces_a_doubtful_send_is_repeated_word_for_word() -> None:
    door = ScriptedDoor(capabilities=replace(capabilities(), repeatable_sends=True))
    door.plan = script(ARRIVED, LOST)
    delivered = stream(door, WORDS, pause=0.1)
    first, second, third = door.of(CallKind.SEND)
    assert first.nonce == second.nonce == third.nonce
    assert first.text == second.text == third.text
    assert door.texts() == [WORDS]
    assert failed(delivered) is None


def test_unavailable_for_a_while_backs_off_and_arrives() -> None:
    door = ScriptedDoor()
    door.plan = script(*[UNAVAILABLE] * 5)
    delivered = deliver(door, TextDelta("Hello"))
    gaps = [later.at - earlier.at for earlier, later in zip(door.calls, door.calls[1:], strict=False)]
    assert [round(gap, 1) for gap in gaps] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert door.texts() == ["Hello"]
    assert failed(delivered) is None


def test_unavailable_for_good_fails_after_half_a_minute() -> None:
    door = ScriptedDoor(plan=lambda _: UNAVAILABLE)

    async def main() -> Delivered:
        answer = delivery(door).open(DIRECT, "a")
        answer.push(TextDelta("Hello"))
        delivered = await answer.finish()
        assert 30 < now() < 33
        return delivered

    assert failed(run(main())) is PlatformFailure.UNAVAILABLE


def test_bad_format_falls_back_to_plain_for_that_form_only() -> None:
    door = ScriptedDoor(rejects=lambda part: bool(part.entities))
    delivered = deliver(door, TextDelta("One **two** three"))
    assert [message.part for message in door.visible()] == [Part("One two three", plain="One two three")]
    assert len(door.calls) == 2
    assert failed(delivered) is None


def test_a_message_refused_while_streaming_stays_plain_until_the_end() -> None:
    door = ScriptedDoor(rejects=lambda part: bool(part.entities))
    delivered = stream(door, "One **two** three. " + WORDS * 3, pause=0.1)
    assert delivered.calls <= len(door.of(CallKind.SEND)) + len({call.text for call in door.calls}) + 1
    assert len(door.of(CallKind.SEND)) == 2


def test_the_final_form_is_tried_with_its_formatting() -> None:
    door = ScriptedDoor(rejects=lambda part: bool(part.entities) and "end" not in part.text)
    deliver(door, TextDelta("One **two** three and on"), 2.0, TextDelta(" and"), 2.0, TextDelta(" the end"))
    assert [message.part for message in door.visible()] == compose("One **two** three and on and the end", 99)


def test_a_message_refused_in_any_form_is_a_failure_and_the_rest_goes_on() -> None:
    door = ScriptedDoor(
        capabilities=capabilities(text_limit=100), rejects=lambda part: part.text.startswith("The quick")
    )
    delivered = deliver(door, TextDelta(WORDS + "x" * 60), Notice("Still here."))
    assert door.texts() == ["x" * 60, "Still here."]
    assert failed(delivered) is PlatformFailure.BAD_FORMAT


def test_an_answer_people_deleted_stops() -> None:
    door = ScriptedDoor()

    async def main() -> Delivered:
        answer = delivery(door).open(DIRECT, "a")
        await speak(answer, pieces(WORDS), 0.1)
        door.messages[0].deleted = True
        await speak(answer, pieces(WORDS * 3), 0.1)
        assert answer.stopped
        assert answer.failure is not None
        return await answer.finish()

    assert failed(run(main())) is PlatformFailure.GONE
    assert len(door.messages) == 1


@pytest.mark.parametrize("fault", [GONE, FORBIDDEN, Fault(PlatformFailure.TOO_LARGE)])
def test_a_send_that_is_refused_stops_the_answer(fault: Fault) -> None:
    door = ScriptedDoor(plan=lambda _: fault)
    delivered = stream(door, WORDS)
    assert failed(delivered) is fault.failure
    assert len(door.calls) == 1


def test_unchanged_counts_as_done() -> None:
    door = ScriptedDoor()
    door.plan = script(None, Fault(PlatformFailure.UNCHANGED))
    delivered = deliver(door, TextDelta(WORDS), 3.0, TextDelta("  "))
    assert len(door.calls) == 2
    assert failed(delivered) is None


def test_an_edit_without_an_answer_is_repeated() -> None:
    door = ScriptedDoor()
    door.plan = script(ARRIVED, LOST, kind=CallKind.EDIT)
    delivered = deliver(door, TextDelta(WORDS), 0.5, TextDelta("the end"))
    assert door.texts() == [WORDS + "the end"]
    assert failed(delivered) is None


def test_failing_streamed_edits_are_left_out_not_hammered() -> None:
    door = ScriptedDoor()
    door.plan = lambda call: UNAVAILABLE if call.kind is CallKind.EDIT and call.at < 8 else None
    delivered = stream(door, WORDS * 8, pause=0.1)
    assert door.texts() == [WORDS * 8]
    assert delivered.calls <= 8
    assert failed(delivered) is None


def moving(at: float) -> FaultPlan:
    """The group becomes a supergroup at that time; calls to the old id say so."""
    moved = Fault(PlatformFailure.MOVED, moved_to="new")
    return lambda call: moved if now() >= at and call.chat == "test:g" else None


def test_a_chat_that_moved_is_followed() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM))
    door.plan = moving(0.0)
    delivered = deliver(door, TextDelta("Hello"), target=GROUP)
    assert door.texts("new") == ["Hello"]
    assert delivered.refs[0].place == Place("test", "new", "new")
    assert failed(delivered) is None


def test_a_chat_that_moves_while_streaming_goes_on_in_the_new_one() -> None:
    door = ScriptedDoor(capabilities=capabilities(TELEGRAM))
    door.plan = moving(2.0)
    delivered = stream(door, WORDS * 3, pause=0.15, target=GROUP)
    assert "".join(door.texts("g") + door.texts("new")) == WORDS * 3
    assert door.texts("g")
    assert door.texts("new")
    assert failed(delivered) is None


def test_a_chat_that_moves_for_ever_is_given_up() -> None:
    door = ScriptedDoor(plan=lambda _: Fault(PlatformFailure.MOVED, moved_to="next"))
    delivered = deliver(door, TextDelta("Hello"), target=Target(Place("test", "s", "c")))
    assert failed(delivered) is PlatformFailure.MOVED
    assert len(door.calls) == 4


def test_endless_penalties_are_given_up() -> None:
    door = ScriptedDoor(plan=lambda _: Fault(PlatformFailure.RATE_LIMITED))
    delivered = deliver(door, TextDelta("Hello"))
    assert failed(delivered) is PlatformFailure.RATE_LIMITED
    assert len(door.calls) == 21


def test_a_private_notice_that_is_refused_does_not_harm_the_answer() -> None:
    door = ScriptedDoor()
    door.plan = script(FORBIDDEN)
    delivered = deliver(door, Notice("Psst."), TextDelta("Hello"))
    assert door.texts() == ["Hello"]
    assert failed(delivered) is PlatformFailure.FORBIDDEN


def test_an_error_in_the_door_itself_reaches_the_engine() -> None:
    def broken(_: Call) -> Fault | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deliver(ScriptedDoor(plan=broken), TextDelta("Hello"))


def test_text_arriving_during_a_slow_call_is_in_the_next_one() -> None:
    door = ScriptedDoor(latency=lambda: 1.0)

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.push(TextDelta(WORDS))
        await asyncio.sleep(1.5)
        answer.push(TextDelta("late"))
        await answer.finish()

    run(main())
    assert door.texts() == [WORDS + "late"]
    assert len(door.calls) == 2
