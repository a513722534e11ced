"""Filters for streamed text: surrogate pairs cut in two, thinking tags inside content, placeholders.

Each filter keeps back only what could be the start of something it looks for, so text is never delayed
by more than a few characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

OPEN = "<think>"
CLOSE = "</think>"
PLACEHOLDER = "[Some reasoning content is encrypted]"
MARK = re.compile(r"`+|</?think>|\n")
SURROGATE = re.compile("[\ud800-\udfff]")

Kind = Literal["text", "reasoning"]
Piece = tuple[Kind, str]


def partial_suffix(text: str, wanted: Iterable[str]) -> int:
    """Length of the longest end of `text` that begins, but does not complete, one of `wanted`."""
    best = 0
    for word in wanted:
        for size in range(min(len(word) - 1, len(text)), best, -1):
            if text.endswith(word[:size]):
                best = size
                break
    return best


class SurrogateJoiner:
    """Joins UTF-16 halves that arrive in two chunks; a half without its other becomes U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Text that is safe to encode."""
        text = self._held + text
        self._held = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return harmless(text)

    def close(self) -> str:
        """What was kept back."""
        rest, self._held = self._held, ""
        return harmless(rest)


def harmless(text: str) -> str:
    """The same text with surrogate pairs joined and lone halves replaced by U+FFFD."""
    if SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class PlaceholderFilter:
    """Drops the sentence some providers send in place of encrypted reasoning."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Reasoning text without the placeholder."""
        text = (self._held + text).replace(PLACEHOLDER, "")
        keep = partial_suffix(text, (PLACEHOLDER,))
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def close(self) -> str:
        """What was kept back."""
        rest, self._held = self._held, ""
        return rest


class ThinkingSplitter:
    """Parts `<think>…</think>` from visible text. Tags inside code spans and fences are left alone."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._code = 0  # length of the run of backticks that opened the present code
        self._seen_text = False

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain by now."""
        text = self._held + text
        keep = max(partial_suffix(text, (OPEN, CLOSE)), len(text) - len(text.rstrip("`")))
        self._held = text[len(text) - keep :]
        return list(self._split(text[: len(text) - keep]))

    def close(self) -> list[Piece]:
        """What was kept back."""
        rest, self._held = self._held, ""
        return list(self._split(rest))

    def _split(self, text: str) -> Iterator[Piece]:
        start = 0
        for mark in MARK.finditer(text):
            if not self._is_tag(mark.group()):
                continue
            yield from self._piece(text[start : mark.start()])
            self._inside = mark.group() == OPEN
            start = mark.end()
        yield from self._piece(text[start:])

    def _is_tag(self, mark: str) -> bool:
        if self._inside:
            return mark == CLOSE
        if mark == OPEN:
            return self._code == 0
        if mark.startswith("`"):
            self._backticks(len(mark))
        elif mark == "\n" and self._code < 3:
            self._code = 0  # a code span that never closed was only a backtick
        return False

    def _backticks(self, size: int) -> None:
        if self._code == 0:
            self._code = size
        elif size == self._code or (self._code >= 3 and size > self._code):
            self._code = 0

    def _piece(self, text: str) -> Iterator[Piece]:
        if self._inside:
            if text:
                yield "reasoning", text
            return
        if not self._seen_text:
            # The blank lines after a leading thought are not part of the answer.
            text = text.lstrip()
        if text:
            self._seen_text = True
            yield "text", text
