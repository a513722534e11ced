"""What delivery reports of an answer."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import PlatformError
from bot.messages import MessageRef


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an answer.

    `refs` are the messages of its text and media in order of sending, `text` all of its text, `failure`
    what went wrong for good (AMBIGUOUS: a message may be missing; GONE: people deleted it). `calls` counts
    the platform calls made, `first_visible_at` is in the clock's seconds, None if nothing became visible.
    """

    refs: tuple[MessageRef, ...]
    text: str
    failure: PlatformError | None
    first_visible_at: float | None
    calls: int
