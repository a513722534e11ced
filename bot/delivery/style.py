"""How an answer appears: what is shown while it is written, and in which form it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.capabilities import Capabilities
from bot.messages import Place


class Streaming(StrEnum):
    """What people see of an answer being written: a message that is edited, a draft that becomes messages,
    or nothing until it is whole."""

    EDITS = "edits"
    DRAFTS = "drafts"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Style:
    """What people chose. `rich` asks for the platform's rich form where a finished answer needs it."""

    streaming: Streaming = Streaming.EDITS
    rich: bool = False

    def within(self, limits: Capabilities, place: Place) -> Style:
        """As much of it as the place can do: without drafts there are edits."""
        drafts = self.streaming is Streaming.DRAFTS
        able = place.direct and limits.pacing.draft_lasts > 0
        streaming = Streaming.EDITS if drafts and not able else self.streaming
        return replace(self, streaming=streaming, rich=self.rich and limits.rich_messages is not None)


ORDINARY = Style()
