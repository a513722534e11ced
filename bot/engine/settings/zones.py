"""Time zones by the names people know, and local times that exist."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import UserError

DEFAULT = "UTC"
_NEAR = 3
_NOT_PLACES = ("Etc/", "posix/", "right/", "SystemV/")


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A moment as people of a zone see it. `moved` says that the clock time asked for does not exist there,
    because clocks go forward over it, and the one after the gap is meant."""

    at: float
    local: datetime
    moved: bool = False


@cache
def zone_names() -> tuple[str, ...]:
    """Every IANA name, sorted."""
    return tuple(sorted(name for name in available_timezones() if name != "localtime"))


@cache
def _by_folded() -> dict[str, str]:
    """Names by what people may type: the whole name, or the city alone where that is one zone."""
    found: dict[str, str] = {}
    for name in zone_names():
        if not name.startswith(_NOT_PLACES):
            found.setdefault(_folded(name.rpartition("/")[2]), name)
    return found | {_folded(name): name for name in zone_names()}


def find_zone(name: str) -> str:
    """The IANA name meant by what somebody typed, in any case, also a city alone. A UserError with near names
    for anything else."""
    folded = _folded(name)
    known = _by_folded()
    if folded in known:
        return known[folded]
    near = [known[hit] for hit in difflib.get_close_matches(folded[:60], list(known), _NEAR, 0.6)]
    hint = f"Did you mean {' or '.join(f'`{one}`' for one in dict.fromkeys(near))}?" if near else ""
    raise UserError(f"I know no such time zone. {hint or 'They are named like `Europe/Berlin`.'}")


def zone_of(name: str) -> ZoneInfo:
    """The zone of a stored name; UTC where the name is no longer one."""
    return ZoneInfo(name if name in zone_names() else DEFAULT)


def at_local(naive: datetime, zone: ZoneInfo, now: float) -> LocalTime:
    """The moment of a clock time (without zone) there. Where clocks go back over it, it is the first of the
    two that is still to come; where they go forward over it, the time is moved by as much."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    at = first.timestamp()
    if at <= now < second.timestamp():
        at = second.timestamp()
    local = datetime.fromtimestamp(at, zone)
    return LocalTime(at, local, moved=local.replace(tzinfo=None, fold=0) != naive.replace(fold=0))


def local_now(now: float, zone: ZoneInfo) -> datetime:
    """What the clocks there show."""
    return datetime.fromtimestamp(now, UTC).astimezone(zone)


def spelled(local: datetime) -> str:
    """A local time in words, with its zone."""
    zone = str(local.tzinfo)
    name = zone if zone == DEFAULT else f"{zone}, UTC{local.isoformat()[-6:]}"
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({name})"


def _folded(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")
