"""Numbers, times and keys as people read them. Everything returned is plain text; templates escape it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from bot.dashboard import Span
from bot.declarations import Medium
from bot.records import Cap, CapUnit

MICRO = 1_000_000
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_CENT = 10_000
SPANS: Mapping[Span, str] = {
    Span.HOURS: "3 hours",
    Span.DAY: "24 hours",
    Span.WEEK: "7 days",
    Span.MONTH: "30 days",
    Span.QUARTER: "90 days",
}
_FOR_EACH = {
    "bot": "The whole house",
    "user:*": "Each person",
    "server:*": "Each server",
    "channel:*": "Each channel",
}


def money(micro: int) -> str:
    """Micro-USD as dollars; below a cent with as many digits as it has."""
    if 0 < abs(micro) < _CENT:
        return f"${Decimal(micro) / MICRO:f}".rstrip("0")
    return f"${Decimal(micro) / MICRO:,.2f}"


def when(at: float) -> str:
    """A time in UTC, to the minute."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def iso(at: float) -> str:
    """A time for machines."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def clock(at: float) -> str:
    """A time of day in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def away(seconds: float) -> str:
    """How far off something is, roughly: "3 min"."""
    seconds = abs(seconds)
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.0f} days"


def share(part: float | None) -> str:
    """0 to 1 as percent, "–" for nothing measured."""
    return "–" if part is None else f"{part * 100:.0f} %"


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def size(number: int) -> str:
    """Bytes, roughly."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number //= 1000
    return f"{number:.0f} GB"


def short(person: str) -> str:
    """The beginning of a keyed hash, enough to tell people apart."""
    return person.rpartition(":")[2][:8]


def amount(cap: Cap) -> str:
    """A cap's limit."""
    return of_cap(cap, cap.limit)


def of_cap(cap: Cap, value: int) -> str:
    """An amount in a cap's unit."""
    if cap.unit is CapUnit.MONEY:
        return money(value)
    return f"{value:,} call" if value == 1 else f"{value:,} calls"


def of_permit(subject: str) -> str:
    """What a permit is about."""
    kind, _, name = subject.partition(":")
    if kind == "command":
        return f"/{name}"
    return "talking to the bot" if name == Medium.CHAT.value else f"everything with {name}"


class Names:
    """Scopes as people call them. `titles` are those that are known, by scope."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    def __call__(self, scope: str) -> str:
        """ "#general", or what the key says where no title is known."""
        if title := self._titles.get(scope) or _FOR_EACH.get(scope):
            return title
        kind, _, rest = scope.partition(":")
        match kind:
            case "":
                return "Direct chats"
            case "user" | "person":
                return f"Person {short(rest)}"
            case "role":
                return f"Each member with role {rest}"
            case "server" | "channel" | "thread":
                platform, _, key = rest.partition(":")
                return f"{platform.capitalize()} {kind} {key[:24]}"
            case _:
                return scope
