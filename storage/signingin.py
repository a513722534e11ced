"""Links that sign in to the dashboard once."""

from __future__ import annotations

from sqlalchemy import RowMapping, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.signingin import SignIn
from storage.audit import note
from storage.database import Database
from storage.rows import Params, changed, fetch, micros, seconds
from storage.tables import sign_ins

_good = (sign_ins.c.digest == bindparam("wanted"), sign_ins.c.expires_at > bindparam("now"))
_ADD = insert(sign_ins)
_DROP = delete(sign_ins).where(sign_ins.c.person == bindparam("of_person"))
_GET = select(sign_ins).where(*_good)
# Taking the row out is the claim.
_CLAIM = delete(sign_ins).where(*_good).returning(*sign_ins.c)
_PURGE = delete(sign_ins).where(sign_ins.c.expires_at <= bindparam("now"))


class SqlSignIns:
    """bot.signingin.SignIns over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, link: SignIn) -> None:
        """See the port."""
        row: Params = {
            "digest": link.digest,
            "person": link.person,
            "server": link.server,
            "expires_at": micros(link.expires_at),
        }

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(_DROP, {"of_person": link.person})
            await connection.execute(_ADD, row)

        await self._database.write(work)

    async def get(self, digest: str, now: float) -> SignIn | None:
        """See the port."""
        params: Params = {"wanted": digest, "now": micros(now)}
        rows = await self._database.read(lambda connection: fetch(connection, _GET, params))
        return _link(rows[0]) if rows else None

    async def claim(self, digest: str, now: float, change: Change) -> SignIn | None:
        """See the port."""
        params: Params = {"wanted": digest, "now": micros(now)}

        async def work(connection: AsyncConnection) -> SignIn | None:
            rows = await fetch(connection, _CLAIM, params)
            await note(connection, change if rows else None)
            return _link(rows[0]) if rows else None

        return await self._database.write(work)

    async def purge(self, now: float) -> int:
        """See the port."""
        params: Params = {"now": micros(now)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))


def _link(row: RowMapping) -> SignIn:
    return SignIn(row["digest"], row["person"], row["server"], seconds(row["expires_at"]))
