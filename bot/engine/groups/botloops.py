"""Talk with other bots, which must end by itself: a few answers in a row, with pauses, until a person
speaks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bot.messages import Incoming
from bot.ports import Clock

MOST_IN_A_ROW = 5
PAUSE = 5.0
"""Least seconds between two answers to bots in one channel."""
_MOST_CHANNELS = 1_000


@dataclass(slots=True)
class _Row:
    answers: int = 0
    last: float = 0.0


class BotLoops:
    """Counts answers to bots per channel since a person last spoke there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: OrderedDict[str, _Row] = OrderedDict()

    def admits(self, incoming: Incoming) -> bool:
        """Whether another bot may be answered now; counts the answer. A person's message starts anew."""
        key = incoming.place.channel_key
        if not incoming.author.is_bot:
            self._rows.pop(key, None)
            return True
        now = self._clock()
        row = self._rows.setdefault(key, _Row())
        self._rows.move_to_end(key)
        if len(self._rows) > _MOST_CHANNELS:
            self._rows.popitem(last=False)
        if row.answers >= MOST_IN_A_ROW or (row.answers and now - row.last < PAUSE):
            return False
        row.answers, row.last = row.answers + 1, now
        return True
