"""Places, targets and little engines for the delivery tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from bot.delivery import Answer, Delivered, Delivery, Streaming, Style
from bot.messages import Button, Media, MediaKind, Place, ReplyEvent, Target, TextDelta
from tests.unit.delivery.door import ScriptedDoor
from tests.unit.delivery.virtual import now, run

DIRECT = Target(Place("test", "", "c"), reply_to="ask")
GROUP = Target(Place("test", "g", "g"), reply_to="ask")
ROWS = ((Button("Again", id="b1"),),)
OTHER_ROWS = ((Button("Stop", id="b2"),),)

EDITED = Style()
DRAFTED = Style(Streaming.DRAFTS)
WHOLE = Style(Streaming.OFF)

WORDS = "The quick brown fox jumps over the lazy dog and runs away into the deep dark wood. "


def delivery(door: ScriptedDoor) -> Delivery:
    return Delivery({"test": door}, clock=now)


def image(name: str = "a.png", size: int = 10, kind: MediaKind = MediaKind.IMAGE) -> Media:
    return Media(kind, b"x" * size, "image/png", name)


async def speak(answer: Answer, pieces: Iterable[str], pause: float) -> None:
    """Say pieces of text as a model does."""
    for piece in pieces:
        answer.push(TextDelta(piece))
        await asyncio.sleep(pause)


def pieces(text: str, size: int = 7) -> Sequence[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def deliver(
    door: ScriptedDoor,
    *events: ReplyEvent | float,
    target: Target = DIRECT,
    answer_id: str = "a1",
    style: Style = EDITED,
) -> Delivered:
    """Push events (a number is a pause in seconds), then finish."""

    async def main() -> Delivered:
        answer = delivery(door).open(target, answer_id, style=style)
        for event in events:
            if isinstance(event, (float, int)):
                await asyncio.sleep(event)
            else:
                answer.push(event)
        return await answer.finish()

    return run(main())


def stream(
    door: ScriptedDoor,
    text: str,
    *,
    pause: float = 0.05,
    target: Target = DIRECT,
    size: int = 7,
    style: Style = EDITED,
) -> Delivered:
    """Stream a text evenly, then finish."""

    async def main() -> Delivered:
        answer = delivery(door).open(target, "a1", style=style)
        await speak(answer, pieces(text, size), pause)
        return await answer.finish()

    return run(main())
