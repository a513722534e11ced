"""What migrating would do, and doing it."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.safekeeping import Plan, Step
from storage.location import PostgresServer, SqliteFile
from storage.migrate import from_the_future, migrate, revision_of, scripts
from storage.upkeep.access import Place, alone, describe
from storage.upkeep.copying import copy_file

_SHORT_WAIT = text("SET LOCAL lock_timeout = '5s'")


class _TakeBack(Exception):
    """Ends a rehearsal: the transaction is rolled back."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


async def migrate_now(place: Place) -> Plan:
    """Bring the database to the newest schema; says what was done. Raises OperatorError, also while a house
    runs on the SQLite file."""

    async def work(connection: AsyncConnection) -> Plan:
        current, steps = await connection.run_sync(_pending)
        await migrate(connection)
        return Plan(describe(place), current, steps)

    async with alone(place) as database:
        return await database.write(work)


async def rehearse(place: Place) -> Plan:
    """What migrating would do, found by doing it: on a copy of a SQLite file, which a house may be using; on
    PostgreSQL in a transaction that is taken back. Raises OperatorError."""
    if isinstance(place, PostgresServer):
        return await _rehearsed(place, describe(place))
    with tempfile.TemporaryDirectory(prefix="gondola-rehearsal-", dir=_beside(place)) as folder:
        copy = Path(folder) / place.path.name
        if place.path.is_file():
            await copy_file(place.path, copy)
        return await _rehearsed(SqliteFile(copy), describe(place))


def _beside(place: SqliteFile) -> Path | None:
    """The same disk, where there is one yet."""
    return place.path.parent if place.path.parent.is_dir() else None


async def _rehearsed(place: Place, name: str) -> Plan:
    async def work(connection: AsyncConnection) -> Plan:
        if isinstance(place, PostgresServer):
            await connection.execute(_SHORT_WAIT)
        current, steps = await connection.run_sync(_pending)
        with _noting(connection) as statements:
            await migrate(connection)
        raise _TakeBack(Plan(name, current, steps, tuple(statements)))

    async with alone(place) as database:
        try:
            return await database.write(work)
        except _TakeBack as taken:
            return taken.plan


def _pending(connection: Connection) -> tuple[str, tuple[Step, ...]]:
    current = revision_of(connection)
    known = {script.revision: script for script in scripts().walk_revisions()}
    if current and current not in known:
        raise from_the_future(f"revision {current}")
    missing = scripts().iterate_revisions("head", current or "base")
    return current, tuple(Step(one.revision, one.doc) for one in reversed(list(missing)))


@contextmanager
def _noting(connection: AsyncConnection) -> Generator[list[str]]:
    """What is sent to the database meanwhile, without questions and bookkeeping."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        plain = " ".join(statement.split())
        asks = plain.upper().startswith(("SELECT", "PRAGMA"))
        if not asks and "alembic_version" not in plain:
            sent.append(plain)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection.sync_connection, "before_cursor_execute", note)
