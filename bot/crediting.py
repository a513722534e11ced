"""Credits: money that a person may spend once the allowance of their caps is used up; the seam to storage.

They lift caps of a person and of their role, in money; never one of a channel, a server or the whole bot, and
never one in numbers. Amounts are micro-USD; people are keyed hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.auditing import Change


class CreditKind(StrEnum):
    """Why an account changed. A grant of less than nothing takes back; SPENT is a call's part beyond the
    allowance."""

    GRANTED = "granted"
    GIVEN = "given"
    RECEIVED = "received"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """What a person has: `held` of the balance is promised to calls that run. Only a call that cost more than
    its worst-case estimate can push the balance below zero."""

    balance: int = 0
    held: int = 0

    @property
    def free(self) -> int:
        """What may be spent or given now."""
        return max(0, self.balance - self.held)


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of an account, never altered. `amount` is signed; `reference` names what it came from and is
    booked once: the turn of a grant, the button of a gift, the reservation of a call (`turn_id` is its turn).
    `other` is who gave, got or granted, "" for nobody."""

    person: str
    kind: CreditKind
    amount: int
    at: float
    reference: str
    turn_id: str = ""
    other: str = ""
    note: str = ""


class Credits(Protocol):
    """Accounts of credits. What calls draw on them is part of `Money.admit` and of every settlement."""

    async def account(self, person: str) -> CreditAccount:
        """What somebody has; nothing for strangers."""
        ...

    async def accounts(self, people: Sequence[str]) -> Mapping[str, CreditAccount]:
        """What those of these people have who ever had anything."""
        ...

    async def grant(self, movement: Movement, change: Change | None = None) -> bool:
        """Add to an account, or take back what is free on it; False, and nothing is done, when less than that
        is free. A reference booked before is done already."""
        ...

    async def give(self, gift: Movement, change: Change | None = None) -> bool:
        """Move `gift.amount` from `gift.person` to `gift.other`; False, and nothing moves, when less than
        that is free. A reference booked before is done already."""
        ...

    async def movements(self, person: str, limit: int) -> Sequence[Movement]:
        """The newest first."""
        ...


class HasCredits(Protocol):
    """A store that keeps credits."""

    @property
    def credits(self) -> Credits: ...
