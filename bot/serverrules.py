"""What a server's own admins decide for it: who may come in there, and who may use which command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.auditing import Change

ANYONE = "anyone"
NOBODY = "nobody"
MANAGERS = "managers"
"""Whoever may change what holds in the channel."""


@dataclass(frozen=True, slots=True)
class ServerRule:
    """A rule of the door that holds in one server. `subject` as in `AccessRule`, or the key of a role,
    category or thread."""

    server: str
    subject: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Permit:
    """Who may use something in one server. `subject` is "command:NAME" or "medium:NAME"; `who` holds
    ANYONE, NOBODY or MANAGERS alone, or keys (`platform:id`) of roles."""

    server: str
    subject: str
    who: tuple[str, ...]


class ServerRules(Protocol):
    """Rules and permits of servers, in storage. A change goes into the audit log with what it changes."""

    async def rules(self) -> list[ServerRule]:
        """Every rule, sorted by server and subject."""
        ...

    async def put_rule(self, rule: ServerRule, by: str, at: float, change: Change | None = None) -> None:
        """Replaces an earlier rule on the subject there."""
        ...

    async def remove_rule(self, server: str, subject: str, change: Change | None = None) -> bool:
        """False when there was none."""
        ...

    async def permits(self) -> Sequence[Permit]:
        """Every permit, sorted by server and subject."""
        ...

    async def put_permit(self, permit: Permit, by: str, at: float, change: Change | None = None) -> None:
        """Replaces an earlier permit on the subject there."""
        ...

    async def remove_permit(self, server: str, subject: str, change: Change | None = None) -> bool:
        """False when there was none."""
        ...


class HasServerRules(Protocol):
    """A store that keeps rules of servers."""

    @property
    def server_rules(self) -> ServerRules: ...
