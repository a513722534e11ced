"""Strangers who ask to be let in: what is kept of them until an owner decides, and the seam to storage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PairingState(StrEnum):
    """What became of it."""

    OPEN = "open"
    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Pairing:
    """Somebody who asks for themselves, or an admin for a server.

    `person` is the keyed hash of who asked; `subject` the rule that would let them in; `code` the keyed hash
    of the code they were told, `hint` its last two signs; `sealed` where they can be told, encrypted and
    bound to the id, "" once decided. It can be decided until `expires_at`.
    """

    id: str
    platform: str
    person: str
    subject: str
    code: str
    hint: str
    sealed: str
    asked_at: float
    expires_at: float
    state: PairingState = PairingState.OPEN


class Pairings(Protocol):
    """Pairing requests in storage."""

    async def ask(self, pairing: Pairing, *, most: int, each: int, since: float) -> bool:
        """Keep it in place of the same person's open one for the same subject. False, and nothing is changed,
        where `most` others are open, the person asked `each` times since then, or was refused since then."""
        ...

    async def open(self, now: float) -> list[Pairing]:
        """What waits for a decision, the oldest first."""
        ...

    async def decide(self, pairing_id: str, state: PairingState, now: float) -> Pairing | None:
        """Decide an open one, once: returns it as it was, None where there is none or it has expired."""
        ...

    async def purge(self, before: float) -> int:
        """Delete what was asked before; returns how many."""
        ...


class HasPairings(Protocol):
    """A store that keeps pairing requests."""

    @property
    def pairings(self) -> Pairings: ...
