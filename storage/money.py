"""Caps, reservations and the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.records import (
    Admission,
    Cap,
    CapLine,
    CapPeriod,
    CapUnit,
    CounterState,
    Refusal,
    Spent,
    Standing,
    TurnState,
    UsageRow,
)
from storage.audit import note
from storage.caps import on_the_house, set_up_cap
from storage.database import Database
from storage.lease import Lease
from storage.rows import Params, changed, fetch, fetch_many, ids, micros, upsert
from storage.settling import HeldLine, held_of, lines_to_json
from storage.tables import caps, counters, ledger, reservations, turns

_ADMIT_ATTEMPTS = 5

_HOLD = insert(reservations).returning(reservations.c.reservation_id)
_draw = upsert(counters)
# The condition guards existing rows only; _fresh_fits guards the rows this would create.
_DRAW = _draw.on_conflict_do_update(
    index_elements=[counters.c.counter],
    set_={
        "used": counters.c.used + _draw.excluded.used,
        "ceiling": _draw.excluded.ceiling,
        "resets_at": _draw.excluded.resets_at,
    },
    where=counters.c.used + _draw.excluded.used <= _draw.excluded.ceiling,
).returning(counters.c.counter)
_received = select(turns.c.turn_id).where(turns.c.turn_id.in_(ids), turns.c.state == TurnState.RECEIVED.value)
# Only forwards: a second call of a turn must not make it look as if nothing had been asked of Venice yet.
_ADMITTED = (
    update(turns)
    .where(turns.c.turn_id.in_(_received.order_by(turns.c.turn_id).with_for_update()))
    .values(state=TurnState.ADMITTED.value)
)
_COUNTERS = select(counters.c.counter, counters.c.used).where(counters.c.counter.in_(ids))
_HELD = select(reservations.c.lines)
_CAPS = select(caps).order_by(caps.c.scope, caps.c.medium, caps.c.unit, caps.c.period)
_CLEAR = delete(caps).where(
    caps.c.scope == bindparam("of_scope"),
    caps.c.medium == bindparam("of_medium"),
    caps.c.unit == bindparam("of_unit"),
    caps.c.period == bindparam("of_period"),
)


class _DoesNotFitError(Exception):
    """Some counter lacks room; rolls the transaction back."""


class SqlMoney:
    """bot.storing.Money over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def admit(self, batch: Sequence[Admission]) -> list[Refusal | None]:
        """See the port. When not all fit, those that do by the counters as they stand are tried together;
        only if another process was quicker each is tried on its own."""
        if await self._reserve(batch):
            return [None] * len(batch)
        verdicts = judge(batch, await self._used(batch))
        if await self._reserve([one for one, no in zip(batch, verdicts, strict=True) if no is None]):
            return verdicts
        return [await self._admit_one(one) for one in batch]

    async def _admit_one(self, one: Admission) -> Refusal | None:
        used: Mapping[str, int] = {}
        for _ in range(_ADMIT_ATTEMPTS):
            if await self._reserve([one]):
                return None
            used = await self._used([one])
            refused = judge([one], used)[0]
            if refused is not None:
                return refused
        # Room appeared and went each time we looked: the fullest line is the reason.
        line = max(one.lines, key=lambda each: used.get(each.counter, 0) + each.amount - each.limit)
        return Refusal(line, used.get(line.counter, 0))

    async def _reserve(self, batch: Sequence[Admission]) -> bool:
        """Reserve for all of them in one transaction, or for none."""
        if not batch:
            return True
        drawn = _drawn(line for one in batch for line in one.lines)
        if not all(_fresh_fits(row) for row in drawn):
            return False
        held = [self._row(one) for one in sorted(batch, key=lambda each: each.reservation_id)]

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _HOLD, held)
            if len(await fetch_many(connection, _DRAW, drawn)) < len(drawn):
                raise _DoesNotFitError
            await changed(connection, _ADMITTED, {"ids": sorted({one.turn_id for one in batch})})

        try:
            await self._database.write(work)
        except _DoesNotFitError:
            return False
        return True

    def _row(self, one: Admission) -> Params:
        return {
            "reservation_id": one.reservation_id,
            "turn_id": one.turn_id,
            "person": one.person,
            "server": one.server,
            "channel": one.channel,
            "medium": one.medium,
            "model": one.model,
            "estimate": one.estimate,
            "calls": max((line.amount for line in one.lines if line.unit is CapUnit.COUNT), default=1),
            "lines": lines_to_json(HeldLine(line.counter, line.unit, line.amount) for line in one.lines),
            "key": one.key,
            "reserved_at": micros(one.at),
            "instance": self._lease.instance,
            "lease_until": self._lease.until(),
        }

    async def _used(self, batch: Sequence[Admission]) -> dict[str, int]:
        states = await self.counters([line.counter for one in batch for line in one.lines])
        return {state.counter: state.used for state in states}

    async def caps(self) -> list[Cap]:
        """Every cap, sorted by scope, medium, unit and period."""
        rows = await self._database.read(lambda connection: fetch(connection, _CAPS))
        return [
            Cap(
                row["scope"],
                row["medium"],
                CapUnit(row["unit"]),
                CapPeriod(row["period"]),
                row["ceiling"],
                row["by_owner"],
            )
            for row in rows
        ]

    async def set_cap(
        self,
        cap: Cap,
        counters: Sequence[str],
        since: float,
        at: float,
        change: Change | None = None,
        exempt: Collection[str] = (),
    ) -> None:
        """See the port. `since` is the start of the cap's current period."""

        async def work(connection: AsyncConnection) -> None:
            await set_up_cap(connection, cap, counters, since, at, exempt)
            await note(connection, change)

        await self._database.write(work)

    async def clear_cap(
        self, scope: str, medium: str, unit: str, period: str, change: Change | None = None
    ) -> bool:
        """Lift a cap; False when there was none."""
        params: Params = {"of_scope": scope, "of_medium": medium, "of_unit": unit, "of_period": period}

        async def work(connection: AsyncConnection) -> bool:
            removed = await changed(connection, _CLEAR, params) > 0
            await note(connection, change if removed else None)
            return removed

        return await self._database.write(work)

    async def counters(self, keys: Sequence[str]) -> list[CounterState]:
        """Those of the counters that exist; a missing one is unused."""
        wanted = sorted(set(keys))
        if not wanted:
            return []
        rows = await self._database.read(lambda connection: fetch(connection, _COUNTERS, {"ids": wanted}))
        return [CounterState(row["counter"], row["used"]) for row in rows]

    async def standing(self, keys: Sequence[str]) -> list[Standing]:
        """See the port. What is reserved is read before and after, so that whatever ends or begins meanwhile
        counts as reserved."""
        wanted = sorted(set(keys))
        if not wanted:
            return []

        async def work(connection: AsyncConnection) -> list[Standing]:
            before = held_of(await fetch(connection, _HELD), wanted)
            rows = await fetch(connection, _COUNTERS, {"ids": wanted})
            after = held_of(await fetch(connection, _HELD), wanted)
            return [
                Standing(key, row["used"], max(before[key], after[key]))
                for row in rows
                for key in [row["counter"]]
            ]

        return await self._database.read(work)

    async def usage(
        self, *, since: float, person: str = "", channel: str = "", server: str = "", house: bool = False
    ) -> list[UsageRow]:
        """See the port. A call belongs to the time it was admitted at, as with the caps."""
        cost = func.sum(ledger.c.cost).label("cost")
        statement = (
            select(ledger.c.medium, ledger.c.model, cost, func.sum(ledger.c.calls).label("calls"))
            .where(*_within(since, person, channel, server), *([on_the_house(ledger)] if house else []))
            .group_by(ledger.c.medium, ledger.c.model)
            .order_by(cost.desc(), ledger.c.medium, ledger.c.model)
        )
        rows = await self._database.read(lambda connection: fetch(connection, statement))
        return [UsageRow(row["medium"], row["model"], int(row["cost"]), int(row["calls"])) for row in rows]

    async def spending(
        self, *, since: float, seconds: int, person: str = "", channel: str = "", server: str = ""
    ) -> list[Spent]:
        """See the port."""
        bar = ((ledger.c.reserved_at - micros(since)) // micros(seconds)).label("bar")
        inner = (
            select(bar, ledger.c.medium, ledger.c.cost, ledger.c.calls)
            .where(*_within(since, person, channel, server))
            .subquery()
        )
        statement = (
            select(
                inner.c.bar,
                inner.c.medium,
                func.sum(inner.c.cost).label("cost"),
                func.sum(inner.c.calls).label("calls"),
            )
            .group_by(inner.c.bar, inner.c.medium)
            .order_by(inner.c.bar, inner.c.medium)
        )
        rows = await self._database.read(lambda connection: fetch(connection, statement))
        return [Spent(int(row["bar"]), row["medium"], int(row["cost"]), int(row["calls"])) for row in rows]

    async def people(self, *, since: float, channel: str = "", server: str = "") -> int:
        """See the port."""
        counted = func.count(ledger.c.person.distinct()).label("people")
        statement = select(counted).where(*_within(since, "", channel, server))
        rows = await self._database.read(lambda connection: fetch(connection, statement))
        return int(rows[0]["people"])


def _within(since: float, person: str, channel: str, server: str) -> list[ColumnElement[bool]]:
    """Ledger lines admitted since a time, of whom and where is given."""
    given = ((ledger.c.person, person), (ledger.c.channel, channel), (ledger.c.server, server))
    return [ledger.c.reserved_at >= micros(since), *(column == value for column, value in given if value)]


def judge(batch: Iterable[Admission], used: Mapping[str, int]) -> list[Refusal | None]:
    """What becomes of each in order, given what is used and nobody else drawing on it."""
    now = Counter(used)
    verdicts: list[Refusal | None] = []
    for one in batch:
        after = now.copy()
        full: CapLine | None = None
        for line in one.lines:
            after[line.counter] += line.amount
            if after[line.counter] > line.limit:
                full = line
                break
        verdicts.append(Refusal(full, now[full.counter]) if full else None)
        now = now if full else after
    return verdicts


def _drawn(lines: Iterable[CapLine]) -> list[Params]:
    """One row a counter, sorted by key: amounts summed, the lower limit where they differ."""
    totals: dict[str, tuple[int, int, int]] = {}
    for line in lines:
        amount, limit, _ = totals.get(line.counter, (0, line.limit, 0))
        totals[line.counter] = (amount + line.amount, min(limit, line.limit), line.resets_at)
    return [
        {"counter": counter, "used": amount, "ceiling": limit, "resets_at": resets_at}
        for counter, (amount, limit, resets_at) in sorted(totals.items())
    ]


def _fresh_fits(row: Params) -> bool:
    used, ceiling = row["used"], row["ceiling"]
    return isinstance(used, int) and isinstance(ceiling, int) and used <= ceiling
