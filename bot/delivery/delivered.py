"""What delivery reports of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import PlatformError
from bot.messages import MessageRef


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an answer.

    `refs` are the messages of its text and media in order of sending, `text` all of its text, `failure`
    what went wrong for good (AMBIGUOUS: a message may be missing; GONE: people deleted it). `calls` counts
    the platform calls made, `first_visible_at` is in the clock's seconds, None if nothing became visible.
    `files` are the messages that show each kept file, by `Media.kept`.
    """

    refs: tuple[MessageRef, ...]
    text: str
    failure: PlatformError | None
    first_visible_at: float | None
    calls: int
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
