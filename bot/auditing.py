"""Vocabulary of the audit log: every change of what holds for others, with who made it.

People's own choices for themselves are nobody's business and not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

LONGEST_VALUE = 200
"""Characters of a value that are kept."""


class ChangeKind(StrEnum):
    """What sort of thing was changed."""

    SETTING = "setting"
    CAP = "cap"
    ACCESS = "access"
    OWNER = "owner"
    KEY = "key"
    COMMAND = "command"
    CREDIT = "credit"
    DATA = "data"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `by` is the keyed hash of who made it, "" for the house itself; `scope` the key of what it
    holds for ("bot", a server, channel or thread key of `Place`, "person:<hash>"); `server` the server key
    (the channel key in a chat without server) whose admins may see it, "" for owners only. `subject` is what
    was changed, `old` and `new` its values in words, "" for none; never a secret."""

    at: float
    by: str
    kind: ChangeKind
    scope: str
    server: str
    subject: str
    old: str
    new: str

    def clipped(self) -> Change:
        """The change with values short enough to keep."""
        return Change(
            self.at,
            self.by,
            self.kind,
            self.scope,
            self.server,
            self.subject,
            _clip(self.old),
            _clip(self.new),
        )


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change as kept; numbers grow with time."""

    number: int
    change: Change


class AuditLog(Protocol):
    """Changes as kept. Those of settings, caps and access are written with the change itself."""

    async def add(self, change: Change) -> None:
        """Keep a change whose subject lives outside the database, or in several transactions."""
        ...

    async def entries(
        self, limit: int, *, servers: Sequence[str] | None = None, kind: str = "", before: int = 0
    ) -> list[AuditEntry]:
        """The newest first: of these servers (None: of all), of a kind, with numbers below `before`."""
        ...

    async def purge(self, before: float) -> int:
        """Delete what is older; returns how many."""
        ...


class HasAudit(Protocol):
    """A store with an audit log."""

    @property
    def audit(self) -> AuditLog: ...


def _clip(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
