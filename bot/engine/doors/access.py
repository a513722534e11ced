"""The door: who may come in. Decided from memory, before anything is stored (design section 7)."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from bot.auditing import Change, ChangeKind
from bot.engine.doors.hashing import Hasher
from bot.engine.doors.precedence import may_enter, ruling
from bot.engine.doors.rulebook import DoorStore, RuleBook, of_event, subjects_of
from bot.messages import Addressed, Authority, Incoming, Person, Place
from bot.ports import Clock

CLAIM = "claim"
DOOR_COMMANDS = frozenset({"allow", "deny", "doors"})
"""With these an admin opens and shuts the own server, so they must reach us from one that is shut."""
TOLD_FOR = 3600.0
"""Seconds in which a stranger hears nothing more: as long as a pairing code is good."""
_GUESSES, _MOST_GUESSES = 10, 1_000
"""Wrong codes of one account, and of all: strangers can neither find the code nor use it up."""
_MOST_TOLD = 50_000
_CALLED = (Addressed.MENTION, Addressed.REPLY)


class Verdict(StrEnum):
    """ENTER; TELL once that the house is closed; SILENT."""

    ENTER = "enter"
    TELL = "tell"
    SILENT = "silent"


def _never() -> bool:
    return False


class Doorkeeper:
    """Owners and rules in memory; writes go through to storage first.

    `is_open` lets everyone in (GONDOLA_ACCESS=open); a block still holds. `owners` are person keys from
    GONDOLA_OWNERS, besides those who claimed.
    """

    def __init__(
        self,
        store: DoorStore,
        hasher: Hasher,
        *,
        is_open: bool = False,
        owners: frozenset[str] = frozenset(),
        clock: Clock = time.time,
    ) -> None:
        self._store = store.access
        self._hasher = hasher
        self._open = is_open
        self._clock = clock
        self._configured = frozenset(map(self._account, owners))
        self._owners = self._configured
        self._told: dict[str, float] = {}
        self._code = ""
        self._wrong: Counter[str] = Counter()
        self.rules = RuleBook(store)
        self.expected: Callable[[Incoming], bool] = lambda _: False
        """Says of a command that its author, whom the house asked for it, may come in for it."""
        self.admins_open: Callable[[], bool] = _never
        """Whether servers may be let in by their admins (the setting `admin_enable`)."""
        self.pairs: Callable[[], bool] = _never
        """Whether strangers get a code to be let in with (the setting `pairing`)."""

    @property
    def owners(self) -> frozenset[str]:
        """Their accounts, by keyed hash: no linked account owns a house with them."""
        return self._owners

    @property
    def is_open(self) -> bool:
        """Whether everybody comes in who is not blocked."""
        return self._open

    async def load(self) -> None:
        """Read everything anew."""
        state = await self._store.load()
        for owner in state.owners:
            if owner != self._account(owner):  # an earlier version kept the number of an owner
                await self._store.rename_owner(owner, self._account(owner))
        self._owners = self._configured | frozenset(map(self._account, state.owners))
        if self._owners:
            self._code = ""  # another process has found the owner
        await self.rules.load({rule.subject: rule.allowed for rule in state.rules})

    # --- decisions ---

    def is_owner(self, incoming: Incoming) -> bool:
        """True for Gondola's owners and for the visitor of the loopback-only page."""
        return incoming.trusted or self._hasher.account(incoming.author) in self._owners

    def is_moderator(self, incoming: Incoming) -> bool:
        """True for whoever may change what holds in this place."""
        return incoming.place.direct or incoming.authority is Authority.MODERATOR or self.is_admin(incoming)

    def is_admin(self, incoming: Incoming) -> bool:
        """True for whoever may change what holds in this server, and for owners."""
        return (incoming.admin and not incoming.place.direct) or self.is_owner(incoming)

    def decide(self, incoming: Incoming, *, bots: bool = False) -> Verdict:
        """Whether this event may come in. `bots` lets in other bots' messages that are meant for this one."""
        if self.admits(incoming, bots=bots):
            return Verdict.ENTER
        if incoming.author.is_bot or self._blocked(incoming):
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
        if ruling(self.rules.of_owners, of_event(self.person_subject(incoming.author), incoming)) is False:
            return False
        return self._let_in(incoming) or self._runs_the_door(incoming) or self._is_expected(incoming)

    def shuts_out(self, place: Place, person: str) -> bool:
        """Whether a rule shuts a place, or a person by their keyed hash. Roles are not known here."""
        subjects = subjects_of(f"person:{person}", place)
        rulings = (
            ruling(rules, subjects)
            for rules in (self.rules.of_owners, self.rules.of_server(place.server_key))
        )
        return any(one is False for one in rulings)

    def silenced(self, place: Place, person: Person) -> bool:
        """Whether somebody themselves is shut out, by an owner or in the server of a place: then what they
        wrote is not read either where others reply to it or have it summed up."""
        if person.is_bot or not person.id or self._hasher.account(person) in self._owners:
            return False
        subject = self.person_subject(person)
        return any(
            rules.get(subject) is False
            for rules in (self.rules.of_owners, self.rules.of_server(place.server_key))
        )

    def asks_for(self, incoming: Incoming) -> str:
        """The rule that would let in what was told that the house is closed, "" where nobody may ask: a
        stranger asks for themselves in a direct chat, an admin for the server."""
        if incoming.place.direct:
            return self.person_subject(incoming.author)
        return incoming.place.server_key if incoming.admin else ""

    def _let_in(self, incoming: Incoming) -> bool:
        return may_enter(
            self.rules.of_owners,
            self.rules.of_server(incoming.place.server_key),
            of_event(self.person_subject(incoming.author), incoming),
            is_open=self._open,
            admins_open=self.admins_open(),
        )

    def _runs_the_door(self, incoming: Incoming) -> bool:
        """An admin of a server that is not let in, or that they shut themselves, opens it again; what an
        owner blocks was sorted out before."""
        use = incoming.command
        if use is None or use.name not in DOOR_COMMANDS or not self.is_admin(incoming):
            return False
        subjects = of_event(self.person_subject(incoming.author), incoming)
        return self._open or self.admins_open() or ruling(self.rules.of_owners, subjects) is True

    def _is_expected(self, incoming: Incoming) -> bool:
        return not self._blocked(incoming) and self.expected(incoming)

    def open_to(self, server: str, person: str) -> bool:
        """Whether no rule of the owners blocks a server (its key), and none of theirs or the server's own a
        person by their keyed hash. A server that its own admins shut stays theirs to open."""
        subject = f"person:{person}"
        blocked = any(self.rules.of_owners.get(one) is False for one in (server, subject))
        return not blocked and self.rules.of_server(server).get(subject) is not False

    def _stranger(self, incoming: Incoming) -> Verdict:
        if incoming.reply_handle:
            return Verdict.TELL  # an unanswered slash command looks broken; only the asker sees this
        called = incoming.addressed is Addressed.MENTION or incoming.command is not None
        asks = self.pairs() and called and self.asks_for(incoming)
        if not asks and (not incoming.place.direct or incoming.addressed is Addressed.OVERHEARD):
            return Verdict.SILENT
        name, now = f"{self._hasher.person(incoming.author)} {incoming.place.server_key}", self._clock()
        if self._told.get(name, 0.0) > now:
            return Verdict.SILENT
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()  # better a second sentence to somebody than memory without end
        self._told[name] = now + TOLD_FOR if self.pairs() else float("inf")
        return Verdict.TELL

    def _blocked(self, incoming: Incoming) -> bool:
        subjects = of_event(self.person_subject(incoming.author), incoming)
        of_server = self.rules.of_server(incoming.place.server_key)
        return any(ruling(rules, subjects) is False for rules in (self.rules.of_owners, of_server))

    # --- changes ---

    def person_subject(self, person: Person) -> str:
        """The rule subject of a person."""
        return f"person:{self._hasher.person(person)}"

    async def put_rule(self, subject: str, allowed: bool, *, by: str, at: float, server: str = "") -> None:
        """An owner allows or blocks a subject. `server` says whose admins may know
        (`bot.auditing.Change`)."""
        await self.rules.put(subject, allowed, by=by, at=at, server=server)

    def needs_claim(self) -> bool:
        """True while nobody owns this house."""
        return not self._owners

    def open_claim(self) -> str:
        """A new one-time code; the first to send `/claim CODE` becomes owner."""
        self._code = "-".join(secrets.token_hex(2).upper() for _ in range(3))
        self._wrong.clear()
        return self._code

    async def claim(self, person: Person, code: str, *, at: float) -> bool:
        """Make a person the owner if the code is right. After ten wrong ones nobody is heard again."""
        name = self._hasher.account(person)
        if not self._code or self._wrong[name] >= _GUESSES:
            return False
        if not hmac.compare_digest(code.strip().upper().encode(), self._code.encode()):
            self._wrong[name] += 1
            if self._wrong.total() >= _MOST_GUESSES:
                self._code = ""
            return False
        self._code = ""
        change = Change(at, name, ChangeKind.OWNER, f"person:{name}", "", "owner", "", "owner")
        await self._store.add_owner(name, at, change)
        self._owners |= {name}
        return True

    def _account(self, owner: str) -> str:
        """The hash of a person's key; a hash, which has no colon, stays."""
        return self._hasher.text(owner) if ":" in owner else owner
