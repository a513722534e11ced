"""Vocabulary of the dashboard: what the page may ask of the house, and what it is answered.

Every method takes the `Viewer` and holds them to what they may see: an owner everything, the admin of a
server what is of that server. What is elsewhere is refused with NotAllowed, in the same words whether it
exists or not. Money is micro-USD, times are Unix seconds (UTC), people are keyed hashes. Nothing here holds
words that people wrote.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from bot.auditing import AuditEntry
from bot.crediting import CreditAccount
from bot.declarations import OptionKind, Scope
from bot.doorways import HouseDoor, ServerDoor, SubjectKind
from bot.figures import IncidentLine
from bot.overseeing import LedgerFilter, LedgerLine, OrderLine, ReminderLine
from bot.records import Cap, CapPeriod, CapUnit

PAGE_ROWS = 50
"""Rows of a page of anything."""
PAGE_SERVERS = 20
CHANNELS_SHOWN = 8
"""Channels shown with their server; a page of their own has them all."""
SCOPES_SHOWN = 20
"""Places shown with a character."""
CAPS_SHOWN = 12
"""Caps on the overview, the fullest ones."""
SIGN_IN_PATH = "/dashboard/sign-in"
"""Where a link leads, with `?token=`. Looking at it uses nothing up; the button there does (POST)."""
SIGN_IN_SECONDS = 15 * 60.0
"""How long a link to the dashboard is good."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `person` is the keyed hash, "" for whoever signed in at this machine (loopback page, token
    file); `servers` are the keys (`Place.server_key`) of the servers they manage, of no weight for owners.
    `account` is which account of theirs signed in to manage them, encrypted: the desk alone can read it."""

    person: str
    owner: bool
    servers: tuple[str, ...] = ()
    account: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, the newest first. `cursor` asks for the next ones, "" at the end."""

    rows: tuple[T, ...]
    cursor: str = ""


class Span(StrEnum):
    """How far back the overview looks: in steps of 5 minutes, an hour, 6 hours and a day."""

    HOURS = "3h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"


SPAN_STEPS: Mapping[Span, tuple[int, int]] = {
    Span.HOURS: (36, 300),
    Span.DAY: (96, 900),
    Span.WEEK: (84, 7_200),
    Span.MONTH: (120, 21_600),
    Span.QUARTER: (90, 86_400),
}
"""Of each span: how many steps, and seconds of one."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened in one step of time, which begins at `at`. `messages` are turns that ended, `errors`
    those that failed or did not arrive, `cost` what was settled. `p50` and `p95` are seconds until an answer
    had ended, `cached` the share (0 to 1) of prompt tokens that came from Venice's cache; None for nothing
    measured."""

    at: float
    messages: int = 0
    errors: int = 0
    cost: int = 0
    p50: float | None = None
    p95: float | None = None
    cached: float | None = None


@dataclass(frozen=True, slots=True)
class CapBar:
    """A cap with what is used of it in the running period, reserved amounts included. `used` is None where
    each of many has a counter of its own. `editable` says whether the viewer may change it."""

    cap: Cap
    used: int | None
    resets_at: float
    editable: bool


@dataclass(frozen=True, slots=True)
class PlatformHealth:
    """One platform: whether it works and something came lately, and when something last did (None: never)."""

    name: str
    up: bool
    hearing: bool
    last_event: float | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The house, or a viewer's servers, over a span. `steps` has one entry for each step, empty ones
    included, oldest first; `whole` sums them up (its `at` is the beginning). `reserved` is held for calls
    under way, `busy` and `waiting` are questions being answered and in line, `size` bytes of the database;
    those four are 0 for who does not own the house, and `platforms` are those of their servers."""

    span: Span
    seconds: int
    steps: tuple[Step, ...]
    whole: Step
    caps: tuple[CapBar, ...]
    platforms: tuple[PlatformHealth, ...]
    people: int
    reserved: int = 0
    busy: int = 0
    waiting: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, direct chat or group by its scope key. `title` is what the platform calls it just now, ""
    where nobody knows. `allowed` is the door's rule on it, None without one; `settings` how many are set."""

    scope: str
    title: str
    allowed: bool | None
    settings: int
    last_used: float | None


@dataclass(frozen=True, slots=True)
class Server:
    """A server with its channels, those used last first. `scope` "" gathers direct chats (their ids are keyed
    hashes, so that they name nobody, and they have no page of their own). `more` channels are not shown."""

    scope: str
    title: str
    allowed: bool | None
    settings: int
    channels: tuple[Channel, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as it holds in a scope. `topic` is what it is about, as a heading; `origin` is where the
    value comes from, None for the default; `here` is what is set in this very scope, None for nothing.
    `choices` are all values it can have (empty: free text, or a number between the bounds); for a text the
    bounds are those of its length. `suggested` are some of the values that a free text may have, the good
    ones. `editable` says whether it can be set in this scope, by this viewer."""

    name: str
    topic: str
    description: str
    value: str
    origin: Scope | None
    here: str | None
    default: str
    kind: OptionKind
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    editable: bool
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A scope with every setting, those of one topic together. `parent` is the scope it inherits from, ""
    for none."""

    scope: str
    kind: Scope
    title: str
    parent: str
    allowed: bool | None
    settings: tuple[SettingLine, ...]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody who asked: what was spent in the last 30 days, and how often. `allowed` is the door's rule on
    them, None without one; `credits` what they have, None for who does not own the house."""

    person: str
    cost: int
    calls: int
    last_seen: float
    allowed: bool | None
    owner: bool
    credits: CreditAccount | None = None


@dataclass(frozen=True, slots=True)
class ChoreLine:
    """Work the house does by itself: when it last came round in this process, None for not yet, and why it
    failed then ("" for well)."""

    name: str
    ran_at: float | None
    trouble: str


@dataclass(frozen=True, slots=True)
class Jobs:
    """What goes on in the background; `chores` are empty for who does not own the house."""

    orders: Page[OrderLine]
    reminders: Page[ReminderLine]
    chores: tuple[ChoreLine, ...]


@dataclass(frozen=True, slots=True)
class CharacterLine:
    """A character (its slug) and the scopes that chose it, `more` of which are not shown; `people` chose it
    for themselves."""

    slug: str
    scopes: tuple[str, ...]
    people: int
    more: int = 0


class LiveKind(StrEnum):
    """What is told as it happens. SKIPPED says that the reader was too slow and `count` were left out."""

    ASKED = "asked"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"
    PAID = "paid"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something that happens now. `seconds` is how long a turn or call took; `medium`, `model` and `cost` are
    of a paid call."""

    at: float
    kind: LiveKind
    platform: str = ""
    server: str = ""
    channel: str = ""
    person: str = ""
    turn_id: str = ""
    medium: str = ""
    model: str = ""
    seconds: float = 0.0
    cost: int = 0
    count: int = 0


class Desk(Protocol):
    """What the dashboard asks. Raises NotAllowed and UserError with sentences for people, GondolaError when
    the database does not answer."""

    # --- signing in ---

    async def redeem(self, token: str) -> Viewer | None:
        """Use up the one-time token of a link; None when it is unknown, used or too old."""
        ...

    async def still(self, viewer: Viewer) -> Viewer | None:
        """What is left of a viewer's rights now, for every request of a session; None: sign in again. One
        whose `person` is "" stays as they are: the page itself decides on them."""
        ...

    # --- looking ---

    async def overview(self, viewer: Viewer, span: Span) -> Overview: ...

    async def places(self, viewer: Viewer, search: str = "", cursor: str = "") -> Page[Server]:
        """Servers the house knows of, by title: those with `search` in it, in any case."""
        ...

    async def channels(self, viewer: Viewer, server: str, cursor: str = "") -> Page[Channel]:
        """Every channel of a server ("" for direct chats, which are the owners' to see)."""
        ...

    async def titles(self, viewer: Viewer) -> Mapping[str, str]:
        """What all servers and channels are called that somebody may see, by scope, servers first; "" where
        nobody knows."""
        ...

    async def place(self, viewer: Viewer, scope: str) -> PlaceView:
        """Every setting as it holds in "bot" (owners), a server, a channel or a thread."""
        ...

    async def caps(self, viewer: Viewer, cursor: str = "") -> Page[CapBar]:
        """Owners see every cap; others those of their servers and channels, and what holds for each server,
        channel and person, which they cannot change."""
        ...

    async def people(self, viewer: Viewer, cursor: str = "") -> Page[PersonLine]:
        """Whoever something was called for, the last seen first."""
        ...

    async def ledger(self, viewer: Viewer, wanted: LedgerFilter, cursor: str = "") -> Page[LedgerLine]: ...

    def ledger_rows(self, viewer: Viewer, wanted: LedgerFilter) -> AsyncGenerator[LedgerLine]:
        """All of it, newest first, read in pieces."""
        ...

    async def jobs(self, viewer: Viewer, orders: str = "", reminders: str = "") -> Jobs:
        """`orders` and `reminders` are cursors of theirs."""
        ...

    async def characters(self, viewer: Viewer, cursor: str = "") -> Page[CharacterLine]: ...

    async def errors(self, viewer: Viewer, cursor: str = "") -> Page[IncidentLine]: ...

    async def audit(self, viewer: Viewer, cursor: str = "", kind: str = "") -> Page[AuditEntry]: ...

    async def doors(self, viewer: Viewer, cursor: str = "") -> HouseDoor:
        """Rules of the whole house, and who asks to be let in; owners only."""
        ...

    async def door(self, viewer: Viewer, server: str, cursor: str = "") -> ServerDoor:
        """Rules and permits of one server."""
        ...

    def live(self, viewer: Viewer) -> AsyncGenerator[LiveEvent]:
        """What happens from now on; ends when the house closes. Close it when nobody reads any more."""
        ...

    # --- changing; each is audited ---

    async def put_setting(self, viewer: Viewer, scope: str, name: str, value: str) -> str:
        """Set it; returns the value as kept (a model's id for its name)."""
        ...

    async def clear_setting(self, viewer: Viewer, scope: str, name: str) -> None:
        """Back to what is inherited."""
        ...

    async def put_cap(
        self, viewer: Viewer, scope: str, medium: str, period: CapPeriod, amount: str
    ) -> CapBar:
        """Set a cap as with `/caps`: `amount` is "$5" or "20" (calls)."""
        ...

    async def clear_cap(
        self, viewer: Viewer, scope: str, medium: str, unit: CapUnit, period: CapPeriod
    ) -> None: ...

    async def grant(self, viewer: Viewer, person: str, amount: str, note: str, once: str) -> CreditAccount:
        """Add to somebody's credits, "$1.50", or take back what is free of them, "-$1.50"; what they have
        then. The same `once` grants nothing more. Owners only."""
        ...

    async def set_rule(self, viewer: Viewer, subject: str, allowed: bool | None, server: str = "") -> None:
        """Let a subject ("person:HASH", or the key of a server, channel, category, thread or role) in or shut
        it out, None to take the rule back. With a `server` the rule is that server's own, for its admins to
        change as with `/allow` and `/deny`; without one it holds in the whole house, and is for owners."""
        ...

    async def add_rule(
        self, viewer: Viewer, kind: SubjectKind, named: str, allowed: bool, server: str = ""
    ) -> str:
        """The same for what somebody writes, such as an id; returns the subject, whose person is a hash."""
        ...

    async def put_permit(self, viewer: Viewer, server: str, subject: str, who: str) -> None:
        """Say who may use "command:NAME" or "medium:NAME" there, as with `/permit`: ANYONE, MANAGERS, NOBODY,
        or the key of a role, which is added to the roles there are."""
        ...

    async def clear_permit(self, viewer: Viewer, server: str, subject: str) -> None:
        """Back to what holds everywhere."""
        ...

    async def decide(self, viewer: Viewer, applicant: str, allowed: bool) -> None:
        """Let somebody in who asked, or refuse them; owners only."""
        ...
