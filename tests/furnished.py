"""Databases that have their tables already: making them takes longer than most tests."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import event

from storage.database import postgres_database, sqlite_database
from storage.location import PostgresServer, SqliteFile, locate, prepare
from storage.migrate import migrate
from storage.opening import opening

_made: list[bytes] = []
"""The file that the migrations make of an empty one, as soon as a test of this process has asked for it."""
_written: list[bytes] = []
"""What the migrations tell PostgreSQL, as one script, likewise."""


async def furnish(folder: Path) -> None:
    """Put a migrated, empty database where a store opens its own, unless there is one: opening it then finds
    nothing left to migrate. What else a first start does is left to it."""
    file = _file(folder)
    if file.path.exists():
        return
    if not _made:
        _made.append(await _migrated())
    prepare(file)
    file.path.write_bytes(_made[0])


async def furnish_schema(url: str) -> None:
    """The same for an empty PostgreSQL schema: what the migrations said to the first one, said at once."""
    if not _written:
        _written.append(await _recorded(url))
        return
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(_written[0])


async def _recorded(url: str) -> bytes:
    """Migrate, and return every change that was asked for."""
    server = locate(url, Path())
    assert isinstance(server, PostgresServer)
    database = postgres_database(server)
    statements: list[str] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            assert not parameters, f"a script has no parameters: {statement}"
            statements.append(statement)

    for engine in database.engines:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    await opening(database, server, migrate)
    await database.close()
    return ";\n".join(statements).encode()


async def _migrated() -> bytes:
    with TemporaryDirectory() as empty:
        file = _file(Path(empty))
        prepare(file)
        database = sqlite_database(file)
        await opening(database, file, migrate)
        await database.close()
        return file.path.read_bytes()


def _file(folder: Path) -> SqliteFile:
    file = locate("", folder)
    assert isinstance(file, SqliteFile)
    return file
