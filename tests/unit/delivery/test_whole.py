"""Answers that appear only when they are whole."""

from __future__ import annotations

from bot.capabilities import CallKind
from bot.messages import MediaReady, TextReplaced
from tests.unit.delivery.door import DRAFTS, ScriptedDoor, capabilities
from tests.unit.delivery.stage import (
    DIRECT,
    DRAFTED,
    WHOLE,
    WORDS,
    deliver,
    delivery,
    image,
    pieces,
    speak,
    stream,
)
from tests.unit.delivery.virtual import run


def drafting(text_limit: int = 2000) -> ScriptedDoor:
    return ScriptedDoor(capabilities=capabilities(DRAFTS, text_limit=text_limit))


def test_off_sends_once_when_whole() -> None:
    door = drafting()
    delivered = stream(door, WORDS * 5, style=WHOLE)
    assert [call.kind for call in door.calls] == [CallKind.SEND]
    assert door.texts() == [WORDS * 5]
    assert len(delivered.refs) == 1


def test_off_shows_typing_until_then() -> None:
    door = drafting()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a", style=WHOLE)
        answer.typing()
        await speak(answer, pieces(WORDS * 4), 0.3)
        await answer.finish()

    run(main())
    assert len(door.of(CallKind.TYPING)) >= 3
    assert [call.kind for call in door.calls if call.kind is not CallKind.TYPING] == [CallKind.SEND]


def test_off_in_parts() -> None:
    door = drafting(text_limit=300)
    stream(door, WORDS * 10, style=WHOLE)
    assert {call.kind for call in door.calls} == {CallKind.SEND}
    assert "".join(door.texts()) == WORDS * 10


def test_an_answer_restyled_while_it_waits_is_off_from_then_on() -> None:
    door = ScriptedDoor()

    async def main() -> None:
        answer = delivery(door).open(DIRECT, "a")
        answer.push(TextReplaced("*Next in line…*"))
        await answer.visible()
        answer.restyle(WHOLE)
        answer.push(TextReplaced(""))
        await speak(answer, pieces(WORDS * 5), 0.1)
        assert len(door.calls) == 1
        await answer.finish()

    run(main())
    assert [call.kind for call in door.calls] == [CallKind.SEND, CallKind.EDIT]
    assert door.texts() == [WORDS * 5]


def test_media_without_text_does_not_wait() -> None:
    for style in (WHOLE, DRAFTED):
        door = drafting()
        deliver(door, MediaReady((image(),), "A cat."), 9.0, style=style)
        assert door.calls[0].at < 1.0
