"""Caps in memory: which counters a call draws on, and the sentence when one is used up.

Periods are UTC. The default is $10 a day for the whole bot; nothing else is capped until set.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from bot.auditing import Change, ChangeKind
from bot.declarations import Medium
from bot.engine.money.resets import reset_words
from bot.errors import CapInfo, CapReached
from bot.messages import Place
from bot.records import (
    ALL_MEDIA,
    ENDLESS,
    PERSON_PREFIX,
    Cap,
    CapLine,
    CapPeriod,
    CapUnit,
    Refusal,
    counter_key,
    period_name,
)
from bot.storing import Money

WHOLE_BOT = "bot"
DEFAULT_CAP = Cap(WHOLE_BOT, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 10_000_000)
MOST_MEMBERS = 20_000
_NOUNS = {
    Medium.CHAT.value: "answers",
    Medium.IMAGE.value: "pictures",
    Medium.VOICE.value: "spoken answers",
    Medium.TRANSCRIPTION.value: "transcriptions",
    Medium.VIDEO.value: "videos",
    Medium.MUSIC.value: "pieces of music",
    Medium.SEARCH.value: "searches and pages",
    Medium.EMBEDDING.value: "memory searches",
    ALL_MEDIA: "calls",
}
_WHOSE = {"bot": "The bot's", "server": "This server's", "channel": "This channel's", "user": "Your"}
_EVERY = {CapPeriod.DAY: "daily", CapPeriod.WEEK: "weekly", CapPeriod.MONTH: "monthly"}


@dataclass(frozen=True, slots=True)
class Period:
    """A cap period: its name in counter keys, start and end in Unix seconds."""

    name: str
    start: int
    end: int


def period_at(period: CapPeriod, at: float) -> Period:
    """The period that contains a time."""
    day = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case CapPeriod.DAY:
            first, following = day, day + timedelta(days=1)
        case CapPeriod.WEEK:
            first = day - timedelta(days=day.weekday())
            following = first + timedelta(days=7)
        case CapPeriod.MONTH:
            first = day.replace(day=1)
            following = (first + timedelta(days=32)).replace(day=1)
    return Period(period_name(period, day), _unix(first), _unix(following))


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())


def nobody() -> frozenset[str]:
    """No owner is free of caps."""
    return frozenset()


class CapsBook:
    """All caps in memory; writes go through to storage first."""

    def __init__(
        self,
        money: Money,
        channel: Callable[[Place], str] = attrgetter("channel_key"),
        canonical: Callable[[str], str] = str,
        free: Callable[[], frozenset[str]] = nobody,
    ) -> None:
        """`channel` names a place's channel in the books, `canonical` the hash that a person goes by; `free`
        says who, by that hash, draws on the cap of the whole bot alone."""
        self._money = money
        self.channel = channel
        self.canonical = canonical
        self._free = free
        self._zones: OrderedDict[str, str] = OrderedDict()
        self._caps: dict[str, list[Cap]] = {}
        self.version = ""
        """Of the caps in memory (`Money.caps_version`)."""
        self._roles: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()

    def know_roles(self, place: Place, person: str, roles: tuple[str, ...]) -> None:
        """Remember the roles a person (keyed hash) has in a server, the highest first."""
        if not place.server_key or not (roles or self._roles):
            return
        self._roles[place.server_key, person] = roles
        self._roles.move_to_end((place.server_key, person))
        if len(self._roles) > MOST_MEMBERS:
            self._roles.popitem(last=False)

    def know_zone(self, person: str, zone: str) -> None:
        """Remember a person's time zone ("" for none), for what they read about caps."""
        if not zone:
            self._zones.pop(person, None)
            return
        self._zones[person] = zone
        self._zones.move_to_end(person)
        if len(self._zones) > MOST_MEMBERS:
            self._zones.popitem(last=False)

    def zone(self, person: str) -> str:
        """The time zone of a person, "" where none is known."""
        return self._zones.get(person, "")

    def is_free(self, person: str) -> bool:
        """Whether a person draws on the cap of the whole bot alone."""
        return person in self._free()

    async def load(self) -> None:
        """Read everything anew. Until then what was read before holds."""
        version, caps = await self._money.caps_version(), dict[str, list[Cap]]()
        for cap in await self._money.caps():
            caps.setdefault(cap.scope, []).append(cap)
        self._caps, self.version = caps, version

    def all(self) -> list[Cap]:
        """Every cap, widest scope first."""
        return [cap for _, caps in sorted(self._caps.items()) for cap in caps]

    async def put(self, cap: Cap, at: float, *, by: str = "", server: str = "") -> None:
        """Set a cap; what was spent earlier in the period counts. `by` is the keyed hash of who does it,
        `server` whose admins may know (`bot.auditing.Change`)."""
        old = self._limit(cap.scope, cap.medium, cap.unit, cap.period)
        change = _change(cap, old, _plain(cap.unit, cap.limit), at, by, server)
        period = period_at(cap.period, at)
        counters = (
            [] if cap.for_each else [counter_key(cap.scope, cap.medium, cap.unit, cap.period, period.name)]
        )
        exempt = frozenset[str]() if cap.scope == WHOLE_BOT else self._free()
        await self._money.set_cap(cap, counters, period.start, at, change, exempt)
        await self.load()

    async def clear(
        self,
        scope: str,
        medium: str,
        unit: CapUnit,
        period: CapPeriod,
        *,
        at: float,
        by: str = "",
        server: str = "",
    ) -> bool:
        """Remove a cap; False when there was none."""
        cap = Cap(scope, medium, unit, period, 0)
        change = _change(cap, self._limit(scope, medium, unit, period), "", at, by, server)
        removed = await self._money.clear_cap(scope, medium, unit.value, period.value, change)
        await self.load()
        return removed

    def _limit(self, scope: str, medium: str, unit: CapUnit, period: CapPeriod) -> str:
        """What is set there now, in words; "" for nothing."""
        wanted = (medium, unit, period)
        found = [
            cap.limit for cap in self._caps.get(scope, []) if (cap.medium, cap.unit, cap.period) == wanted
        ]
        return _plain(unit, found[0]) if found else ""

    def lines(
        self,
        place: Place,
        person: str,
        medium: str,
        *,
        cost: int,
        count: int,
        at: float,
        foreign: bool = False,
    ) -> tuple[CapLine, ...]:
        """The counters a call of this medium draws on. `person` is the keyed hash; `cost` micro-USD. What a
        `foreign` key pays is not the house's money, so the cap of the whole bot does not count it."""
        return tuple(
            _line(scope, cap, period_at(cap.period, at), amount)
            for scope, cap in self.applying(place, person)
            if cap.medium in (medium, ALL_MEDIA) and not (foreign and scope == WHOLE_BOT)
            for amount in [cost if cap.unit is CapUnit.MONEY else count]
            if amount > 0
        )

    def counting(
        self, lines: Iterable[CapLine], person: str, medium: str, *, cost: int, count: int, at: float
    ) -> tuple[CapLine, ...]:
        """The lines of a call, and such without a limit for what roles' caps count and no cap of the person
        does yet: who gets the role later in the period has then spent what they spent."""
        person = self.canonical(person)
        if self.is_free(person):
            return tuple(lines)
        found = {line.counter: line for line in lines}
        roles = (cap for scope, caps in self._caps.items() if scope.startswith("role:") for cap in caps)
        for cap in roles:
            amount = cost if cap.unit is CapUnit.MONEY else count
            if cap.medium in (medium, ALL_MEDIA) and amount > 0:
                endless = replace(cap, limit=ENDLESS)
                line = _line(f"{PERSON_PREFIX}{person}", endless, period_at(cap.period, at), amount)
                found.setdefault(line.counter, line)
        return tuple(found.values())

    def applying(self, place: Place, person: str) -> Iterator[tuple[str, Cap]]:
        """Caps that hold for a person in a place, with the scope whose counter they use."""
        person = self.canonical(person)
        if self.is_free(person):
            yield from ((WHOLE_BOT, cap) for cap in self._caps.get(WHOLE_BOT, []))
            return
        roles = self._roles.get((place.server_key, person), ())
        scopes = (
            (WHOLE_BOT,),
            (place.server_key, "server:*"),
            (self.channel(place), "channel:*"),
            (f"user:{person}", *(f"role:{role}" for role in roles), "user:*"),
        )
        for scope, *general in scopes:
            if scope:
                yield from ((scope, cap) for cap in self._first(scope, *general))

    def _first(self, *scopes: str) -> Iterator[Cap]:
        """The caps of several scopes; of the same medium, unit and period the first one holds."""
        named: set[tuple[str, CapUnit, CapPeriod]] = set()
        for scope in scopes:
            found = [
                cap for cap in self._caps.get(scope, []) if (cap.medium, cap.unit, cap.period) not in named
            ]
            named |= {(cap.medium, cap.unit, cap.period) for cap in found}
            yield from found


def _line(scope: str, cap: Cap, period: Period, amount: int) -> CapLine:
    return CapLine(
        counter=counter_key(scope, cap.medium, cap.unit, cap.period, period.name),
        scope=scope,
        medium=cap.medium,
        unit=cap.unit,
        period=cap.period,
        amount=amount,
        limit=cap.limit,
        resets_at=period.end,
    )


def _change(cap: Cap, old: str, new: str, at: float, by: str, server: str) -> Change:
    subject = f"{cap.medium} a {cap.period.value}"
    return Change(at, by, ChangeKind.CAP, cap.scope, server, subject, old, new)


def amount_words(unit: CapUnit, amount: int) -> str:
    """An amount in a cap's unit."""
    return dollars(amount) if unit is CapUnit.MONEY else str(amount)


def _plain(unit: CapUnit, limit: int) -> str:
    return dollars(limit) if unit is CapUnit.MONEY else f"{limit} calls"


def cap_words(line: CapLine) -> str:
    """Which cap it is, as the beginning of a sentence: "Your daily limit of $1.00"."""
    return f"{_WHOSE[line.scope.partition(':')[0]]} {_EVERY[line.period]} limit of {_amount(line)}"


def refusal(found: Refusal, at: float, zone: str = "") -> CapReached:
    """The sentence for a full cap: which one, how much, and when it resets, in the reader's time zone."""
    line = found.line
    text = (
        f"{cap_words(line)} would be passed, so I did not start. "
        f"It resets at {reset_words(line.resets_at, at, zone)}."
    )
    if found.credits:
        text += f" You have {dollars(found.credits)} of credits left, which is too little for the rest of it."
    info = CapInfo(
        line.scope,
        line.medium,
        line.period.value,
        line.unit.value,
        line.limit,
        found.used,
        line.resets_at,
        found.credits,
    )
    return CapReached(text, info)


def dollars(micro: int) -> str:
    """Micro-USD for people: cents normally, more digits below a cent."""
    amount = micro / 1_000_000
    if micro == 0 or amount >= 0.1:
        return f"${amount:.2f}"
    return f"${amount:.4f}".rstrip("0") if amount >= 0.00005 else "<$0.0001"


def _amount(line: CapLine) -> str:
    noun = _NOUNS.get(line.medium, line.medium)
    if line.unit is CapUnit.COUNT:
        return f"{line.limit} {noun}"
    return dollars(line.limit) if line.medium == ALL_MEDIA else f"{dollars(line.limit)} for {noun}"
