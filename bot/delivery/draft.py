"""What the engine has said so far: text that grows, and what stands beside it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bot.messages import (
    ButtonRows,
    ButtonsReady,
    Done,
    MediaReady,
    Notice,
    ReplyEvent,
    TextDelta,
    TextReplaced,
)


@dataclass(frozen=True, slots=True)
class Aside:
    """Media or a notice. It follows the text as it stood at text version `after`."""

    event: MediaReady | Notice
    after: int


class Draft:
    """Collects reply events. `revision` grows with every event, `version` with every change of the text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.length = 0
        self.version = 0
        self.revision = 0
        self.asides: deque[Aside] = deque()
        self.buttons: ButtonRows = ()
        self.done = False

    @property
    def text(self) -> str:
        """The text so far, CommonMark."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def add(self, event: ReplyEvent) -> None:
        """Take one event in; what follows Done is ignored."""
        if self.done:
            return
        self.revision += 1
        match event:
            case TextDelta(text):
                self._pieces.append(text)
                self.length += len(text)
                self.version += 1
            case TextReplaced(text):
                self._pieces = [text]
                self.length = len(text)
                self.version += 1
            case MediaReady() | Notice():
                self.asides.append(Aside(event, self.version))
            case ButtonsReady(rows):
                self.buttons = rows
            case Done():
                self.done = True
