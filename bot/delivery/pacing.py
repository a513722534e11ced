"""How often a streamed answer is edited: slower with length and with company."""

from __future__ import annotations

from collections.abc import Iterable

from bot.capabilities import CallKind, Pacing
from bot.delivery.limits import Gauge, Grade, Lane

LENGTH_STEP = 4000
"""Characters of answer that add one more base interval: long texts gain little from quick edits."""

SLOWEST = 3.0
"""The base interval grows to this multiple at most."""


def edit_interval(pacing: Pacing, direct: bool, length: int, lane: Lane, token_answers: int) -> float:
    """Seconds between two streamed edits of one answer, so that the answers of a chat and of the token
    share what their windows carry without using up the reserve."""
    base = pacing.edit_interval if direct else pacing.group_edit_interval
    grown = base * min(SLOWEST, 1 + length / LENGTH_STEP)
    chat = share(lane.chat, max(1, lane.answers), lane.answers)
    token = share(lane.token, max(1, token_answers), 1)
    return max(grown, chat, token)


def share(gauges: Iterable[Gauge], answers: int, ending: int) -> float:
    """Seconds per edit for each of so many answers, with room kept for `ending` of them to end."""
    spacing = 0.0
    for gauge in gauges:
        window = gauge.window
        if CallKind.EDIT in window.kinds:
            usable = max(1, window.calls - gauge.reserve(Grade.COSMETIC, ending))
            spacing = max(spacing, answers * window.seconds / usable)
    return spacing
