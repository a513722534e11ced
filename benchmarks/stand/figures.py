"""Small sums over measured values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

middle = median


def high(values: Sequence[float]) -> float:
    """The 95th percentile: the smallest value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


def busiest(times: Sequence[float], seconds: float) -> int:
    """The most of these times that fell into any window of that length."""
    ordered = sorted(times)
    return max((n + 1 - bisect_left(ordered, at - seconds, 0, n) for n, at in enumerate(ordered)), default=0)


def letters(text: str) -> str:
    """What a reader reads of a text: its letters and digits, without what forms it."""
    return "".join(filter(str.isalnum, text))
