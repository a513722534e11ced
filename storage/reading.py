"""How far channels were read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import ReadMark
from storage.database import Database
from storage.rows import Params, changed, fetch, fetch_many, last_by, micros, replacing, seconds
from storage.tables import read_marks

_of_platform = read_marks.c.platform == bindparam("platform")
_KEEP = replacing(read_marks, "platform", "channel")
_NEWEST = (
    select(read_marks)
    .where(_of_platform)
    .order_by(read_marks.c.active_at.desc(), read_marks.c.channel)
    .limit(bindparam("most"))
)
_DROP = delete(read_marks).where(_of_platform, read_marks.c.channel.in_(bindparam("gone", expanding=True)))
_PURGE = delete(read_marks).where(read_marks.c.active_at < bindparam("before"))


class SqlReading:
    """bot.missed.Reading over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, platform: str, limit: int) -> list[ReadMark]:
        """See the port."""
        params: Params = {"platform": platform, "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _NEWEST, params))
        return [_mark(row) for row in rows]

    async def keep(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str] = ()) -> None:
        """See the port. One statement for all marks."""
        rows = last_by([_row(platform, mark) for mark in marks], "channel")

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _KEEP, rows)
            if gone:
                await changed(connection, _DROP, {"platform": platform, "gone": sorted(gone)})

        if rows or gone:
            await self._database.write(work)

    async def purge(self, before: float) -> int:
        """See the port."""
        params: Params = {"before": micros(before)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))


def _mark(row: RowMapping) -> ReadMark:
    return ReadMark(row["channel"], row["space"], row["message"], seconds(row["active_at"]))


def _row(platform: str, mark: ReadMark) -> Params:
    return {
        "platform": platform,
        "channel": mark.channel,
        "space": mark.space,
        "message": mark.message,
        "active_at": micros(mark.active_at),
    }
