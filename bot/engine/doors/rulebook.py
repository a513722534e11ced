"""The rules of the door in memory: those of the bot's owners, and those of each server's admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.auditing import Change, ChangeKind
from bot.engine.doors.precedence import Rules, Subjects
from bot.errors import UserError
from bot.messages import Incoming, Place
from bot.records import AccessRule
from bot.serverrules import HasServerRules, ServerRule
from bot.storing import AccessStore

_WORDS = {True: "allowed", False: "blocked", None: ""}
NO_RULES: Rules = {}
MOST_RULES = 1000
"""Rules of a server's own."""
FULL = f"A server has at most {MOST_RULES:,} rules of its own. Take some back first."


class DoorStore(HasServerRules, Protocol):
    """What the door keeps in storage."""

    @property
    def access(self) -> AccessStore: ...


class RuleBook:
    """Writes go through to storage first, each with its line in the audit log."""

    def __init__(self, store: DoorStore) -> None:
        self._store = store
        self._of_owners: dict[str, bool] = {}
        self._of_servers: dict[str, dict[str, bool]] = {}

    async def load(self, of_owners: Mapping[str, bool]) -> None:
        """Take the owners' rules, and read those of servers."""
        found = await self._store.server_rules.rules()
        self._of_owners, self._of_servers = dict(of_owners), {}
        for rule in found:
            self._of_servers.setdefault(rule.server, {})[rule.subject] = rule.allowed

    @property
    def of_owners(self) -> Rules:
        """By subject."""
        return self._of_owners

    def of_server(self, server: str) -> Rules:
        """By subject; nothing outside servers."""
        return self._of_servers.get(server, NO_RULES)

    async def put(self, subject: str, allowed: bool, *, by: str, at: float, server: str = "") -> None:
        """An owner allows or blocks. `server` says whose admins may know (`bot.auditing.Change`)."""
        old = _WORDS[self._of_owners.get(subject)]
        change = Change(at, by, ChangeKind.ACCESS, subject, server, "access", old, _WORDS[allowed])
        await self._store.access.put_rule(AccessRule(subject, allowed), by, at, change)
        self._of_owners[subject] = allowed

    async def remove(self, subject: str, *, by: str, at: float, server: str = "") -> bool:
        """An owner takes a rule back; False when there was none."""
        old = _WORDS[self._of_owners.get(subject)]
        change = Change(at, by, ChangeKind.ACCESS, subject, server, "access", old, "")
        removed = await self._store.access.remove_rule(subject, change)
        self._of_owners.pop(subject, None)
        return removed

    async def put_here(self, server: str, subject: str, allowed: bool, *, by: str, at: float) -> None:
        """An admin of a server allows or blocks there. Raises UserError beyond MOST_RULES."""
        rules = self.of_server(server)
        if subject not in rules and len(rules) >= MOST_RULES:
            raise UserError(FULL)
        change = self._change_here(server, subject, _WORDS[allowed], by, at)
        await self._store.server_rules.put_rule(ServerRule(server, subject, allowed), by, at, change)
        self._of_servers.setdefault(server, {})[subject] = allowed

    async def remove_here(self, server: str, subject: str, *, by: str, at: float) -> bool:
        """An admin of a server takes a rule of theirs back; False when there was none."""
        change = self._change_here(server, subject, "", by, at)
        removed = await self._store.server_rules.remove_rule(server, subject, change)
        self._of_servers.get(server, {}).pop(subject, None)
        return removed

    def _change_here(self, server: str, subject: str, new: str, by: str, at: float) -> Change:
        old = _WORDS[self.of_server(server).get(subject)]
        return Change(at, by, ChangeKind.ACCESS, subject, server, "access here", old, new)


def subjects_of(person: str, place: Place, roles: tuple[str, ...] = ()) -> Subjects:
    """What rules may be about somebody (`person` is their subject) somewhere."""
    return Subjects(
        person,
        place.thread_key,
        place.channel_key,
        place.category_key,
        tuple(f"role:{role}" for role in roles),
        place.server_key,
    )


def of_event(person: str, incoming: Incoming) -> Subjects:
    """The same for an event."""
    return subjects_of(person, incoming.place, incoming.roles)
