"""Sums over the whole house."""

from __future__ import annotations

from sqlalchemy import Integer, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.overseeing import Held
from bot.totals import Spent, Totals
from storage.rows import fetch
from storage.tables import ledger, reservations, turns

_TURNS = select(turns.c.state, func.count().label("number")).group_by(turns.c.state)
_SPENT = select(
    ledger.c.medium,
    func.sum(ledger.c.calls).label("calls"),
    func.sum(cast(ledger.c.uncertain, Integer)).label("uncertain"),
    func.sum(ledger.c.cost).label("cost"),
).group_by(ledger.c.medium)
_RESERVED = select(
    func.count().label("number"), func.coalesce(func.sum(reservations.c.estimate), 0).label("reserved")
)
_SIZE = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"),
    "postgresql": text(
        "SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS bigint) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema())"
    ),
}


async def totals(connection: AsyncConnection) -> Totals:
    """Everything, as this connection sees it."""
    (reserved,) = await fetch(connection, _RESERVED)
    size = await _size(connection)
    return Totals(
        turns={row["state"]: row["number"] for row in await fetch(connection, _TURNS)},
        spent={
            row["medium"]: Spent(int(row["calls"]), int(row["uncertain"]), int(row["cost"]))
            for row in await fetch(connection, _SPENT)
        },
        reservations=reserved["number"],
        reserved=int(reserved["reserved"]),
        size=size,
    )


async def held(connection: AsyncConnection) -> Held:
    """What takes no adding up of the ledger."""
    (reserved,) = await fetch(connection, _RESERVED)
    return Held(int(reserved["reserved"]), await _size(connection))


async def _size(connection: AsyncConnection) -> int:
    return int((await connection.execute(_SIZE[connection.dialect.name])).scalar_one())
