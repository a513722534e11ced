"""What `/account` shows of the past: what Venice booked by day and model, and which calls it refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.engine.account.book import History
from bot.engine.money.caps import dollars
from bot.venice import LimitBreach

_MOST_NAMES = 6
_MOST_BREACHES = 15
_KINDS = {
    "RPM": "calls a minute",
    "RPD": "calls a day",
    "TPM": "tokens a minute",
    "FAILED_REQUESTS": "failed calls",
    "UNSUPPORTED_FEATURE_REQUESTS": "calls for what a model cannot do",
}


def history(found: History, days: int) -> str:
    """By day, the newest first, the dearest of each day first."""
    title = f"**What Venice booked, by day and model** (last {days} days, UTC)"
    if not found.days:
        return f"{title}\n\nNothing."
    lines = [_day(day, found.days[day]) for day in sorted(found.days, reverse=True)]
    total = sum(sum(day.values()) for day in found.days.values())
    more = "" if found.whole else "\n\nThere is more than I read at once; ask for fewer days."
    return "\n".join([f"{title}: {dollars(total)}", "", *lines]) + more


def _day(day: str, booked: Mapping[str, int]) -> str:
    spent = Counter(booked)
    shown = [f"`{name}` {dollars(amount)}" for name, amount in spent.most_common(_MOST_NAMES)]
    rest = len(spent) - len(shown)
    more = f" and {rest} more" if rest > 0 else ""
    return f"- {day}: {dollars(spent.total())} ({', '.join(shown)}{more})"


def breaches(found: Sequence[LimitBreach]) -> str:
    """The calls that ran into a limit, the newest first."""
    title = "**Calls that ran into a limit of Venice**"
    if not found:
        return f"{title}\n\nNone that Venice remembers."
    newest = sorted(found, key=lambda one: one.timestamp, reverse=True)
    lines = [
        f"- {one.timestamp[:16].replace('T', ' ')} UTC: `{one.model_id}`, {_KINDS.get(one.kind, one.kind)}"
        for one in newest[:_MOST_BREACHES]
    ]
    rest = len(newest) - len(lines)
    return "\n".join([title, "", *lines, *([f"- and {rest} before that"] if rest > 0 else [])])
