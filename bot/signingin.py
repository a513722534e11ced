"""Links that sign in to the dashboard once: what is kept of one, and the seam to storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.auditing import Change


@dataclass(frozen=True, slots=True)
class SignIn:
    """A link that was given out. `digest` is the SHA-256 of its token in hex, for the token itself is kept
    nowhere; `person` the keyed hash of who asked for it; `server` the key of the server it opens, "" for the
    whole house. It is good until `expires_at` (Unix seconds)."""

    digest: str
    person: str
    server: str
    expires_at: float


class SignIns(Protocol):
    """Links in storage."""

    async def add(self, link: SignIn) -> None:
        """Keep a link, in the place of those the person has not used."""
        ...

    async def get(self, digest: str, now: float) -> SignIn | None:
        """A link that is still good."""
        ...

    async def claim(self, digest: str, now: float, change: Change) -> SignIn | None:
        """Use up a link; None when it is unknown, used or too old. Of several at once one gets it; `change`
        goes into the audit log with it."""
        ...

    async def purge(self, now: float) -> int:
        """Delete what is too old; returns how many."""
        ...


class HasSignIns(Protocol):
    """A store that keeps links."""

    @property
    def sign_ins(self) -> SignIns: ...
