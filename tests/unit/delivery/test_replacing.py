"""An answer that takes the place of an earlier one."""

from __future__ import annotations

from bot.capabilities import CallKind
from bot.delivery import Delivered
from bot.errors import PlatformFailure
from bot.messages import ButtonsReady, MessageRef, Notice, ReplyEvent, TextDelta
from tests.unit.delivery.door import Call, Fault, ScriptedDoor, capabilities
from tests.unit.delivery.stage import DIRECT, ROWS, WORDS, deliver, delivery
from tests.unit.delivery.virtual import run


def replace(door: ScriptedDoor, earlier: Delivered, *events: ReplyEvent) -> Delivered:
    async def main() -> Delivered:
        answer = delivery(door).open(DIRECT, "a2")
        answer.adopt(earlier.refs)
        for event in events:
            answer.push(event)
        return await answer.finish()

    return run(main())


def test_the_old_messages_show_the_new_answer_and_a_surplus_one_a_dot() -> None:
    door = ScriptedDoor(capabilities=capabilities(text_limit=100))
    earlier = deliver(door, TextDelta(WORDS * 2), ButtonsReady(ROWS))
    assert len(earlier.refs) == 2
    delivered = replace(door, earlier, TextDelta("Short."), ButtonsReady(ROWS))
    assert door.texts() == ["Short.", "·"]
    assert [message.buttons for message in door.visible()] == [ROWS, ()]
    assert delivered.refs == earlier.refs
    assert delivered.first_visible_at is not None


def test_a_longer_answer_goes_on_in_new_messages() -> None:
    door = ScriptedDoor(capabilities=capabilities(text_limit=100))
    earlier = deliver(door, TextDelta("Short."))
    delivered = replace(door, earlier, TextDelta(WORDS * 2))
    assert "".join(door.texts()).replace(" ", "") == (WORDS * 2).replace(" ", "")
    assert len(delivered.refs) == 2
    assert delivered.refs[0] == earlier.refs[0]


def test_without_a_word_the_earlier_answer_stays() -> None:
    door = ScriptedDoor()
    earlier = deliver(door, TextDelta("An answer."), ButtonsReady(ROWS))
    replace(door, earlier, ButtonsReady(()), Notice("The cap is reached."))
    assert door.texts() == ["An answer.", "The cap is reached."]
    assert door.visible()[0].buttons == ROWS


def test_out_of_reach_means_a_new_message() -> None:
    def gone(call: Call) -> Fault | None:
        return Fault(PlatformFailure.GONE) if call.kind is CallKind.EDIT else None

    door = ScriptedDoor()
    earlier = deliver(door, TextDelta("An answer."))
    door.plan = gone
    delivered = replace(door, earlier, TextDelta("Another one."))
    assert door.texts() == ["An answer.", "Another one."]
    assert delivered.failure is None


def test_buttons_are_taken_away() -> None:
    door = ScriptedDoor()
    [ref] = deliver(door, TextDelta("An answer."), ButtonsReady(ROWS)).refs

    async def clear(ref: MessageRef) -> None:
        await delivery(door).clear_buttons(ref)

    run(clear(ref))
    assert door.visible()[0].buttons == ()
    door.plan = lambda _: Fault(PlatformFailure.GONE)
    run(clear(ref))
