"""The end of reservations: counters corrected by real minus reserved, one ledger line each.

Every transaction takes its locks in the order orders, reservations, counters, credit accounts, turns, each
sorted by key; so no two of them wait for each other in a circle.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.crediting import CreditKind, Movement
from bot.records import PERSON_PREFIX, CapUnit, Settlement
from storage.credits import Spending, book_spending
from storage.rows import Params, fetch, fetch_many, ids, micros, upsert
from storage.tables import counters, ledger, orders, reservations


@dataclass(frozen=True, slots=True)
class HeldLine:
    """What a reservation holds of one counter."""

    counter: str
    unit: CapUnit
    amount: int


def lines_to_json(lines: Iterable[HeldLine]) -> str:
    """Held lines as stored with their reservation."""
    return json.dumps([[line.counter, line.unit.value, line.amount] for line in lines])


def lines_from_json(stored: str) -> list[HeldLine]:
    """Held lines from what is stored."""
    found: list[tuple[str, str, int]] = json.loads(stored)
    return [HeldLine(counter, CapUnit(unit), amount) for counter, unit, amount in found]


_key = reservations.c.reservation_id
# Taking a row out is the claim: whoever deletes a reservation settles it, everybody else finds nothing.
_TAKE = (
    delete(reservations)
    .where(_key.in_(select(_key).where(_key.in_(ids)).order_by(_key).with_for_update()))
    .returning(*reservations.c)
)
# What an order holds is settled with the order, by whoever takes it over.
_of_orders = select(orders.c.order_id).where(orders.c.lease_until.is_not(None))
_TAKE_EXPIRED = (
    delete(reservations)
    .where(
        _key.in_(
            select(_key)
            .where(
                reservations.c.lease_until < bindparam("before"), reservations.c.turn_id.not_in(_of_orders)
            )
            .order_by(_key)
            .with_for_update(skip_locked=True)
        ),
        reservations.c.lease_until < bindparam("before"),
    )
    .returning(*reservations.c)
)
_TAKE_OF_TURNS = (
    delete(reservations)
    .where(_key.in_(select(_key).where(reservations.c.turn_id.in_(ids)).order_by(_key).with_for_update()))
    .returning(*reservations.c)
)
_TAKE_OF_PERSONS = (
    delete(reservations)
    .where(
        _key.in_(
            select(_key)
            .where(
                reservations.c.person.in_(ids),
                reservations.c.reserved_at <= bindparam("until"),
                reservations.c.turn_id.not_in(_of_orders),
            )
            .order_by(_key)
            .with_for_update()
        )
    )
    .returning(*reservations.c)
)
_correction = upsert(counters)
_CORRECT = _correction.on_conflict_do_update(
    index_elements=[counters.c.counter], set_={"used": counters.c.used + _correction.excluded.used}
).returning(counters.c.counter)
_BOOK = insert(ledger).returning(ledger.c.reservation_id)


def held_of(rows: Iterable[RowMapping], counters: Collection[str]) -> Counter[str]:
    """What reservations hold of these counters."""
    wanted = frozenset(counters)
    held: Counter[str] = Counter()
    for row in rows:
        for line in lines_from_json(row["lines"]):
            if line.counter in wanted:
                held[line.counter] += line.amount
    return held


async def settle(connection: AsyncConnection, settlements: Sequence[Settlement]) -> None:
    """End reservations at their real price. Unknown and already settled ones are passed over."""
    wanted = {one.reservation_id: one for one in settlements}
    if wanted:
        await _book(connection, await fetch(connection, _TAKE, {"ids": sorted(wanted)}), wanted)


async def settle_turns(
    connection: AsyncConnection, turn_ids: Sequence[str], at: float, *, called: bool
) -> None:
    """End every reservation of these turns: at nothing, or where `called` at the estimate, flagged
    uncertain."""
    taken = await fetch(connection, _TAKE_OF_TURNS, {"ids": sorted(turn_ids)})
    await _book(connection, taken, {row["reservation_id"]: _unsettled(row, at, called) for row in taken})


def _unsettled(row: RowMapping, at: float, called: bool) -> Settlement:
    cost, count = (row["estimate"], row["calls"]) if called else (0, 0)
    return Settlement(row["reservation_id"], cost, count, uncertain=called, request_id="", at=at)


async def settle_expired(connection: AsyncConnection, before: float, at: float) -> int:
    """End reservations nobody keeps alive any more at their estimate, flagged uncertain; how many."""
    taken = await fetch(connection, _TAKE_EXPIRED, {"before": micros(before)})
    await _book(
        connection,
        taken,
        {
            row["reservation_id"]: Settlement(
                row["reservation_id"], row["estimate"], row["calls"], uncertain=True, request_id="", at=at
            )
            for row in taken
        },
    )
    return len(taken)


async def settle_reserved(connection: AsyncConnection, persons: Sequence[str], until: int, at: float) -> None:
    """End what people (keyed hashes) had reserved until then at the estimate, flagged uncertain: nobody will
    come back to it."""
    taken = await fetch(connection, _TAKE_OF_PERSONS, {"ids": sorted(persons), "until": until})
    await _book(connection, taken, {row["reservation_id"]: _unsettled(row, at, True) for row in taken})


async def _book(
    connection: AsyncConnection, taken: Sequence[RowMapping], wanted: Mapping[str, Settlement]
) -> None:
    corrections: Counter[str] = Counter()
    for row in taken:
        one = wanted[row["reservation_id"]]
        for line in lines_from_json(row["lines"]):
            corrections[line.counter] += _real(line, row, one) - line.amount
    rows = [_correction_row(*item) for item in sorted(corrections.items()) if item[1]]
    await fetch_many(connection, _CORRECT, rows)
    await book_spending(
        connection, [_spending(row, wanted[row["reservation_id"]]) for row in taken if row["credit"]]
    )
    await fetch_many(connection, _BOOK, [_ledger_row(row, wanted[row["reservation_id"]]) for row in taken])


def _real(line: HeldLine, row: RowMapping, one: Settlement) -> int:
    """What a counter counts of a call: of one that credits pay for, the person's own counters count only
    what the allowance pays."""
    if line.unit is CapUnit.COUNT:
        return one.count
    shared = row["credit"] and line.counter.startswith(PERSON_PREFIX)
    return one.cost - _by_credits(row, one) if shared else one.cost


def _by_credits(row: RowMapping, one: Settlement) -> int:
    """What credits pay: everything beyond the part that was reserved from the allowance."""
    return max(0, one.cost - (row["estimate"] - row["credit"])) if row["credit"] else 0


def _spending(row: RowMapping, one: Settlement) -> Spending:
    paid = _by_credits(row, one)
    key, turn = row["reservation_id"], row["turn_id"]
    return Movement(row["person"], CreditKind.SPENT, -paid, one.at, key, turn), row["credit"]


def _correction_row(counter: str, amount: int) -> Params:
    # Ceiling and end matter only should the counter be gone; then it is one of a period long past.
    return {"counter": counter, "used": amount, "ceiling": 0, "resets_at": 0}


def _ledger_row(row: RowMapping, one: Settlement) -> Params:
    kept = ("reservation_id", "turn_id", "person", "server", "channel", "medium", "model", "estimate", "key")
    return {
        **{name: row[name] for name in (*kept, "reserved_at")},
        "cost": one.cost,
        "credit": _by_credits(row, one),
        "calls": one.count,
        "uncertain": one.uncertain,
        "request_id": one.request_id,
        "settled_at": micros(one.at),
    }
