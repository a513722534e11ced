"""Reconciliation: what Venice says it billed on a UTC day, beside what the ledger says; the seam to storage.

The ledger is never changed by it. Amounts are micro-USD.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """AGREES and DIFFERS are final; PARTIAL (calls of ours that Venice does not list yet) and UNREAD are
    tried again the next day."""

    AGREES = "agrees"
    DIFFERS = "differs"
    PARTIAL = "partial"
    UNREAD = "unread"

    @property
    def final(self) -> bool:
        """Whether the day is done."""
        return self in (Outcome.AGREES, Outcome.DIFFERS)


@dataclass(frozen=True, slots=True)
class BookedCall:
    """A line of the ledger that the house pays, `settled_at` Unix seconds. `request_id` names each request of
    it, with spaces between."""

    request_id: str
    model: str
    medium: str
    cost: int
    settled_at: float

    @property
    def requests(self) -> tuple[str, ...]:
        """Venice's ids, none where no answer named one."""
        return tuple(self.request_id.split())


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """What one model and medium cost; `medium` is "" where only Venice knows of it."""

    model: str
    medium: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How a day (`2026-11-27`) was found at a time; `said` says in a sentence why it could not be read, or
    what is missing."""

    day: str
    at: float
    outcome: Outcome
    lines: tuple[ComparedLine, ...] = ()
    said: str = ""

    @property
    def ours(self) -> int:
        """What the ledger says."""
        return sum(line.ours for line in self.lines)

    @property
    def theirs(self) -> int:
        """What Venice says."""
        return sum(line.theirs for line in self.lines)


class Reconciliations(Protocol):
    """Days as they were found."""

    async def booked(self, since: float, until: float) -> Sequence[BookedCall]:
        """What was settled in a span at the house's cost, the end left out."""
        ...

    async def put(self, found: Reconciliation) -> None:
        """Keep how a day was found, in place of an earlier look at it."""
        ...

    async def recent(self, limit: int) -> Sequence[Reconciliation]:
        """The last days, the newest first."""
        ...


class HasReconciliations(Protocol):
    """A store that keeps them."""

    @property
    def reconciliations(self) -> Reconciliations: ...
