"""SQLite databases that have their tables already: making them takes longer than most tests."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from storage.database import sqlite_database
from storage.location import SqliteFile, locate, prepare
from storage.migrate import migrate
from storage.opening import opening

_made: list[bytes] = []
"""The file that the migrations make of an empty one, as soon as a test of this process has asked for it."""


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
