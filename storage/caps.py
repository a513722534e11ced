"""Setting a cap, so that what was spent earlier in its period counts."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, bindparam, func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import FromClause

from bot.keys import KeyOrigin
from bot.records import ALL_MEDIA, PERSON_PREFIX, Cap, CapUnit, counter_key, period_name
from storage.rows import (
    BOT_SCOPE,
    DAY,
    Params,
    execute_many,
    fetch,
    fetch_many,
    micros,
    replacing,
)
from storage.settling import HeldLine, lines_from_json, lines_to_json
from storage.tables import CleanText, caps, counters, ledger, marks, reservations

_PUT_CAP = replacing(caps, "scope", "medium", "unit", "period")
_PUT_COUNTER = replacing(counters, "counter")
_HOLD_LINES = (
    update(reservations)
    .where(reservations.c.reservation_id == bindparam("held", type_=CleanText))
    .values(lines=bindparam("new_lines", type_=CleanText))
)
# Every admission and settlement writes here first, so with this lock nothing is half-way while we add up.
# SQLite has one writer anyway.
_STANDSTILL = text("LOCK TABLE reservations IN SHARE ROW EXCLUSIVE MODE")


CAPS_MARK = "caps-version"
_PUT_VERSION = replacing(marks, "name")
_VERSION = select(marks.c.value).where(marks.c.name == CAPS_MARK)


async def caps_changed(connection: AsyncConnection) -> None:
    """Make lines that were drawn up from the caps as they were so far outdated."""
    await fetch_many(connection, _PUT_VERSION, [{"name": CAPS_MARK, "value": secrets.token_hex(8)}])


async def caps_version(connection: AsyncConnection) -> str:
    """Which caps these are; "" before there was one."""
    return next((row["value"] for row in await fetch(connection, _VERSION)), "")


async def set_up_cap(
    connection: AsyncConnection,
    cap: Cap,
    keys: Sequence[str],
    since: float,
    at: float,
    exempt: Collection[str] = (),
) -> None:
    """Store a cap and make its counters of the period that starts at `since` say what was used: settled
    plus reserved, but not by people `exempt`. Open reservations join the counters, so that settling them
    corrects these too."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_STANDSTILL)
    await caps_changed(connection)
    await fetch_many(connection, _PUT_CAP, [_cap_row(cap, at)])
    used = await settled(connection, cap, since, exempt)
    used.update(await _reserved(connection, cap, keys, since, exempt))
    if not cap.for_each:
        used[cap.scope] += 0  # a fixed scope has its counter even if nothing was spent
    rows: list[Params] = [
        {"counter": key, "used": amount, "ceiling": cap.limit, "resets_at": round(since) + 31 * DAY}
        for scope, amount in used.items()
        for key in _keys(cap, scope, keys, since)
    ]
    await fetch_many(connection, _PUT_COUNTER, sorted(rows, key=lambda row: str(row["counter"])))


def _cap_row(cap: Cap, at: float) -> Params:
    return {
        "scope": cap.scope,
        "medium": cap.medium,
        "unit": cap.unit.value,
        "period": cap.period.value,
        "ceiling": cap.limit,
        "set_at": micros(at),
        "by_owner": cap.by_owner,
    }


def _keys(cap: Cap, scope: str, given: Sequence[str], since: float) -> Sequence[str]:
    if given and not cap.for_each:
        return given
    name = period_name(cap.period, datetime.fromtimestamp(since, UTC))
    return [counter_key(scope, cap.medium, cap.unit, cap.period, name)]


def _of_person(cap: Cap) -> bool:
    """Whether it counts what single people spend, which leaves out what their credits paid."""
    return cap.scope.startswith((PERSON_PREFIX, "role:"))


def _scope(cap: Cap, table: FromClause) -> ColumnElement[str]:
    """The scope a row belongs to, of the cap's kind; "" for none."""
    if cap.scope == BOT_SCOPE:
        return literal(BOT_SCOPE)
    if _of_person(cap):
        return literal(PERSON_PREFIX) + table.c.person
    return table.c.server if cap.scope.startswith("server:") else table.c.channel


def on_the_house(table: FromClause) -> ColumnElement[bool]:
    """Which rows of ledger or reservations were paid with the house's money, not with a server's own key."""
    return table.c.key.not_like(f"{KeyOrigin.OWN.value}:%")


def _covered(cap: Cap, table: FromClause, since: float, exempt: Collection[str]) -> list[ColumnElement[bool]]:
    """Which rows of ledger or reservations the cap counts."""
    scope = _scope(cap, table)
    found = [table.c.reserved_at >= micros(since)]
    if exempt:
        found.append(table.c.person.not_in(sorted(exempt)))
    found.append(scope.not_in(["", PERSON_PREFIX]) if cap.for_each else scope == cap.scope)
    if cap.scope == BOT_SCOPE:
        found.append(on_the_house(table))
    return found if cap.medium == ALL_MEDIA else [*found, table.c.medium == cap.medium]


async def settled(
    connection: AsyncConnection, cap: Cap, since: float, exempt: Collection[str] = ()
) -> Counter[str]:
    """What was paid since then of what a cap counts, by scope."""
    paid = ledger.c.cost - ledger.c.credit if _of_person(cap) else ledger.c.cost
    amount = paid if cap.unit is CapUnit.MONEY else ledger.c.calls
    scope = _scope(cap, ledger).label("scope")
    inner = select(scope, amount.label("amount")).where(*_covered(cap, ledger, since, exempt)).subquery()
    statement = select(inner.c.scope, func.sum(inner.c.amount).label("amount")).group_by(inner.c.scope)
    rows = await fetch(connection, statement)
    return Counter({row["scope"]: int(row["amount"]) for row in rows})


async def _reserved(
    connection: AsyncConnection, cap: Cap, keys: Sequence[str], since: float, exempt: Collection[str]
) -> Counter[str]:
    """What is held by scope; writes the counters into the reservations."""
    scope = _scope(cap, reservations).label("scope")
    covered = _covered(cap, reservations, since, exempt)
    rows = await fetch(connection, select(scope, *reservations.c).where(*covered))
    totals: Counter[str] = Counter()
    joined: list[Params] = []
    for row in rows:
        price = row["estimate"] - row["credit"] if _of_person(cap) else row["estimate"]
        amount = price if cap.unit is CapUnit.MONEY else row["calls"]
        lines = lines_from_json(row["lines"])
        held = {line.counter: line.amount for line in lines}
        missing = [key for key in _keys(cap, row["scope"], keys, since) if key not in held]
        totals[row["scope"]] += amount
        lines.extend(HeldLine(key, cap.unit, amount) for key in missing)
        if missing:
            joined.append({"held": row["reservation_id"], "new_lines": lines_to_json(lines)})
    await execute_many(connection, _HOLD_LINES, joined)
    return totals
