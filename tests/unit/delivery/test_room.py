"""Room for a call that is not needed any more once there is room."""

from __future__ import annotations

import asyncio

from bot.capabilities import CallKind, Pacing, Window
from bot.messages import Notice, TextDelta, TextReplaced
from tests.unit.delivery.door import ScriptedDoor, capabilities
from tests.unit.delivery.stage import DIRECT, delivery
from tests.unit.delivery.virtual import run

SAID = "Hello, this is more than a first word. "
EDITS = Window(frozenset({CallKind.EDIT}), 1, 20.0)


def test_room_for_an_edit_that_is_not_needed_any_more_is_given_back() -> None:
    door = ScriptedDoor(capabilities=capabilities(Pacing(direct=(EDITS,))))

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.push(TextDelta(SAID))
        await asyncio.sleep(5)
        answer.push(TextDelta("It grows. "))
        answer.push(Notice("One"))  # wants all text shown before it
        await asyncio.sleep(5)
        answer.push(TextDelta("And again. "))
        answer.push(Notice("Two"))  # so the edit before it waits for its window
        await asyncio.sleep(1)
        answer.push(TextReplaced(f"{SAID}It grows. "))
        await asyncio.sleep(30)
        answer.push(TextDelta("The end."))
        await answer.finish()

    run(main())
    send, edit = CallKind.SEND, CallKind.EDIT
    assert [call.kind for call in door.calls] == [send, edit, send, send, edit]
    # The edit that was not made counts in no window: the last one did not have to wait for it.
    assert door.calls[4].at < door.calls[3].at + 20
    assert door.texts() == [f"{SAID}It grows. The end.", "One", "Two"]
