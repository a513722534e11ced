"""Venice keys of servers. What is stored of a secret is sealed."""

from __future__ import annotations

from sqlalchemy import RowMapping, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.keys import KeyOrigin, ServerKey
from storage.audit import note
from storage.database import Database
from storage.rows import Params, changed, fetch, fetch_many, micros, replacing, seconds
from storage.tables import server_keys

_ALL = select(server_keys).order_by(server_keys.c.server)
_PUT = replacing(server_keys, "server")
_REMOVE = delete(server_keys).where(server_keys.c.server == bindparam("of_server"))


class SqlServerKeys:
    """bot.keys.ServerKeys over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[ServerKey]:
        """Every key, sorted by server."""
        rows = await self._database.read(lambda connection: fetch(connection, _ALL))
        return [_key(row) for row in rows]

    async def put(self, key: ServerKey, change: Change | None = None) -> None:
        """See the port."""

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _PUT, [_row(key)])
            await note(connection, change)

        await self._database.write(work)

    async def remove(self, server: str, change: Change | None = None) -> bool:
        """See the port."""
        params: Params = {"of_server": server}

        async def work(connection: AsyncConnection) -> bool:
            removed = await changed(connection, _REMOVE, params) > 0
            await note(connection, change if removed else None)
            return removed

        return await self._database.write(work)


def _key(row: RowMapping) -> ServerKey:
    return ServerKey(
        server=row["server"],
        id=row["id"],
        origin=KeyOrigin(row["origin"]),
        sealed=row["sealed"],
        last4=row["last4"],
        venice_id=row["venice_id"],
        limit_usd=row["limit_usd"],
        limit_diem=row["limit_diem"],
        period=row["period"],
        privacy=row["privacy"],
        set_by=row["set_by"],
        set_at=seconds(row["set_at"]),
    )


def _row(key: ServerKey) -> Params:
    return {
        "server": key.server,
        "id": key.id,
        "origin": key.origin.value,
        "sealed": key.sealed,
        "last4": key.last4,
        "venice_id": key.venice_id,
        "limit_usd": key.limit_usd,
        "limit_diem": key.limit_diem,
        "period": key.period,
        "privacy": key.privacy,
        "set_by": key.set_by,
        "set_at": micros(key.set_at),
    }
