"""What storage keeps, as plain records. No database row leaves storage/; these do.

Money is integer micro-USD. `person` in records is the keyed hash of a person, never the platform id, so
that erasing somebody neither resets a cap nor lifts a block. Times are Unix seconds (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class TurnState(StrEnum):
    """How far a turn has come (design section 6). COMPLETE has its whole text stored; DELIVERED has its last
    words handed to the platform, and only the closing is left."""

    RECEIVED = "received"
    ADMITTED = "admitted"
    CALLED = "called"
    ANSWERING = "answering"
    COMPLETE = "complete"
    DELIVERED = "delivered"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Intake:
    """A new event to journal. `payload` is the Incoming as JSON, "" when off the record."""

    turn_id: str
    event_id: str
    conversation: str
    person: str
    payload: str
    received_at: float


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A journalled turn. `refs` are the message ids of the answer, `text` its text so far."""

    turn_id: str
    event_id: str
    conversation: str
    person: str
    payload: str
    state: TurnState
    refs: tuple[str, ...]
    text: str
    received_at: float


@dataclass(frozen=True, slots=True)
class TurnMark:
    """Progress of a turn. None leaves a field as it is."""

    turn_id: str
    state: TurnState | None
    refs: tuple[str, ...] | None = None
    text: str | None = None


class CapUnit(StrEnum):
    """What a cap counts: money in micro-USD, or calls (pictures, voices, questions)."""

    MONEY = "money"
    COUNT = "count"


class CapPeriod(StrEnum):
    """UTC day, ISO week (from Monday, UTC), or UTC calendar month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_PERIOD_NAMES = {CapPeriod.DAY: "%Y-%m-%d", CapPeriod.WEEK: "%G-W%V", CapPeriod.MONTH: "%Y-%m"}

PERSON_PREFIX = "user:"
"""How scopes and counters of a person begin, whether the cap is theirs, their role's or everybody's."""

ENDLESS = 1 << 62
"""The limit of a line that only counts."""
ALL_MEDIA = "all"
"""`Cap.medium` of a cap over every medium."""


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap as set. `scope` is "bot", a server or channel key of `Place`, "user:<hash>" of one person,
    or "user:*", "server:*", "channel:*" for each person, server or channel without a cap of its own,
    or "role:platform:id" for each person with a role, in place of "user:*". `medium` is a Medium value or
    ALL_MEDIA. `limit` is micro-USD or a count. Not `by_owner` are those of who manages a place."""

    scope: str
    medium: str
    unit: CapUnit
    period: CapPeriod
    limit: int
    by_owner: bool = True

    @property
    def for_each(self) -> bool:
        """Whether it holds for each of many, with a counter of its own for every one of them."""
        return self.scope.endswith(":*") or self.scope.startswith("role:")


@dataclass(frozen=True, slots=True)
class CapLine:
    """One counter a call draws on. `counter` is the counter's key (scope, medium, unit and the start of
    the period); `amount` and `limit` in the cap's unit; `resets_at` is the end of the period."""

    counter: str
    scope: str
    medium: str
    unit: CapUnit
    period: CapPeriod
    amount: int
    limit: int
    resets_at: int

    @property
    def personal(self) -> bool:
        """Whether it is a person's own allowance in money, which credits reach beyond."""
        return self.unit is CapUnit.MONEY and self.scope.startswith(PERSON_PREFIX)


@dataclass(frozen=True, slots=True)
class Admission:
    """A reservation to make: all lines or nothing. `estimate` is the worst-case price in micro-USD; `key`
    names the Venice key that pays, "" for the house's (`bot.keys.ServerKey.name`); `caps` is the version of
    the caps that the lines were drawn up from, None where that does not matter."""

    reservation_id: str
    turn_id: str
    medium: str
    server: str
    channel: str
    person: str
    model: str
    estimate: int
    lines: tuple[CapLine, ...]
    at: float
    key: str = ""
    caps: str | None = None


@dataclass(frozen=True, slots=True)
class Outdated:
    """The caps have changed since the lines of an admission were drawn up. Nothing was reserved."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a reservation was not made: the first full line and how much of it is used. `credits` are what the
    person has free, where the cap is one that credits reach beyond (`bot.crediting`)."""

    line: CapLine
    used: int
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a reservation. `cost` is the real price in micro-USD, `count` the real number of calls
    (0 for a call that delivered nothing and cost nothing); `uncertain` marks a price taken from the
    list because Venice sent none."""

    reservation_id: str
    cost: int
    count: int
    uncertain: bool
    request_id: str
    at: float


class Role(StrEnum):
    """Who said a remembered message."""

    PERSON = "person"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One remembered message of a conversation. `speaker` is a person's key ("platform:id"), "" for the
    bot; `media_note` describes pictures and files in words; `message_ids` are platform ids. `id` is given by
    storage and grows within a conversation."""

    conversation: str
    role: Role
    text: str
    at: float
    speaker: str = ""
    speaker_name: str = ""
    turn_id: str = ""
    message_ids: tuple[str, ...] = ()
    media_note: str = ""
    chat: str = ""
    id: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """The newest items of a chat, oldest first. `chat` is "" for the first chat of a place."""

    chat: str
    items: tuple[HistoryItem, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of a place. `title` is the given one, else the first question, "" for neither;
    `current` marks the one that questions go to."""

    id: str
    title: str
    created_at: float
    used_at: float
    messages: int
    current: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a turn, written in one transaction: journal state, settlements, history. `revised` are
    answers that take the place of what the bot said in the turn they name; a forgotten one stays so.
    `replaces` names earlier turns whose history goes as this turn's comes; without history they stay."""

    turn_id: str
    state: TurnState
    refs: tuple[str, ...] = ()
    text: str = ""
    settlements: tuple[Settlement, ...] = ()
    history: tuple[HistoryItem, ...] = ()
    revised: tuple[HistoryItem, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting as set. `scope` is "bot" or a key of Place or Person."""

    scope: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AccessRule:
    """`subject` is a key of `Place` (server, category, channel, thread), "role:<platform>:<id>" or
    "person:<hash>"; `allowed` False means blocked."""

    subject: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class AccessState:
    """Everything the door needs to decide. `owners` are person keys ("platform:id")."""

    owners: frozenset[str]
    rules: tuple[AccessRule, ...]


@dataclass(frozen=True, slots=True)
class StoredButton:
    """A button that survives restarts. `payload` is JSON for the action; `person` is the keyed hash of
    the only one who may press it besides moderators, "" for anyone; `member` is that of the place whose
    conversation it belongs to."""

    id: str
    action: str
    payload: str
    person: str
    channel: str
    expires_at: float
    member: str = ""


@dataclass(frozen=True, slots=True)
class ReadMark:
    """How far a channel was read: the id of the last message, and when somebody who may come in last did
    something there. `space` is the server, "" for a direct chat; a thread is a channel of its own."""

    channel: str
    space: str
    message: str
    active_at: float


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Spending of one medium and model: `cost` in micro-USD, `calls` a count."""

    medium: str
    model: str
    cost: int
    calls: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What one medium cost in one bar of a chart (the first is 0), and how often it was asked for."""

    bar: int
    medium: str
    cost: int
    calls: int


@dataclass(frozen=True, slots=True)
class CounterState:
    """A cap's counter now: `used` includes what is reserved but not yet settled."""

    counter: str
    used: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A cap's counter now: `used`, of which `reserved` is not settled yet. In the cap's unit."""

    counter: str
    used: int
    reserved: int

    @property
    def settled(self) -> int:
        """What is paid, or was done."""
        return max(0, self.used - self.reserved)


def period_name(period: CapPeriod, moment: datetime) -> str:
    """The period that contains a UTC moment, as it stands in counter keys: 2026-11-28, 2026-W48, 2026-11."""
    return moment.strftime(_PERIOD_NAMES[period])


def period_start(period: CapPeriod, name: str) -> datetime:
    """When the period of a name begins, UTC."""
    form = _PERIOD_NAMES[period]
    if period is CapPeriod.WEEK:
        name, form = f"{name}-1", f"{form}-%u"
    return datetime.strptime(name, form).replace(tzinfo=UTC)


def counter_key(scope: str, medium: str, unit: CapUnit, period: CapPeriod, start: str) -> str:
    """Key of a cap's counter. `start` is the first UTC day of the period, "2026-11-24" or "2026-11"."""
    return f"{scope}|{medium}|{unit.value}|{period.value}|{start}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a chat's items up to and including the id `covers` said, in few words."""

    conversation: str
    text: str
    covers: int
    at: float
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The current chat of a conversation: a summary of older items, and the newer ones, oldest first."""

    summary: Summary | None
    items: tuple[HistoryItem, ...]
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that who manages a scope (a settings scope key) is to be told, in a sentence of ours. A later
    one on the same topic takes its place."""

    scope: str
    topic: str
    text: str
    at: float
