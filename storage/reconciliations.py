"""Days as Venice and the ledger tell them."""

from __future__ import annotations

import json
from dataclasses import astuple

from sqlalchemy import RowMapping, bindparam, select

from bot.reconciling import BookedCall, ComparedLine, Outcome, Reconciliation
from storage.caps import on_the_house
from storage.database import Database
from storage.rows import Params, fetch, fetch_many, micros, replacing, seconds
from storage.tables import ledger, reconciliations

_BOOKED = select(
    ledger.c.request_id, ledger.c.model, ledger.c.medium, ledger.c.cost, ledger.c.settled_at
).where(
    ledger.c.settled_at >= bindparam("since"), ledger.c.settled_at < bindparam("until"), on_the_house(ledger)
)
_PUT = replacing(reconciliations, "day")
_RECENT = select(reconciliations).order_by(reconciliations.c.day.desc()).limit(bindparam("most"))


class SqlReconciliations:
    """bot.reconciling.Reconciliations over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def booked(self, since: float, until: float) -> list[BookedCall]:
        """See the port."""
        params: Params = {"since": micros(since), "until": micros(until)}
        rows = await self._database.read(lambda connection: fetch(connection, _BOOKED, params))
        return [
            BookedCall(
                row["request_id"], row["model"], row["medium"], row["cost"], seconds(row["settled_at"])
            )
            for row in rows
        ]

    async def put(self, found: Reconciliation) -> None:
        """See the port."""
        row: Params = {
            "day": found.day,
            "at": micros(found.at),
            "outcome": found.outcome.value,
            "lines": json.dumps([astuple(line) for line in found.lines]),
            "said": found.said,
        }
        await self._database.write(lambda connection: fetch_many(connection, _PUT, [row]))

    async def recent(self, limit: int) -> list[Reconciliation]:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _RECENT, {"most": limit}))
        return [_found(row) for row in rows]


def _found(row: RowMapping) -> Reconciliation:
    stored: list[tuple[str, str, int, int]] = json.loads(row["lines"])
    lines = tuple(ComparedLine(*line) for line in stored)
    return Reconciliation(row["day"], seconds(row["at"]), Outcome(row["outcome"]), lines, row["said"])
