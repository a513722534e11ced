"""Vocabulary of what the house counts of itself over time, and of what went wrong: numbers and classes of
errors, never words. Times are Unix seconds (UTC)."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

BUCKET_SECONDS = 300
"""Seconds of one bucket, the finest that is counted."""
FINE_SECONDS = 2 * 86_400
"""Seconds after which buckets are put together to hours."""
HOUR = 3600
FIGURES_KEPT = 90 * 86_400.0
"""Seconds for which counts are kept."""
INCIDENTS_KEPT = 30 * 86_400.0
"""Seconds for which it is kept what went wrong."""


class Measure(StrEnum):
    """What is counted. Latencies are counted by how long they took, one measure for each range: see
    `latency`. PROMPT and CACHED are tokens of prompts, and how many of them came from Venice's cache."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"
    PROMPT = "prompt"
    CACHED = "cached"


ENDS = (
    Measure.ANSWERED,
    Measure.REFUSED,
    Measure.FAILED,
    Measure.UNDELIVERED,
    Measure.CANCELLED,
)
"""How turns end; together they are the messages."""
TROUBLES = (Measure.FAILED, Measure.UNDELIVERED)
LATENCY_BOUNDS = (
    0.25,
    0.5,
    0.75,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    6.0,
    8.0,
    12.0,
    16.0,
    24.0,
    32.0,
    60.0,
    120.0,
    300.0,
)
"""Upper ends of the ranges of latency, in seconds; beyond the last there is one more."""
_LATENCY = "latency:"


def latency(seconds: float) -> str:
    """The measure that counts an answer which took so long."""
    return f"{_LATENCY}{bisect.bisect_left(LATENCY_BOUNDS, seconds):02}"


def latency_range(measure: str) -> int | None:
    """The number of the range a measure counts, None for another measure."""
    return int(measure.removeprefix(_LATENCY)) if measure.startswith(_LATENCY) else None


def percentile(counts: Sequence[int], share: float) -> float | None:
    """Seconds within which that share of answers (0 to 1) had ended, between the ends of the range it falls
    into; None for no answers. `counts` has one entry for each range. What took longer than the last bound
    counts as that long."""
    whole = sum(counts)
    if not whole:
        return None
    wanted, before = share * whole, 0
    lows = (0.0, *LATENCY_BOUNDS)
    for low, high, count in itertools.zip_longest(lows, LATENCY_BOUNDS, counts, fillvalue=LATENCY_BOUNDS[-1]):
        if count and before + count >= wanted:
            return low + (high - low) * (wanted - before) / count
        before += int(count)
    return LATENCY_BOUNDS[-1]


@dataclass(frozen=True, slots=True)
class Count:
    """So many more of a measure in the bucket that begins at `bucket` (a multiple of BUCKET_SECONDS).
    `server` is `Place.server_key`, "" for direct chats; `measure` is a Measure or what `latency` says."""

    bucket: int
    server: str
    measure: str
    amount: int


@dataclass(frozen=True, slots=True)
class Figure:
    """The sum of a measure in one step of time, the first of which is 0."""

    step: int
    measure: str
    amount: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong. `channel` is a hash where it is a direct chat, whose id may be a person's.
    `kind` is the class of the error with what sort it is ("VeniceError
    overloaded"), `fault` whose it is (bot.errors.Fault); `request_id` and `turn_id` are "" for none."""

    at: float
    platform: str
    server: str
    channel: str
    kind: str
    fault: str
    request_id: str = ""
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident as kept; numbers grow with time."""

    number: int
    incident: Incident


class Figures(Protocol):
    """Counts over time, and what went wrong."""

    async def add(self, counts: Sequence[Count], incidents: Sequence[Incident]) -> None:
        """Add to what is counted, whichever process counted it, and keep incidents; one transaction."""
        ...

    async def steps(
        self, *, since: float, seconds: int, servers: Sequence[str] | None = None
    ) -> list[Figure]:
        """Sums from `since` on in steps of so many seconds, of these servers (None: of everything)."""
        ...

    async def incidents(
        self, limit: int, *, servers: Sequence[str] | None = None, before: int = 0
    ) -> list[IncidentLine]:
        """The newest first: of these servers (None: all), with numbers below `before` (0: any)."""
        ...

    async def purge(self, now: float) -> int:
        """Delete what is older than FIGURES_KEPT and INCIDENTS_KEPT, and put buckets older than FINE_SECONDS
        together to hours; returns how many rows are gone."""
        ...


class HasFigures(Protocol):
    """A store with figures."""

    @property
    def figures(self) -> Figures: ...
