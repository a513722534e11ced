"""Venice keys of servers: records, and the seam to what stores them. The secret is sealed before it gets
here (bot/sealing.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.auditing import Change


class KeyOrigin(StrEnum):
    """Where a server's key comes from: made by the house on its own account, or brought by the server."""

    MINTED = "minted"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A server's key. `server` is a server key of `Place`, `id` ours (it names the key in the ledger),
    `venice_id` Venice's ("" for one that was brought). `sealed` is the secret, bound to `scope`; `last4` its
    last characters. Limits are micro-USD or micro-DIEM a period, None for none; `period` and `privacy` are
    Venice's words, "" where not known. `set_by` is the keyed hash of who set it."""

    server: str
    id: str
    origin: KeyOrigin
    sealed: str
    last4: str
    venice_id: str = ""
    limit_usd: int | None = None
    limit_diem: int | None = None
    period: str = ""
    privacy: str = ""
    set_by: str = ""
    set_at: float = 0.0

    @property
    def name(self) -> str:
        """As the ledger names it."""
        return f"{self.origin.value}:{self.id}"

    @property
    def scope(self) -> str:
        """What the sealed secret is bound to."""
        return f"venice-key|{self.server}|{self.id}"


class ServerKeys(Protocol):
    """The keys of servers, in storage: one a server."""

    async def all(self) -> Sequence[ServerKey]: ...

    async def put(self, key: ServerKey, change: Change | None = None) -> None:
        """Store a key in place of the server's earlier one. `change` goes into the audit log with it."""
        ...

    async def remove(self, server: str, change: Change | None = None) -> bool:
        """Delete a server's key; False when there was none."""
        ...


class HasServerKeys(Protocol):
    """A store that keeps keys of servers."""

    @property
    def server_keys(self) -> ServerKeys: ...
