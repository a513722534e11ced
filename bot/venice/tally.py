"""Counts calls to Venice: how many, how they ended, and how long Venice took to begin its answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from bot.errors import VeniceError

OK, CANCELLED = "ok", "cancelled"
ELSEWHERE = "elsewhere"


class Tally:
    """`calls` counts by (area, outcome), `seconds` sums by area. The area is the first part of a path, so
    that ids in paths make no counters of their own; an outcome is "ok" or the kind of failure."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, float] = {}
        self.open = 0

    @contextmanager
    def counting(self, path: str) -> Generator[None]:
        """One call until its answer begins. What is not under …/api/v1/ is a finished film's own address."""
        area = path.partition("/api/v1/")[2].partition("/")[0] or ELSEWHERE
        started, outcome = time.monotonic(), OK
        self.open += 1
        try:
            yield
        except VeniceError as error:
            outcome = error.failure.value
            raise
        except asyncio.CancelledError:
            outcome = CANCELLED
            raise
        finally:
            self.open -= 1
            self.calls[area, outcome] += 1
            self.seconds[area] = self.seconds.get(area, 0.0) + time.monotonic() - started
