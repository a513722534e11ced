"""How near two texts are by their words: the search that needs no model and works in every script."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STEM = 5
"""Letters that tell a word; endings differ."""
_ENDING = 2
"""Letters by which a short word may be longer in another form: cat and cats, Hund and Hunde."""
_LONG = 0.6
"""How much it counts against a text to be longer than the others (the `b` of BM25)."""
_SATURATED = 1.2
"""How soon more of the same counts no more (the `k1` of BM25)."""


def ranked(question: str, texts: Sequence[str]) -> list[int]:
    """The texts that share words with a question, the nearest first, by BM25: rare words count more, and
    words of a short text more than those of a long one."""
    wanted = stems(question)
    found = [stems(text) for text in texts]
    usual = sum(map(len, found)) / max(1, len(found)) or 1.0
    every = set[str]().union(*found)
    scores: dict[int, float] = {}
    for word in sorted(wanted):
        forms = {one for one in every if _same(one, word)}
        indices = [index for index, words in enumerate(found) if not forms.isdisjoint(words)]
        rarity = math.log(1 + (len(texts) - len(indices) + 0.5) / (len(indices) + 0.5))
        for index in indices:
            length = 1 - _LONG + _LONG * len(found[index]) / usual
            scores[index] = scores.get(index, 0.0) + rarity * (1 + _SATURATED) / (1 + _SATURATED * length)
    return sorted(scores, key=lambda index: (-scores[index], index))


def stems(text: str) -> set[str]:
    """The beginnings of the words without accents, numbers whole; of scripts without spaces, pairs of
    signs."""
    return set(_stems(_WORD.findall(_plain(text.casefold()))))


def _plain(text: str) -> str:
    """Letters without their accents; signs of other scripts stay whole."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(char for char in parts if not _is_accent(char)))


def _is_accent(char: str) -> bool:
    return "\u0300" <= char <= "\u036f"


def _same(one: str, other: str) -> bool:
    """Whether two are the same word, or forms of it with another ending."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return (
        len(short) > 2
        and len(long) - len(short) <= (_ENDING if len(long) < _STEM else 1)
        and long.startswith(short)
        and long.isalpha()
        and _UNSPACED.search(long) is None
    )


def _stems(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if _UNSPACED.search(word):
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif any(char.isdigit() for char in word):
            yield word
        elif len(word) > 2:
            yield word[:_STEM]
