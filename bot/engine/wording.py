"""How near two texts are by their words: the search that needs no model and works in every script."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STEM = 5
"""Letters that tell a word; endings differ."""


def ranked(question: str, texts: Sequence[str]) -> list[int]:
    """The texts that share words with a question, the nearest first; rare words count more."""
    wanted = stems(question)
    found = [stems(text) for text in texts]
    often = Counter(stem for one in found for stem in one)

    def score(index: int) -> float:
        return sum(math.log(1 + len(texts) / often[stem]) for stem in wanted & found[index])

    scores = {index: score(index) for index in range(len(texts))}
    return sorted((index for index, value in scores.items() if value > 0), key=lambda i: -scores[i])


def stems(text: str) -> set[str]:
    """The beginnings of the words, numbers whole; of scripts without spaces, pairs of signs."""
    return set(_stems(_WORD.findall(text.casefold())))


def _stems(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if _UNSPACED.search(word):
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif any(char.isdigit() for char in word):
            yield word
        elif len(word) > 2:
            yield word[:_STEM]
