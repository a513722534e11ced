"""Settings as set."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.records import SettingRow
from storage.audit import note
from storage.database import Database
from storage.rows import Params, changed, fetch, fetch_many, micros, replacing
from storage.tables import settings

_ALL = select(settings).order_by(settings.c.scope, settings.c.name)
_PUT = replacing(settings, "scope", "name")
_REMOVE = delete(settings).where(settings.c.scope == bindparam("s"), settings.c.name == bindparam("n"))


class SqlSettings:
    """bot.storing.SettingsStore over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SettingRow]:
        """Every setting, sorted by scope and name."""
        rows = await self._database.read(lambda connection: fetch(connection, _ALL))
        return [SettingRow(row["scope"], row["name"], row["value"]) for row in rows]

    async def put(self, row: SettingRow, by: str, at: float, change: Change | None = None) -> None:
        """See the port."""
        params: Params = {"scope": row.scope, "name": row.name, "value": row.value}
        params |= {"set_by": by, "set_at": micros(at)}

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _PUT, [params])
            await note(connection, change)

        await self._database.write(work)

    async def remove(self, scope: str, name: str, change: Change | None = None) -> bool:
        """Take a setting back; False when it was not set."""
        params: Params = {"s": scope, "n": name}

        async def work(connection: AsyncConnection) -> bool:
            removed = await changed(connection, _REMOVE, params) > 0
            await note(connection, change if removed else None)
            return removed

        return await self._database.write(work)
