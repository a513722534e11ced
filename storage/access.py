"""Owners, and who may come in."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.records import AccessRule, AccessState
from storage.audit import note
from storage.database import Database
from storage.moving import move_unique
from storage.rows import Params, changed, fetch, fetch_many, micros, replacing, upsert
from storage.tables import access_rules, owners

_OWNERS = select(owners)
_RULES = select(access_rules).order_by(access_rules.c.subject)
_ADD_OWNER = upsert(owners).on_conflict_do_nothing().returning(owners.c.person_key)
_PUT_RULE = replacing(access_rules, "subject")
_REMOVE_RULE = delete(access_rules).where(access_rules.c.subject == bindparam("subject_"))


class SqlAccess:
    """bot.storing.AccessStore over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> AccessState:
        """Everything, rules sorted by subject."""

        async def work(connection: AsyncConnection) -> AccessState:
            found = await fetch(connection, _OWNERS)
            rules = await fetch(connection, _RULES)
            return AccessState(
                frozenset(row["person_key"] for row in found),
                tuple(AccessRule(row["subject"], row["allowed"]) for row in rules),
            )

        return await self._database.read(work)

    async def add_owner(self, person_key: str, at: float, change: Change | None = None) -> None:
        """Make somebody an owner; nothing changes for one who is."""
        row: Params = {"person_key": person_key, "added_at": micros(at)}

        async def work(connection: AsyncConnection) -> None:
            new = await fetch_many(connection, _ADD_OWNER, [row])
            await note(connection, change if new else None)

        await self._database.write(work)

    async def rename_owner(self, old: str, new: str) -> None:
        """See the port."""
        await self._database.write(
            lambda connection: move_unique(
                connection, owners, "person_key", lambda key: new if key == old else key
            )
        )

    async def put_rule(self, rule: AccessRule, by: str, at: float, change: Change | None = None) -> None:
        """Allow or block; replaces an earlier rule on the subject."""
        row: Params = {"subject": rule.subject, "allowed": rule.allowed, "set_by": by, "set_at": micros(at)}

        async def work(connection: AsyncConnection) -> None:
            await fetch_many(connection, _PUT_RULE, [row])
            await note(connection, change)

        await self._database.write(work)

    async def remove_rule(self, subject: str, change: Change | None = None) -> bool:
        """Take a rule back; False when there was none."""
        params: Params = {"subject_": subject}

        async def work(connection: AsyncConnection) -> bool:
            removed = await changed(connection, _REMOVE_RULE, params) > 0
            await note(connection, change if removed else None)
            return removed

        return await self._database.write(work)
