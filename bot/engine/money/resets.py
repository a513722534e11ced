"""When a cap's period ends, in words of the reader's time zone."""

from __future__ import annotations

import re
from datetime import datetime

from bot.engine.settings.zones import zone_of

_LATER = re.compile(r"\{resets:(\d{1,12})\}")


def reset_words(end: float, now: float, zone: str = "") -> str:
    """A time and how long it is until then: "02:00 on 29 November (Europe/Berlin, in 3 h)". Unix seconds;
    `zone` is an IANA name, "" for UTC, which is said."""
    there = zone_of(zone)
    local = datetime.fromtimestamp(end, there)
    return f"{local:%H:%M} on {local.day} {local:%B} ({there}, in {span_words(end - now)})"


def later(end: int) -> str:
    """A stand-in for such words in a text that somebody reads later, wherever they are."""
    return f"{{resets:{end}}}"


def read_now(text: str, now: float, zone: str = "") -> str:
    """The text with its stand-ins as the reader's time zone has them; "" where one of them is over."""
    ends = [int(end) for end in _LATER.findall(text)]
    if any(end <= now for end in ends):
        return ""
    return _LATER.sub(lambda found: reset_words(int(found[1]), now, zone), text)


def span_words(seconds: float) -> str:
    """How long, in the unit people would use."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"
