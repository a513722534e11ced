"""How much the engine has to do, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a turn ended. REFUSED is the asker's to mend (a cap, a permission, a wrong argument)."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Workload:
    """Conversations being worked on, questions in line behind another one, and how turns have ended since the
    start, by platform and outcome."""

    busy: int
    waiting: int
    ended: Mapping[tuple[str, str], int]
