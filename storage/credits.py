"""Accounts of credits, and the book of everything that changed them.

Accounts are locked after counters, sorted by person, so that no two transactions wait for each other in a
circle. An account is never deleted, hence a conditional UPDATE is all it takes to draw on one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import BigInteger, RowMapping, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.crediting import CreditAccount, CreditKind, Movement
from storage.audit import note
from storage.database import Database
from storage.rows import Params, changed, fetch, fetch_many, ids, micros, seconds, upsert
from storage.tables import CleanText, credit_accounts, credit_movements

_person = bindparam("who", type_=CleanText)
_amount = bindparam("amount", type_=BigInteger)
_free = credit_accounts.c.balance - credit_accounts.c.held
_ACCOUNTS = select(credit_accounts).where(credit_accounts.c.person.in_(ids))
_HOLD = (
    update(credit_accounts)
    .where(credit_accounts.c.person == _person, _free >= _amount)
    .values(held=credit_accounts.c.held + _amount)
)
_BOOK = (
    update(credit_accounts)
    .where(credit_accounts.c.person == _person)
    .values(
        held=credit_accounts.c.held - bindparam("freed"),
        balance=credit_accounts.c.balance - bindparam("spent"),
    )
)
_OPEN = upsert(credit_accounts).on_conflict_do_nothing().returning(credit_accounts.c.person)
_ADD = (
    update(credit_accounts)
    .where(credit_accounts.c.person == _person, or_(_amount >= 0, _free + _amount >= 0))
    .values(balance=credit_accounts.c.balance + _amount)
)
_NOTE = upsert(credit_movements).on_conflict_do_nothing().returning(credit_movements.c.id)
_LAST = (
    select(credit_movements)
    .where(credit_movements.c.person == _person)
    .order_by(credit_movements.c.id.desc())
    .limit(bindparam("most"))
)
Spending: TypeAlias = tuple[Movement, int]
"""What a call drew (its amount is negative or nothing), and how much was held for it."""


class _TooLittleError(Exception):
    """Less is free than is wanted; rolls the transaction back."""


class _BookedError(Exception):
    """The reference was booked before; rolls the transaction back."""


async def free_credits(connection: AsyncConnection, people: Iterable[str]) -> dict[str, int]:
    """What each of these people who has an account may spend."""
    rows = await fetch(connection, _ACCOUNTS, {"ids": sorted(set(people))})
    return {row["person"]: _account(row).free for row in rows}


async def hold_credits(connection: AsyncConnection, wanted: Mapping[str, int]) -> bool:
    """Hold so much of each account; False when one has less than that, and then the caller rolls back."""
    for person, amount in sorted(wanted.items()):
        if not await changed(connection, _HOLD, {"who": person, "amount": amount}):
            return False
    return True


async def book_spending(connection: AsyncConnection, spending: Sequence[Spending]) -> None:
    """Free what was held and take what was spent."""
    freed: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for movement, held in spending:
        freed[movement.person] += held
        spent[movement.person] -= movement.amount
    for person in sorted(freed):
        await connection.execute(_BOOK, {"who": person, "freed": freed[person], "spent": spent[person]})
    await fetch_many(connection, _NOTE, [_row(movement) for movement, _ in spending if movement.amount])


class SqlCredits:
    """bot.crediting.Credits over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, person: str) -> CreditAccount:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _ACCOUNTS, {"ids": [person]}))
        return _account(rows[0]) if rows else CreditAccount()

    async def accounts(self, people: Sequence[str]) -> dict[str, CreditAccount]:
        """See the port."""
        rows = await self._database.read(
            lambda connection: fetch(connection, _ACCOUNTS, {"ids": sorted(set(people))})
        )
        return {row["person"]: _account(row) for row in rows}

    async def grant(self, movement: Movement, change: Change | None = None) -> bool:
        """See the port."""
        return await self._move([movement], change)

    async def give(self, gift: Movement, change: Change | None = None) -> bool:
        """See the port."""
        given = Movement(
            gift.person, CreditKind.GIVEN, -gift.amount, gift.at, gift.reference, gift.turn_id, gift.other
        )
        received = Movement(
            gift.other,
            CreditKind.RECEIVED,
            gift.amount,
            gift.at,
            gift.reference,
            gift.turn_id,
            gift.person,
            gift.note,
        )
        return await self._move([given, received], change)

    async def _move(self, movements: Sequence[Movement], change: Change | None) -> bool:
        ordered = sorted(movements, key=lambda movement: movement.person)

        async def work(connection: AsyncConnection) -> None:
            empty: list[Params] = [{"person": one.person, "balance": 0, "held": 0} for one in ordered]
            await fetch_many(connection, _OPEN, empty)
            for one in ordered:
                if not await changed(connection, _ADD, {"who": one.person, "amount": one.amount}):
                    raise _TooLittleError
            booked = await fetch_many(connection, _NOTE, [_row(one) for one in ordered])
            if len(booked) < len(ordered):
                raise _BookedError
            await note(connection, change)

        try:
            await self._database.write(work)
        except _BookedError:
            return True
        except _TooLittleError:
            return await self._booked(movements[0])
        return True

    async def _booked(self, movement: Movement) -> bool:
        """Whether it was done before: then too little is left because of it."""
        done = select(credit_movements.c.id).where(
            credit_movements.c.person == movement.person,
            credit_movements.c.kind == movement.kind.value,
            credit_movements.c.reference == movement.reference,
        )
        return bool(await self._database.read(lambda connection: fetch(connection, done)))

    async def movements(self, person: str, limit: int) -> list[Movement]:
        """See the port."""
        params: Params = {"who": person, "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _LAST, params))
        return [_movement(row) for row in rows]


def _account(row: RowMapping) -> CreditAccount:
    return CreditAccount(row["balance"], row["held"])


def _row(one: Movement) -> Params:
    return {
        "person": one.person,
        "kind": one.kind.value,
        "amount": one.amount,
        "at": micros(one.at),
        "reference": one.reference,
        "turn_id": one.turn_id,
        "other": one.other,
        "note": one.note,
    }


def _movement(row: RowMapping) -> Movement:
    return Movement(
        person=row["person"],
        kind=CreditKind(row["kind"]),
        amount=row["amount"],
        at=seconds(row["at"]),
        reference=row["reference"],
        turn_id=row["turn_id"],
        other=row["other"],
        note=row["note"],
    )
