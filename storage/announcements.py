"""What people are to be told at the next occasion."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Announcement
from storage.database import Database
from storage.rows import Params, fetch, fetch_many, micros, replacing, seconds
from storage.tables import announcements

_PUT = replacing(announcements, "scope", "topic")
_SCOPES = select(announcements.c.scope).distinct()
_TAKE = (
    delete(announcements)
    .where(announcements.c.scope.in_(bindparam("scopes", expanding=True)))
    .returning(announcements)
)


class SqlAnnouncements:
    """bot.storing.Announcements over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, announcement: Announcement) -> None:
        """Keep one, in the place of an earlier one on its topic."""
        row: Params = {"scope": announcement.scope, "topic": announcement.topic, "text": announcement.text}
        row["at"] = micros(announcement.at)
        await self._database.write(lambda connection: fetch_many(connection, _PUT, [row]))

    async def scopes(self) -> set[str]:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _SCOPES))
        return {row["scope"] for row in rows}

    async def take(self, scopes: Sequence[str]) -> list[Announcement]:
        """See the port."""

        async def work(connection: AsyncConnection) -> list[Announcement]:
            rows = await fetch(connection, _TAKE, {"scopes": list(scopes)})
            found = [
                Announcement(row["scope"], row["topic"], row["text"], seconds(row["at"])) for row in rows
            ]
            return sorted(found, key=lambda one: (one.at, one.scope, one.topic))

        return await self._database.write(work) if scopes else []
