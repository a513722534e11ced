"""Caps, reservations and the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.records import (
    Admission,
    Cap,
    CapPeriod,
    CapUnit,
    CounterState,
    Outdated,
    Refusal,
    Spent,
    Standing,
    TurnState,
    UsageRow,
)
from storage.audit import note
from storage.caps import caps_changed, caps_version, on_the_house, set_up_cap
from storage.credits import free_credits, hold_credits
from storage.database import Database
from storage.fitting import Fitted, drawn, fits_fresh, judge
from storage.lease import Lease
from storage.rows import Params, changed, fetch, fetch_many, ids, micros, upsert
from storage.settling import HeldLine, held_of, lines_to_json
from storage.tables import caps, counters, ledger, reservations, turns

_ADMIT_ATTEMPTS = 5
_BATCH_ATTEMPTS = 3

_HOLD = insert(reservations).returning(reservations.c.reservation_id)
_draw = upsert(counters)
# The condition guards existing rows only; fits_fresh guards the rows this would create.
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


class _OutdatedError(Exception):
    """Lines were drawn up from other caps than those of `version`; rolls the transaction back."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


class SqlMoney:
    """bot.storing.Money over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def admit(self, batch: Sequence[Admission]) -> list[Refusal | Outdated | None]:
        """See the port. When not all fit, those that do by the counters and credits as they stand are tried
        together; only if another process is quicker again and again, each is tried on its own."""
        try:
            return list(await self._admit_all(batch))
        except _OutdatedError as error:
            now = error.version
        good = [one for one in batch if one.caps in (None, now)]
        verdicts = iter(await self.admit(good) if good else ())
        return [next(verdicts) if one.caps in (None, now) else Outdated() for one in batch]

    async def _admit_all(self, batch: Sequence[Admission]) -> Sequence[Refusal | None]:
        if await self._reserve([Fitted(one) for one in batch]):
            return [None] * len(batch)
        for _ in range(_BATCH_ATTEMPTS):
            verdicts = await self._judged(batch)
            if await self._reserve([one for one in verdicts if isinstance(one, Fitted)]):
                return [one if isinstance(one, Refusal) else None for one in verdicts]
        return [await self._admit_one(one) for one in batch]

    async def _admit_one(self, one: Admission) -> Refusal | None:
        fitted = Fitted(one)
        for _ in range(_ADMIT_ATTEMPTS):
            if await self._reserve([fitted]):
                return None
            (verdict,) = await self._judged([one])
            if isinstance(verdict, Refusal):
                return verdict
            fitted = verdict
        # Room appeared and went each time we looked: the fullest line is the reason.
        used = await self._used([one])
        line = max(one.lines, key=lambda each: used.get(each.counter, 0) + each.amount - each.limit)
        return Refusal(line, used.get(line.counter, 0))

    async def _judged(self, batch: Sequence[Admission]) -> list[Fitted | Refusal]:
        await self._database.read(lambda connection: _check_caps(connection, batch))
        people = {one.person for one in batch if any(line.personal for line in one.lines)}
        used = await self._used(batch)
        free = (
            await self._database.read(lambda connection: free_credits(connection, people)) if people else {}
        )
        return judge(batch, used, free)

    async def _reserve(self, batch: Sequence[Fitted]) -> bool:
        """Reserve for all of them in one transaction, or for none."""
        if not batch:
            return True
        rows = drawn(line for one in batch for line in one.lines)
        if not all(fits_fresh(row) for row in rows):
            return False
        held = [self._row(one) for one in sorted(batch, key=lambda each: each.call.reservation_id)]
        wanted: Counter[str] = Counter()
        for one in batch:
            if one.credit:
                wanted[one.call.person] += one.credit

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _HOLD, held)
            # Whoever sets a cap waits for this transaction from here on, or this one has waited for them.
            await _check_caps(connection, [one.call for one in batch])
            if len(await fetch_many(connection, _DRAW, rows)) < len(rows):
                raise _DoesNotFitError
            if not await hold_credits(connection, wanted):
                raise _DoesNotFitError
            await changed(connection, _ADMITTED, {"ids": sorted({one.call.turn_id for one in batch})})

        try:
            await self._database.write(work)
        except _DoesNotFitError:
            return False
        return True

    def _row(self, fitted: Fitted) -> Params:
        one = fitted.call
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
            "lines": lines_to_json(HeldLine(line.counter, line.unit, line.amount) for line in fitted.lines),
            "key": one.key,
            "credit": fitted.credit,
            "reserved_at": micros(one.at),
            "instance": self._lease.instance,
            "lease_until": self._lease.until(),
        }

    async def _used(self, batch: Sequence[Admission]) -> dict[str, int]:
        states = await self.counters([line.counter for one in batch for line in one.lines])
        return {state.counter: state.used for state in states}

    async def caps_version(self) -> str:
        """See the port."""
        return await self._database.read(caps_version)

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
            if removed:
                await caps_changed(connection)
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


async def _check_caps(connection: AsyncConnection, batch: Sequence[Admission]) -> None:
    """Raise where a call was drawn up from other caps than there are."""
    if all(one.caps is None for one in batch):
        return
    version = await caps_version(connection)
    if any(one.caps not in (None, version) for one in batch):
        raise _OutdatedError(version)


def _within(since: float, person: str, channel: str, server: str) -> list[ColumnElement[bool]]:
    """Ledger lines admitted since a time, of whom and where is given."""
    given = ((ledger.c.person, person), (ledger.c.channel, channel), (ledger.c.server, server))
    return [ledger.c.reserved_at >= micros(since), *(column == value for column, value in given if value)]
