"""Vocabulary of what whoever oversees the house reads of storage: who paid what for which call, what waits.
Never words, never a person's plain id. Money is micro-USD, times are Unix seconds (UTC)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which lines of the ledger; "" and None leave a column alone. `since` and `until` bound the time of the
    call (`until` excluded)."""

    since: float | None = None
    until: float | None = None
    server: str = ""
    channel: str = ""
    person: str = ""
    medium: str = ""
    model: str = ""
    uncertain: bool | None = None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One paid call. `key` names the Venice key that paid, "" for the house's."""

    number: int
    at: float
    settled_at: float
    server: str
    channel: str
    person: str
    medium: str
    model: str
    estimate: int
    cost: int
    calls: int
    uncertain: bool
    request_id: str
    turn_id: str
    key: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A film or piece of music being made. `quote` is what it was said to cost."""

    order_id: str
    server: str
    channel: str
    person: str
    medium: str
    model: str
    state: str
    quote: int
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class ReminderLine:
    """A reminder that waits, without its words."""

    reminder_id: str
    server: str
    channel: str
    person: str
    due_at: float
    begun: bool


@dataclass(frozen=True, slots=True)
class Spender:
    """Somebody (keyed hash) something was called for: what it cost, how often, and when last."""

    person: str
    cost: int
    calls: int
    last_seen: float


@dataclass(frozen=True, slots=True)
class Used:
    """A channel (scope keys of `Place`) something was called in, and when last."""

    server: str
    channel: str
    last_used: float


@dataclass(frozen=True, slots=True)
class Held:
    """Micro-USD reserved for calls under way, and bytes of the database."""

    reserved: int
    size: int


class Overseen(Protocol):
    """Reads for the dashboard. `servers` narrows to what is of these servers (None: everything)."""

    async def ledger(
        self, wanted: LedgerFilter, limit: int, *, servers: Sequence[str] | None = None, before: int = 0
    ) -> list[LedgerLine]:
        """The newest first, with numbers below `before` (0: any)."""
        ...

    async def spenders(
        self,
        limit: int,
        *,
        since: float,
        servers: Sequence[str] | None = None,
        before: tuple[float, str] | None = None,
    ) -> list[Spender]:
        """Whoever something was called for since a time, the last seen first; `before` is when the last one
        of the page before was seen, and who it was."""
        ...

    async def spent(
        self, *, since: float, seconds: int, servers: Sequence[str] | None = None
    ) -> list[tuple[int, int]]:
        """Micro-USD of the calls in each step of so many seconds from `since` on: (step, sum), in order."""
        ...

    async def askers(self, *, since: float, servers: Sequence[str] | None = None) -> int:
        """How many people something was called for since a time."""
        ...

    async def used(self, *, since: float, servers: Sequence[str] | None = None) -> list[Used]:
        """Every channel something was called in since a time."""
        ...

    async def home(self, channel: str) -> str | None:
        """The server a channel (scope keys of `Place`) belongs to, as what was paid, read or set there says;
        "" for a direct chat, None for one nobody knows."""
        ...

    async def homes(self, channels: Iterable[str]) -> Mapping[str, str]:
        """The same for many at once; those that nobody knows are left out."""
        ...

    async def held(self) -> Held: ...

    async def orders(
        self,
        limit: int,
        *,
        servers: Sequence[str] | None = None,
        after: tuple[float, str] | None = None,
    ) -> list[OrderLine]:
        """Orders under way, the newest first; `after` is when the last one of the page before was made, and
        its id."""
        ...

    async def reminders(
        self,
        limit: int,
        *,
        servers: Sequence[str] | None = None,
        after: tuple[float, str] | None = None,
    ) -> list[ReminderLine]:
        """What waits, the next first; `after` is when the last one of the page before is due, and its id."""
        ...


class HasOverseen(Protocol):
    """A store that can be overseen."""

    @property
    def overseen(self) -> Overseen: ...
