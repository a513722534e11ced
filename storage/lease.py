"""Who works on a row, and until when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Table, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update

from bot.ports import Clock
from storage.rows import micros
from storage.tables import erasures, orders, reminders, reservations, turns

LONGEST_CALL = 3600.0
"""Seconds for which a process may keep a reservation alive. Those of orders live as long as their order."""


@dataclass(frozen=True, slots=True)
class Lease:
    """This process as owner of rows. `instance` is unique among running processes."""

    instance: str
    clock: Clock
    seconds: float

    def now(self) -> int:
        """The time as stored."""
        return micros(self.clock())

    def until(self) -> int:
        """When a lease taken now runs out, as stored."""
        return micros(self.clock() + self.seconds)


def _renewal(rows: Table, key: Column[str], *only: ColumnElement[bool]) -> Update:
    mine = select(key).where(rows.c.instance == bindparam("me"), rows.c.lease_until.is_not(None), *only)
    return (
        update(rows)
        .where(key.in_(mine.order_by(key).with_for_update()))
        .values(lease_until=bindparam("until"))
    )


_RENEW = (
    _renewal(orders, orders.c.order_id),
    # No call takes that long: what is older was forgotten by a bug, and the sweep ends it at the estimate.
    _renewal(reservations, reservations.c.reservation_id, reservations.c.reserved_at > bindparam("oldest")),
    _renewal(turns, turns.c.turn_id),
)
_RELEASE_ALL = tuple(
    update(table).where(table.c.lease_until.is_not(None)).values(instance="", lease_until=bindparam("until"))
    for table in (orders, reservations, turns, reminders, erasures)
)


async def renew(connection: AsyncConnection, lease: Lease) -> None:
    """Keep everything of this process its own."""
    oldest = lease.now() - micros(LONGEST_CALL)
    for statement in _RENEW:
        await connection.execute(statement, {"me": lease.instance, "until": lease.until(), "oldest": oldest})


async def release_all(connection: AsyncConnection, lease: Lease) -> None:
    """Let every lease run out now: right after a start that excludes that anybody else is running, their
    holders are dead, and people need not wait for a minute."""
    for statement in _RELEASE_ALL:
        await connection.execute(statement, {"until": lease.now() - 1})
