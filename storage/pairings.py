"""Strangers who ask to be let in."""

from __future__ import annotations

from sqlalchemy import RowMapping, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pairing import Pairing, PairingState
from storage.database import Database
from storage.rows import Params, changed, fetch, fetch_many, micros, seconds, upsert
from storage.tables import CleanText, pairings

_person = pairings.c.person == bindparam("person_", type_=CleanText)
_lately = (_person, pairings.c.asked_at > bindparam("since"))
_open = (pairings.c.state == PairingState.OPEN.value, pairings.c.expires_at > bindparam("now"))
_same = (_person, pairings.c.subject == bindparam("subject_", type_=CleanText))

_ASKED = select(func.count()).where(*_lately)
_REFUSED = _ASKED.where(pairings.c.state == PairingState.REFUSED.value)
_WAITING = select(func.count()).where(
    *_open, or_(pairings.c.person != bindparam("person_", type_=CleanText), ~_same[1])
)
# Only one code of somebody is good at a time; the row stays, because it counts.
_END_OLD = (
    update(pairings)
    .where(*_same, pairings.c.state == PairingState.OPEN.value)
    .values(expires_at=0, sealed="", code="")
)
_ADD = upsert(pairings).on_conflict_do_nothing().returning(pairings.c.id)
_OPEN = select(pairings).where(*_open).order_by(pairings.c.asked_at, pairings.c.id)
_key = pairings.c.id == bindparam("pairing", type_=CleanText)
_FIND = select(pairings).where(_key, *_open)
_DECIDE = update(pairings).where(_key, *_open).values(state=bindparam("decided"), sealed="", code="")
_PURGE = delete(pairings).where(pairings.c.asked_at <= bindparam("before"))


class SqlPairings:
    """bot.pairing.Pairings over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, pairing: Pairing, *, most: int, each: int, since: float) -> bool:
        """See the port."""
        params: Params = {
            "person_": pairing.person,
            "subject_": pairing.subject,
            "since": micros(since),
            "now": micros(pairing.asked_at),
        }

        async def work(connection: AsyncConnection) -> bool:
            counts = [
                (await connection.execute(statement, params)).scalar_one()
                for statement in (_ASKED, _REFUSED, _WAITING)
            ]
            if counts[0] >= each or counts[1] or counts[2] >= most:
                return False
            await connection.execute(_END_OLD, params)
            return bool(await fetch_many(connection, _ADD, [_row(pairing)]))

        return await self._database.write(work)

    async def open(self, now: float) -> list[Pairing]:
        """See the port."""
        params: Params = {"now": micros(now)}
        rows = await self._database.read(lambda connection: fetch(connection, _OPEN, params))
        return [_pairing(row) for row in rows]

    async def decide(self, pairing_id: str, state: PairingState, now: float) -> Pairing | None:
        """See the port."""
        params: Params = {"pairing": pairing_id, "decided": state.value, "now": micros(now)}

        async def work(connection: AsyncConnection) -> Pairing | None:
            found = await fetch(connection, _FIND, params)
            # Conditional as well: on PostgreSQL somebody else may decide between the two statements.
            return _pairing(found[0]) if found and await changed(connection, _DECIDE, params) else None

        return await self._database.write(work)

    async def purge(self, before: float) -> int:
        """See the port."""
        params: Params = {"before": micros(before)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))


def _row(pairing: Pairing) -> Params:
    return {
        "id": pairing.id,
        "platform": pairing.platform,
        "person": pairing.person,
        "subject": pairing.subject,
        "code": pairing.code,
        "hint": pairing.hint,
        "sealed": pairing.sealed,
        "state": pairing.state.value,
        "asked_at": micros(pairing.asked_at),
        "expires_at": micros(pairing.expires_at),
    }


def _pairing(row: RowMapping) -> Pairing:
    return Pairing(
        id=row["id"],
        platform=row["platform"],
        person=row["person"],
        subject=row["subject"],
        code=row["code"],
        hint=row["hint"],
        sealed=row["sealed"],
        asked_at=seconds(row["asked_at"]),
        expires_at=seconds(row["expires_at"]),
        state=PairingState(row["state"]),
    )
