"""The audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import AuditEntry, Change, ChangeKind
from storage.database import Database
from storage.rows import Params, changed, fetch, micros, seconds
from storage.tables import audit

_ADD = insert(audit)
_PURGE = delete(audit).where(audit.c.at < bindparam("before"))


async def note(connection: AsyncConnection, change: Change | None) -> None:
    """Write a change in the transaction that makes it; None is nobody's business."""
    if change is None:
        return
    kept = change.clipped()
    row: Params = {
        "at": micros(kept.at),
        "by": kept.by,
        "kind": kept.kind.value,
        "scope": kept.scope,
        "server": kept.server,
        "subject": kept.subject,
        "old": kept.old,
        "new": kept.new,
    }
    await connection.execute(_ADD, row)


class SqlAudit:
    """bot.auditing.AuditLog over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, change: Change) -> None:
        """See the port."""
        await self._database.write(lambda connection: note(connection, change))

    async def entries(
        self, limit: int, *, servers: Sequence[str] | None = None, kind: str = "", before: int = 0
    ) -> list[AuditEntry]:
        """See the port."""
        found = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if servers is not None:
            found = found.where(audit.c.server.in_(list(servers)))
        if kind:
            found = found.where(audit.c.kind == kind)
        if before:
            found = found.where(audit.c.id < before)
        rows = await self._database.read(lambda connection: fetch(connection, found))
        return [_entry(row) for row in rows]

    async def purge(self, before: float) -> int:
        """See the port."""
        params: Params = {"before": micros(before)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        row["id"],
        Change(
            seconds(row["at"]),
            row["by"],
            ChangeKind(row["kind"]),
            row["scope"],
            row["server"],
            row["subject"],
            row["old"],
            row["new"],
        ),
    )
