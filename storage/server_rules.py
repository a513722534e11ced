"""What servers' own admins decide: rules of the door, and who may use which command."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Delete, ReturningInsert

from bot.auditing import Change
from bot.serverrules import Permit, ServerRule
from storage.audit import note
from storage.database import Database
from storage.rows import Params, changed, fetch, fetch_many, from_json, micros, replacing, to_json
from storage.tables import CleanText, permits, server_rules

_RULES = select(server_rules).order_by(server_rules.c.server, server_rules.c.subject)
_PERMITS = select(permits).order_by(permits.c.server, permits.c.subject)
_PUT_RULE = replacing(server_rules, "server", "subject")
_PUT_PERMIT = replacing(permits, "server", "subject")
_server, _subject = bindparam("server_", type_=CleanText), bindparam("subject_", type_=CleanText)
_DROP_RULE = delete(server_rules).where(server_rules.c.server == _server, server_rules.c.subject == _subject)
_DROP_PERMIT = delete(permits).where(permits.c.server == _server, permits.c.subject == _subject)


class SqlServerRules:
    """bot.serverrules.ServerRules over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rules(self) -> list[ServerRule]:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _RULES))
        return [ServerRule(row["server"], row["subject"], row["allowed"]) for row in rows]

    async def put_rule(self, rule: ServerRule, by: str, at: float, change: Change | None = None) -> None:
        """See the port."""
        row: Params = {"server": rule.server, "subject": rule.subject, "allowed": rule.allowed}
        await self._put(_PUT_RULE, {**row, "set_by": by, "set_at": micros(at)}, change)

    async def remove_rule(self, server: str, subject: str, change: Change | None = None) -> bool:
        """See the port."""
        return await self._drop(_DROP_RULE, server, subject, change)

    async def permits(self) -> list[Permit]:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _PERMITS))
        return [Permit(row["server"], row["subject"], from_json(row["who"])) for row in rows]

    async def put_permit(self, permit: Permit, by: str, at: float, change: Change | None = None) -> None:
        """See the port."""
        row: Params = {"server": permit.server, "subject": permit.subject, "who": to_json(permit.who)}
        await self._put(_PUT_PERMIT, {**row, "set_by": by, "set_at": micros(at)}, change)

    async def remove_permit(self, server: str, subject: str, change: Change | None = None) -> bool:
        """See the port."""
        return await self._drop(_DROP_PERMIT, server, subject, change)

    async def _put(self, statement: ReturningInsert[tuple[str]], row: Params, change: Change | None) -> None:
        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, statement, [row])
            await note(connection, change)

        await self._database.write(work)

    async def _drop(self, statement: Delete, server: str, subject: str, change: Change | None) -> bool:
        params: Params = {"server_": server, "subject_": subject}

        async def work(connection: AsyncConnection) -> bool:
            removed = await changed(connection, statement, params) > 0
            await note(connection, change if removed else None)
            return removed

        return await self._database.write(work)
