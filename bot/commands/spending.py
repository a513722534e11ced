"""/usage and /stats: what was spent and how much was asked, in words and as a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.commands.limits import cap_bars
from bot.commands.services import Services, text_option
from bot.declarations import Choice, Command, Option
from bot.engine.account.creditbook import standing
from bot.engine.money.caps import dollars
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.media.charts import Series, stacked_bars
from bot.messages import Media, MediaKind
from bot.records import Spent, UsageRow

HOUR, DAY = 3600, 86_400
MOST_MODELS = 5


@dataclass(frozen=True, slots=True)
class Span:
    """How far back to look, in so many bars of so many seconds each."""

    words: str
    bars: int
    seconds: int

    def begins(self, now: float) -> int:
        """When the first bar begins: the last one is the hour or UTC day that runs."""
        return int(now // self.seconds - self.bars + 1) * self.seconds

    def label(self, at: float) -> str:
        """What stands below a bar."""
        moment = datetime.fromtimestamp(at, UTC)
        return f"{moment:%H}" if self.seconds == HOUR else f"{moment.day} {moment:%b}"


SPANS = {
    "day": Span("the last 24 hours", 24, HOUR),
    "week": Span("the last 7 days", 7, DAY),
    "month": Span("the last 30 days", 30, DAY),
}
_WHOSE = (
    Choice("me", "my own"),
    Choice("channel", "this channel"),
    Choice("server", "this server"),
    Choice("bot", "the whole bot"),
)
_OPTIONS = (
    Option("of", "Whose; your own if left out.", choices=_WHOSE),
    Option(
        "period",
        "How far back; a week if left out.",
        choices=tuple(Choice(k, s.words) for k, s in SPANS.items()),
    ),
)
USAGE = Command("usage", "Show what was spent and what the caps leave.", _OPTIONS, private_reply=True)
STATS = Command("stats", "Show how much was asked, of what, and when.", _OPTIONS, private_reply=True)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls: how it reads, and what the ledger is filtered by."""

    words: str
    person: str = ""
    channel: str = ""
    server: str = ""


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def usage(turn: Turn) -> None:
        await _usage(services, turn)

    async def stats(turn: Turn) -> None:
        await _stats(services, turn)

    return [Bound(USAGE, usage), Bound(STATS, stats)]


def _asked(services: Services, turn: Turn) -> tuple[Scope, Span]:
    span = SPANS[text_option(turn, "period") or "week"]
    place = turn.incoming.place
    match text_option(turn, "of") or "me":
        case "channel":
            turn.require_moderator()
            return Scope("This channel", channel=services.caps.channel(place)), span
        case "server":
            if not place.server_key:
                raise UserError("There is no server here. Use this command in the server.")
            turn.require_admin()
            return Scope("This server", server=place.server_key), span
        case "bot":
            turn.require_owner()
            return Scope("The whole bot"), span
        case _:
            return Scope("You", person=turn.person), span


# --- usage ---


async def _usage(services: Services, turn: Turn) -> None:
    scope, span = _asked(services, turn)
    money = services.store.money
    since = span.begins(turn.now)
    rows = await money.usage(since=since, person=scope.person, channel=scope.channel, server=scope.server)
    sections = [_spent(scope, span, rows), await cap_bars(services, turn)]
    if scope.person:
        sections.append(standing(await services.store.credits.account(scope.person)))
    turn.say("\n\n".join(sections).strip())
    if rows:
        await _chart(services, turn, scope, span, "spent", lambda row: row.cost / 1_000_000, _axis_dollars)


def _spent(scope: Scope, span: Span, rows: Sequence[UsageRow]) -> str:
    title = f"**{scope.words}, {span.words}**"
    if not rows:
        return f"{title}: nothing yet."
    media: dict[str, int] = {}
    for row in rows:
        media[row.medium] = media.get(row.medium, 0) + row.calls
    calls = ", ".join(f"{count} × {medium}" for medium, count in media.items())
    lines = [f"- `{row.model}`: {dollars(row.cost)}" for row in rows[:MOST_MODELS]]
    more = rows[MOST_MODELS:]
    if more:
        lines.append(f"- {len(more)} more: {dollars(sum(row.cost for row in more))}")
    return "\n".join([f"{title}: {dollars(sum(row.cost for row in rows))} ({calls})", "", *lines])


def _axis_dollars(value: float) -> str:
    return f"${value:,.2f}" if value >= 0.1 or not value else f"${value:.4f}"


# --- stats ---


async def _stats(services: Services, turn: Turn) -> None:
    scope, span = _asked(services, turn)
    rows = await _counted(services, turn, scope, span)
    if not rows:
        turn.say(f"**{scope.words}, {span.words}**: nothing was asked.")
        return
    since = span.begins(turn.now)
    people = await services.store.money.people(since=since, channel=scope.channel, server=scope.server)
    turn.say(_asked_words(scope, span, rows, people))
    await _chart(services, turn, scope, span, "asked", lambda row: row.calls, lambda value: f"{value:g}")


def _asked_words(scope: Scope, span: Span, rows: Sequence[Spent], people: int) -> str:
    media: dict[str, int] = {}
    bars: dict[int, int] = {}
    for row in rows:
        media[row.medium] = media.get(row.medium, 0) + row.calls
        bars[row.bar] = bars.get(row.bar, 0) + row.calls
    lines = [f"- {count} × {medium}" for medium, count in sorted(media.items(), key=lambda one: -one[1])]
    busiest = max(bars, key=lambda bar: bars[bar])
    if not scope.person:
        lines.append(f"- {people} {'person' if people == 1 else 'people'} asked")
    what = "hour" if span.seconds == HOUR else "day"
    lines.append(f"- most in one {what}: {bars[busiest]}")
    return "\n".join([f"**{scope.words}, {span.words}**", "", *lines])


# --- the picture ---


async def _counted(services: Services, turn: Turn, scope: Scope, span: Span) -> list[Spent]:
    return await services.store.money.spending(
        since=span.begins(turn.now),
        seconds=span.seconds,
        person=scope.person,
        channel=scope.channel,
        server=scope.server,
    )


async def _chart(
    services: Services,
    turn: Turn,
    scope: Scope,
    span: Span,
    verb: str,
    value: Callable[[Spent], float],
    amount: Callable[[float], str],
) -> None:
    rows = await _counted(services, turn, scope, span)
    media = {row.medium: [0.0] * span.bars for row in rows}
    for row in rows:
        if row.bar < span.bars:
            media[row.medium][row.bar] += value(row)
    series = [Series(name, tuple(values)) for name, values in media.items()]
    begin = span.begins(turn.now)
    labels = [span.label(begin + bar * span.seconds) for bar in range(span.bars)]
    zone = "hours in UTC" if span.seconds == HOUR else "days in UTC"
    title = f"{scope.words}: {verb} in {span.words} ({zone})"
    png = await asyncio.to_thread(stacked_bars, title, labels, series, amount)
    turn.show([Media(MediaKind.IMAGE, png, "image/png", f"{verb}.png")])
