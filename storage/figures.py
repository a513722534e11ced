"""Counts over time, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.figures import (
    FIGURES_KEPT,
    FINE_SECONDS,
    HOUR,
    INCIDENTS_KEPT,
    Count,
    Figure,
    Incident,
    IncidentLine,
)
from storage.database import Database
from storage.rows import Params, changed, execute_many, fetch, fetch_many, micros, seconds, upsert
from storage.tables import incidents, pulse

_FOLDED_AT_ONCE = 5_000
"""Most buckets that one purge puts together to hours."""

_more = upsert(pulse)
_ADD = _more.on_conflict_do_update(
    index_elements=[pulse.c.bucket, pulse.c.server, pulse.c.measure],
    set_={"amount": pulse.c.amount + _more.excluded.amount},
).returning(pulse.c.bucket)
_KEEP = insert(incidents)
_OLD = delete(pulse).where(pulse.c.bucket < bindparam("before"))
_OLD_INCIDENTS = delete(incidents).where(incidents.c.at < bindparam("before"))
_key = tuple_(pulse.c.bucket, pulse.c.server, pulse.c.measure)
# Taking a row out is the claim: of two processes that fold, one adds it up.
_TAKE_FINE = (
    delete(pulse)
    .where(
        _key.in_(
            select(pulse.c.bucket, pulse.c.server, pulse.c.measure)
            .where(pulse.c.bucket < bindparam("before"), pulse.c.bucket % HOUR != 0)
            .order_by(pulse.c.bucket, pulse.c.server, pulse.c.measure)
            .limit(_FOLDED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
    .returning(*pulse.c)
)


class SqlFigures:
    """bot.figures.Figures over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, counts: Sequence[Count], incidents: Sequence[Incident]) -> None:
        """See the port."""
        sums: Counter[tuple[int, str, str]] = Counter()
        for one in counts:
            sums[one.bucket, one.server, one.measure] += one.amount

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _ADD, _rows(sums))
            await execute_many(connection, _KEEP, [_incident_row(one) for one in incidents])

        await self._database.write(work)

    async def steps(
        self, *, since: float, seconds: int, servers: Sequence[str] | None = None
    ) -> list[Figure]:
        """See the port."""
        step = ((pulse.c.bucket - int(since)) // seconds).label("step")
        inner = select(step, pulse.c.measure, pulse.c.amount).where(pulse.c.bucket >= int(since))
        if servers is not None:
            inner = inner.where(pulse.c.server.in_(list(servers)))
        rows_of = inner.subquery()
        statement = (
            select(rows_of.c.step, rows_of.c.measure, func.sum(rows_of.c.amount).label("amount"))
            .group_by(rows_of.c.step, rows_of.c.measure)
            .order_by(rows_of.c.step, rows_of.c.measure)
        )
        rows = await self._database.read(lambda connection: fetch(connection, statement))
        return [Figure(int(row["step"]), row["measure"], int(row["amount"])) for row in rows]

    async def incidents(
        self, limit: int, *, servers: Sequence[str] | None = None, before: int = 0
    ) -> list[IncidentLine]:
        """See the port."""
        found = select(incidents).order_by(incidents.c.id.desc()).limit(limit)
        if servers is not None:
            found = found.where(incidents.c.server.in_(list(servers)))
        if before:
            found = found.where(incidents.c.id < before)
        rows = await self._database.read(lambda connection: fetch(connection, found))
        return [_line(row) for row in rows]

    async def purge(self, now: float) -> int:
        """See the port."""

        async def work(connection: AsyncConnection) -> int:
            gone = await changed(connection, _OLD, {"before": int(now - FIGURES_KEPT)})
            gone += await changed(connection, _OLD_INCIDENTS, {"before": micros(now - INCIDENTS_KEPT)})
            fine = await fetch(connection, _TAKE_FINE, {"before": int(now - FINE_SECONDS) // HOUR * HOUR})
            sums: Counter[tuple[int, str, str]] = Counter()
            for row in fine:
                sums[row["bucket"] // HOUR * HOUR, row["server"], row["measure"]] += row["amount"]
            await fetch_many(connection, _ADD, _rows(sums))
            return gone + len(fine)

        return await self._database.write(work)


def _rows(sums: Counter[tuple[int, str, str]]) -> list[Params]:
    """Sorted by key, as every process writes them: unsorted ones would wait for each other in a circle."""
    return [
        {"bucket": bucket, "server": server, "measure": measure, "amount": amount}
        for (bucket, server, measure), amount in sorted(sums.items())
    ]


def _incident_row(one: Incident) -> Params:
    return {
        "at": micros(one.at),
        "platform": one.platform,
        "server": one.server,
        "channel": one.channel,
        "kind": one.kind,
        "fault": one.fault,
        "request_id": one.request_id,
        "turn_id": one.turn_id,
    }


def _line(row: RowMapping) -> IncidentLine:
    texts = ("platform", "server", "channel", "kind", "fault", "request_id", "turn_id")
    return IncidentLine(row["id"], Incident(seconds(row["at"]), *(row[name] for name in texts)))
