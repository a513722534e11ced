"""The door: who may come in. Decided from memory, before anything is stored (design section 7)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from enum import StrEnum

from bot.auditing import Change, ChangeKind
from bot.engine.hashing import Hasher
from bot.messages import Addressed, Authority, Incoming, Person, Place
from bot.records import AccessRule
from bot.storing import AccessStore

CLAIM = "claim"
_GUESSES = 10
_MOST_TOLD = 50_000
_WORDS = {True: "allowed", False: "blocked", None: ""}
_CALLED = (Addressed.MENTION, Addressed.REPLY)


class Verdict(StrEnum):
    """ENTER; TELL once that the house is closed; SILENT."""

    ENTER = "enter"
    TELL = "tell"
    SILENT = "silent"


class Doorkeeper:
    """Owners and rules in memory; writes go through to storage first.

    `is_open` lets everyone in (GONDOLA_ACCESS=open); a block still holds. `owners` are person keys from
    GONDOLA_OWNERS, besides those who claimed.
    """

    def __init__(
        self,
        store: AccessStore,
        hasher: Hasher,
        *,
        is_open: bool = False,
        owners: frozenset[str] = frozenset(),
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._open = is_open
        self._configured = frozenset(map(self._account, owners))
        self._owners = self._configured
        self._rules: dict[str, bool] = {}
        self._told: set[str] = set()
        self._code = ""
        self._wrong_guesses = 0
        self.expected: Callable[[Incoming], bool] = lambda _: False
        """Says of a command that its author, whom the house asked for it, may come in for it."""

    @property
    def owners(self) -> frozenset[str]:
        """Their accounts, by keyed hash: no linked account owns a house with them."""
        return self._owners

    async def load(self) -> None:
        """Read everything anew."""
        state = await self._store.load()
        for owner in state.owners:
            if owner != self._account(owner):  # an earlier version kept the number of an owner
                await self._store.rename_owner(owner, self._account(owner))
        self._owners = self._configured | frozenset(map(self._account, state.owners))
        self._rules = {rule.subject: rule.allowed for rule in state.rules}

    # --- decisions ---

    def is_owner(self, incoming: Incoming) -> bool:
        """True for Gondola's owners and for the visitor of the loopback-only page."""
        return incoming.trusted or self._hasher.account(incoming.author) in self._owners

    def is_moderator(self, incoming: Incoming) -> bool:
        """True for whoever may change what holds in this place."""
        return incoming.place.direct or incoming.authority is Authority.MODERATOR or self.is_owner(incoming)

    def decide(self, incoming: Incoming, *, bots: bool = False) -> Verdict:
        """Whether this event may come in. `bots` lets in other bots' messages that are meant for this one."""
        if self.admits(incoming, bots=bots):
            return Verdict.ENTER
        if incoming.author.is_bot or self._blocked(incoming.place, incoming.author):
            return Verdict.SILENT
        return self._stranger(incoming)

    def admits(self, incoming: Incoming, *, bots: bool = False) -> bool:
        """Whether `decide` says ENTER; nobody is counted as told."""
        if incoming.author.is_bot and not (bots and incoming.addressed in _CALLED):
            return False
        if self.is_owner(incoming):
            return True
        if incoming.command is not None and incoming.command.name == CLAIM and self._code:
            return True
        if self._blocked(incoming.place, incoming.author):
            return False
        return self._open or self._allowed(incoming.place, incoming.author) or self.expected(incoming)

    def shuts_out(self, place: Place, person: str) -> bool:
        """Whether a rule blocks a place, or a person by their keyed hash."""
        return self._ruled(place, f"person:{person}", allowed=False)

    def open_to(self, server: str, person: str) -> bool:
        """Whether no rule blocks a server (its key), or a person by their keyed hash."""
        return not any(self._rules.get(one) is False for one in (server, f"person:{person}"))

    def rule(self, subject: str) -> bool | None:
        """The rule on a subject: let in, shut out, or None for none."""
        return self._rules.get(subject)

    def rules(self) -> dict[str, bool]:
        """Every rule, by subject."""
        return dict(self._rules)

    def _stranger(self, incoming: Incoming) -> Verdict:
        if incoming.reply_handle:
            return Verdict.TELL  # an unanswered slash command looks broken; only the asker sees this
        if not incoming.place.direct or incoming.addressed is Addressed.OVERHEARD:
            return Verdict.SILENT
        name = self._hasher.person(incoming.author)
        if name in self._told:
            return Verdict.SILENT
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()  # better a second sentence to somebody than memory without end
        self._told.add(name)
        return Verdict.TELL

    def _blocked(self, place: Place, person: Person) -> bool:
        return self._ruled(place, self.person_subject(person), allowed=False)

    def _allowed(self, place: Place, person: Person) -> bool:
        return self._ruled(place, self.person_subject(person), allowed=True)

    def _ruled(self, place: Place, person: str, *, allowed: bool) -> bool:
        """Whether a rule says so of the place, or of the person by their subject."""
        subjects = (person, place.channel_key, place.server_key)
        return any(self._rules.get(subject) is allowed for subject in subjects if subject)

    # --- changes ---

    def person_subject(self, person: Person) -> str:
        """The rule subject of a person."""
        return f"person:{self._hasher.person(person)}"

    async def put_rule(self, subject: str, allowed: bool, *, by: str, at: float, server: str = "") -> None:
        """Allow or block a subject. `server` says whose admins may know (`bot.auditing.Change`)."""
        old = _WORDS[self._rules.get(subject)]
        change = Change(at, by, ChangeKind.ACCESS, subject, server, "access", old, _WORDS[allowed])
        await self._store.put_rule(AccessRule(subject, allowed), by, at, change)
        self._rules[subject] = allowed

    async def drop_rule(self, subject: str, *, by: str, at: float, server: str = "") -> None:
        """Take a rule back; nothing changes where there is none."""
        old = _WORDS[self._rules.get(subject)]
        change = Change(at, by, ChangeKind.ACCESS, subject, server, "access", old, "")
        await self._store.remove_rule(subject, change)
        self._rules.pop(subject, None)

    def needs_claim(self) -> bool:
        """True while nobody owns this house."""
        return not self._owners

    def open_claim(self) -> str:
        """A new one-time code; the first to send `/claim CODE` becomes owner."""
        self._code = "-".join(secrets.token_hex(2).upper() for _ in range(3))
        self._wrong_guesses = 0
        return self._code

    async def claim(self, person: Person, code: str, *, at: float) -> bool:
        """Make a person the owner if the code is right. Ten wrong guesses end the code."""
        if not self._code or not hmac.compare_digest(code.strip().upper().encode(), self._code.encode()):
            self._wrong_guesses += 1
            if self._wrong_guesses >= _GUESSES:
                self._code = ""
            return False
        self._code = ""
        name = self._hasher.account(person)
        change = Change(at, name, ChangeKind.OWNER, f"person:{name}", "", "owner", "", "owner")
        await self._store.add_owner(name, at, change)
        self._owners |= {name}
        return True

    def _account(self, owner: str) -> str:
        """The hash of a person's key; a hash, which has no colon, stays."""
        return self._hasher.text(owner) if ":" in owner else owner
