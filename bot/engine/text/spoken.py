"""Text as it is spoken: without markup, and in pieces that end with a sentence."""

from __future__ import annotations

import re

MOST_SPOKEN = 4 * 4_096
"""Characters spoken at most."""
MOST_PIECES = 40
PIECE_UNITS = 4_000
"""UTF-16 units in one piece; Venice takes 4,096."""

SHORT_OF_BREATH = {"tts-qwen3-0-6b": 240, "tts-qwen3-1-7b": 240}
"""Models that are reported to fall silent after about 16 seconds take shorter pieces."""

_ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"[.!?…]+[\"'”’»)\]]*\s|[。！？]+[」』”）]?|\n"),
    re.compile(r"[,;:]\s|[，、；：]"),
    re.compile(r"\s"),
)
"""Where text may be cut: after a paragraph, a sentence, a clause, a word."""
_LEAST = 0.5
"""A cut that would leave a piece shorter than this share is left for one of a lower order."""


def speakable(markdown: str) -> str:
    """Markdown as one would read it aloud: no code, links by their words, no source numbers."""
    text = re.sub(r"(?s)```.*?(?:```|\Z)", " (code) ", markdown)
    text = re.sub(r"\[\\\[\d+\\\]\]\(<[^>]*>\)", "", text)
    text = re.sub(r"\n\n\*\*Sources\*\*\n.*\Z", "", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?m)^\s{0,3}(?:#{1,6}|>|[-*+]|\d+\.)\s+", "", text)
    text = re.sub(r"[*_`~|\\]+", "", text)
    return re.sub(r"\s+", " ", text).strip()


def pieces_for(model: str, text: str) -> tuple[list[str], int]:
    """The pieces in which a model speaks a text, and how many characters of it are left out."""
    found = pieces(text.strip(), SHORT_OF_BREATH.get(model, PIECE_UNITS))
    kept: list[str] = []
    total = 0
    for index, piece in enumerate(found):
        total += len(piece)
        if index and (index >= MOST_PIECES or total > MOST_SPOKEN):
            return kept, sum(map(len, found[index:]))
        kept.append(piece)
    return kept, 0


def pieces(text: str, units: int) -> list[str]:
    """Pieces of at most so many UTF-16 units, cut after a sentence where there is one."""
    found: list[str] = []
    while text:
        head = _head(text, units)
        cut = len(head) if len(head) == len(text) else _cut(head)
        found.append(text[:cut].strip())
        text = text[cut:].strip()
    return [piece for piece in found if piece]


def beginning(text: str, units: int) -> tuple[str, str]:
    """The beginning of a text of at most so many UTF-16 units, cut after a sentence where there is one, and
    the rest of it."""
    first = next(iter(pieces(text.strip(), units)), "") if units > 0 else ""
    return first, text.strip()[len(first) :].strip()


def _head(text: str, units: int) -> str:
    """The longest beginning within so many UTF-16 units."""
    head = text[:units]
    while (over := len(head) + sum(char > "\uffff" for char in head) - units) > 0:
        head = head[: -((over + 1) // 2)]
    return head


def _cut(head: str) -> int:
    for number, ends in enumerate(_ENDS):
        found = [match.end() for match in ends.finditer(head)]
        lowest = number == len(_ENDS) - 1
        if found and (lowest or found[-1] >= len(head) * _LEAST):
            return found[-1]
    return len(head)
