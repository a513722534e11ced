"""Small remembered values."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from storage.database import Database
from storage.rows import Params, fetch, fetch_many, replacing, upsert
from storage.tables import marks

_GET = select(marks.c.value).where(marks.c.name == bindparam("mark"))
_BEGINNING = select(marks).where(marks.c.name.startswith(bindparam("beginning"), autoescape=False))
_PUT = replacing(marks, "name")
_CLAIM = upsert(marks).on_conflict_do_nothing().returning(marks.c.name)
_further = upsert(marks)
_ADVANCE = _further.on_conflict_do_update(
    index_elements=[marks.c.name],
    set_={"value": _further.excluded.value},
    where=marks.c.value < _further.excluded.value,
).returning(marks.c.name)


class SqlMarks:
    """bot.storing.Marks over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str:
        """The value, "" when never set."""
        params: Params = {"mark": name}
        rows = await self._database.read(lambda connection: fetch(connection, _GET, params))
        return next((row["value"] for row in rows), "")

    async def beginning(self, beginning: str) -> dict[str, str]:
        """See the port."""
        params: Params = {"beginning": beginning}
        rows = await self._database.read(lambda connection: fetch(connection, _BEGINNING, params))
        return {row["name"]: row["value"] for row in rows}

    async def put(self, name: str, value: str) -> None:
        """Set a value."""
        row: Params = {"name": name, "value": value}
        await self._database.write(lambda connection: fetch_many(connection, _PUT, [row]))

    async def claim(self, name: str, value: str) -> bool:
        """See the port."""
        row: Params = {"name": name, "value": value}
        return bool(await self._database.write(lambda connection: fetch_many(connection, _CLAIM, [row])))

    async def advance(self, name: str, value: str) -> bool:
        """See the port."""
        row: Params = {"name": name, "value": value}
        return bool(await self._database.write(lambda connection: fetch_many(connection, _ADVANCE, [row])))
