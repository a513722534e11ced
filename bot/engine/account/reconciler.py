"""Once a day, in one process: is what Venice billed what the ledger says? Owners are told where it is not.

A request of Venice's history is that of the ledger by its id, else by the day of its timestamp and by the
model its SKU begins with. Differences up to one per cent or one cent are rounding and calls over midnight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.engine.account.book import AccountBook
from bot.engine.money.caps import dollars
from bot.engine.oversight.chores import Ran, come_round
from bot.engine.settings.book import SettingsBook
from bot.engine.turns.directs import Directs
from bot.errors import VeniceError, VeniceFailure
from bot.ports import Clock
from bot.reconciling import BookedCall, ComparedLine, Outcome, Reconciliation
from bot.storing import Store
from bot.venice import UsageQuery, UsageRow
from bot.venice.pricing import MICRO

log: structlog.stdlib.BoundLogger = structlog.get_logger()

START_SECONDS = 120.0
LOOK_SECONDS = 3600.0
"""How often each process asks whether the day's look was taken."""
DAY_MARK = "reconciler.day"
FIRST_HOUR = 2
"""UTC; before it Venice's history may lack the end of yesterday."""
MARGIN = timedelta(hours=1)
"""A call may be settled on one side of midnight and billed on the other."""
TRIED_DAYS = 7
PAGE_ROWS = 1_000
SHARE, LEAST = 0.01, 10_000
"""A difference is told above this share of the greater sum and above so many micro-USD."""
LISTED_SHARE = 0.9
"""With fewer of our requests in Venice's history it is not complete yet."""
MOST_LINES = 12


class Reconciler:
    """Reads Venice's history and the ledger; changes neither."""

    def __init__(
        self, store: Store, account: AccountBook, settings: SettingsBook, directs: Directs, clock: Clock
    ) -> None:
        self._store = store
        self.account = account
        self._settings = settings
        self._directs = directs
        self._clock = clock

    async def watch(self, ran: Ran) -> None:
        """Look once a day, until cancelled; `ran` hears of every look."""
        await come_round("reconciler", self.look, ran, every=LOOK_SECONDS, first=START_SECONDS)

    async def look(self) -> list[Reconciliation]:
        """Take the day's look, unless some process has: at yesterday, and at the days that could not be read
        whole. Empty where that was done, is not wanted, or no key may read the history."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        if now.hour < FIRST_HOUR or self._settings.everywhere().flag("reconcile") is False:
            return []
        if not await self._store.marks.advance(DAY_MARK, f"{now:%Y-%m-%d}"):
            return []
        found: list[Reconciliation] = []
        for day in await self._days(now):
            one = await self._examine(day, last_try=now - day > timedelta(days=2))
            if one is None:
                return []
            await self._store.reconciliations.put(one)
            log.info(
                "reconciler.day", day=one.day, outcome=one.outcome.value, ours=one.ours, theirs=one.theirs
            )
            if one.outcome is not Outcome.AGREES:
                await self._directs.tell_owners(f"reconciled:{one.day}:{one.outcome.value}", told(one))
            found.append(one)
        return found

    async def _days(self, now: datetime) -> list[datetime]:
        yesterday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        earlier = [
            datetime.fromisoformat(one.day).replace(tzinfo=UTC)
            for one in await self._store.reconciliations.recent(TRIED_DAYS)
            if not one.outcome.final
        ]
        first = yesterday - timedelta(days=TRIED_DAYS)
        return [*sorted(day for day in earlier if first <= day < yesterday), yesterday]

    async def _examine(self, day: datetime, *, last_try: bool) -> Reconciliation | None:
        """One day, None where no key may read the history and none was meant to, and for days before the
        house was first used, when only others used the account."""
        start, end = day - MARGIN, day + timedelta(days=1) + MARGIN
        query = UsageQuery(start=start, end=end, page_size=PAGE_ROWS)
        ours = await self._store.reconciliations.booked(start.timestamp(), end.timestamp())
        if not ours and not await self._store.reconciliations.recent(1):
            return None
        try:
            with self.account.rights() as account:
                theirs = [row async for row in account.usage_rows(query)]
        except VeniceError as error:
            log.warning("reconciler.unread", day=f"{day:%Y-%m-%d}", reason=error.detail)
            if error.failure is VeniceFailure.FORBIDDEN and not self.account.has_admin:
                return None
            return Reconciliation(f"{day:%Y-%m-%d}", self._clock(), Outcome.UNREAD, (), error.reader_text)
        return compare(day, ours, theirs, at=self._clock(), last_try=last_try)


def compare(
    day: datetime, ours: Sequence[BookedCall], theirs: Sequence[UsageRow], *, at: float, last_try: bool
) -> Reconciliation:
    """A UTC day (its start) as both tell it; both are given with a margin around it. With `last_try` what is
    missing at Venice counts as a difference."""
    name = f"{day:%Y-%m-%d}"
    mine = [call for call in ours if _within(day, call.settled_at)]
    known = {request: call for call in ours for request in call.requests}
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    unknown: dict[str, int] = {}

    def add(key: tuple[str, str], our: int, their: int) -> None:
        before = sums.get(key, (0, 0))
        sums[key] = (before[0] + our, before[1] + their)

    for call in mine:
        add((call.model, call.medium), call.cost, 0)
    for row in theirs:
        call = known.get(row.request_id)
        if _within(day, call.settled_at if call is not None else _moment(row, day)):
            key = (call.model, call.medium) if call is not None else _guessed(row, mine)
            add(key, 0, _billed(row))
            if call is None:
                unknown[row.request_id] = unknown.get(row.request_id, 0) + _billed(row)
    lines = tuple(
        ComparedLine(*key, *both) for key, both in sorted(sums.items(), key=lambda item: -max(item[1]))
    )
    if not _differ(lines):
        return Reconciliation(name, at, Outcome.AGREES, lines)
    listed = {row.request_id for row in theirs}
    asked = [call for call in mine if call.requests and call.cost]
    missing = [call for call in asked if not listed.intersection(call.requests)]
    if not last_try and (len(missing) > (1 - LISTED_SHARE) * len(asked) or _explained(lines, missing)):
        said = (
            f"Venice's history lacks {len(missing)} of {len(asked)} requests so far; I look again tomorrow."
        )
        return Reconciliation(name, at, Outcome.PARTIAL, lines, said)
    return Reconciliation(name, at, Outcome.DIFFERS, lines, _reasons(missing, mine, unknown))


def _differ(lines: Sequence[ComparedLine]) -> bool:
    """By a model, or in all."""
    ours, theirs = sum(line.ours for line in lines), sum(line.theirs for line in lines)
    return _far(ours, theirs) or any(_far(line.ours, line.theirs) for line in lines)


def _explained(lines: Sequence[ComparedLine], missing: Sequence[BookedCall]) -> bool:
    """Whether both agree but for what is not listed yet."""
    late = Counter[tuple[str, str]]()
    for call in missing:
        late[call.model, call.medium] += call.cost
    rest = [replace(line, ours=line.ours - late[line.model, line.medium]) for line in lines]
    return bool(missing) and not _differ(rest)


def _reasons(missing: Sequence[BookedCall], mine: Sequence[BookedCall], unknown: Mapping[str, int]) -> str:
    """What may explain a difference, in sentences; "" for nothing."""
    said: list[str] = []
    strange = {request: cost for request, cost in unknown.items() if request}
    if strange:
        said.append(
            f"Venice lists {_requests(len(strange))} for {_usd(sum(strange.values()))} that my ledger does "
            "not name."
        )
    if missing:
        said.append(f"It does not list {len(missing)} of mine for {_usd(sum(one.cost for one in missing))}.")
    nameless = [call for call in mine if call.cost and not call.requests]
    if nameless:
        said.append(
            f"{len(nameless)} of mine for {_usd(sum(one.cost for one in nameless))} broke off without an id "
            "of Venice's; they are booked at their estimate."
        )
    return " ".join(said)


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def _billed(row: UsageRow) -> int:
    """What a row takes from the account, in micro-USD. A DIEM is a dollar; of other money only units and
    their price in USD are known."""
    if row.currency in ("", "USD", "DIEM"):
        return -row.amount
    worth = abs(int(row.units * row.unit_usd * MICRO))
    return (worth if row.amount <= 0 else -worth) if worth else -row.amount


def _within(day: datetime, at: float) -> bool:
    return day.timestamp() <= at < day.timestamp() + 86_400


def _moment(row: UsageRow, day: datetime) -> float:
    """When it was billed, UTC where no zone is said. What cannot be read was listed for this day."""
    try:
        at = datetime.fromisoformat(row.timestamp.replace("Z", "+00:00"))
    except ValueError:
        return day.timestamp()
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def _guessed(row: UsageRow, calls: Sequence[BookedCall]) -> tuple[str, str]:
    """Whose line a request is that the ledger does not name, as one that broke off: its model's, if any."""
    sku = _plain(row.sku)
    named = Counter((call.model, call.medium) for call in calls if sku.startswith(_plain(call.model)))
    best = max(named, key=lambda key: (len(key[0]), named[key]), default=None)
    return best or (row.sku, "")


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower())


def _far(ours: int, theirs: int) -> bool:
    gap = abs(ours - theirs)
    return gap > LEAST and gap > SHARE * max(abs(ours), abs(theirs))


def day_words(found: Reconciliation) -> str:
    """One line about a day."""
    if found.outcome is Outcome.UNREAD:
        return f"{found.day}: Venice's history could not be read. {found.said}"
    sums = f"Venice billed {_usd(found.theirs)}, my ledger says {_usd(found.ours)}"
    verdict = {Outcome.AGREES: "they agree", Outcome.DIFFERS: "**they differ**"}.get(
        found.outcome, found.said
    )
    return f"{found.day}: {sums}; {verdict}".rstrip(".") + "."


def details(found: Reconciliation) -> list[str]:
    """Its models, those that differ first."""
    ordered = sorted(found.lines, key=lambda line: not _far(line.ours, line.theirs))
    lines = [
        f"- `{line.model}`{f' ({line.medium})' if line.medium else ''}: Venice {_usd(line.theirs)}, "
        f"ledger {_usd(line.ours)}"
        for line in ordered
    ]
    more = [f"- and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *more]


def told(found: Reconciliation) -> str:
    """What owners read."""
    if found.outcome is not Outcome.DIFFERS:
        again = "" if found.outcome is Outcome.PARTIAL else " I try again tomorrow."
        return f"The bill of {day_words(found)}{again}"
    advice = (
        "The ledger stays as it is. What only Venice lists was not asked through me: look at who else uses "
        "the account, or stop this with `/settings reconcile off`."
    )
    reasons = [found.said, ""] if found.said else []
    return "\n".join([f"The bill of {day_words(found)}", "", *details(found), "", *reasons, advice])


def _usd(amount: int) -> str:
    return dollars(amount) if amount >= 0 else f"-{dollars(-amount)}"
