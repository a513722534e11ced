"""Restoring a backup: verified before anything is touched, and put in place in one step."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OperatorError
from bot.records import TurnState
from bot.safekeeping import Kept
from storage.database import sqlite_database
from storage.location import DirectoryLock, PostgresServer, SqliteFile, prepare
from storage.migrate import migrate
from storage.tables import turns
from storage.upkeep.access import Place, alone, explaining, snapshot
from storage.upkeep.archive import write_archive
from storage.upkeep.backup import check
from storage.upkeep.loading import load_archive
from storage.upkeep.package import ARCHIVE, Unpacked, unpack
from storage.upkeep.portable import flush, settle, unwritable
from storage.upkeep.schema import names_at

# What was being answered when the backup was made was answered, or said to be lost, long ago.
_CLOSE_TURNS = (
    update(turns)
    .where(turns.c.state != TurnState.SETTLED.value)
    .values(state=TurnState.SETTLED.value, payload="", text="", refs="[]", lease_until=None)
)
_BESIDE = ("", "-wal", "-shm")


async def restore(
    place: Place, path: Path, *, secret: bytes, replace: bool, stamp: str
) -> tuple[Kept, bytes, str, Path | None]:
    """Put a backup in the place of the database. Without `replace` only where there is none. Returns what was
    restored, the key file's content (b"" for none), the print of the house's key then, and where the old
    SQLite file now lies. Raises OperatorError; then everything is as before."""
    folder = place.path.parent if isinstance(place, SqliteFile) else None
    if folder is not None:
        prepare_folder(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".gondola-restore-", dir=folder) as name:
            found = await asyncio.to_thread(unpack, path, Path(name), secret=secret)
            names_at(found.manifest.revision)  # refuses what a newer Gondola wrote
            await check(found, path)
            aside = await _put(place, found, Path(name), replace=replace, stamp=stamp)
    except OSError as error:
        raise unwritable(folder or path, error) from error
    manifest = found.manifest
    kept = Kept(path, manifest.made_at, manifest.revision, manifest.tables, found.sealed, bool(found.key))
    return kept, found.key, manifest.key_print, aside


def prepare_folder(folder: Path) -> None:
    """Make the data directory. Raises OperatorError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


async def _put(place: Place, found: Unpacked, folder: Path, *, replace: bool, stamp: str) -> Path | None:
    if isinstance(place, PostgresServer):
        archive = await _as_archive(found, folder)
        await _load(place, archive, replace=replace)
        return None
    if found.manifest.data == ARCHIVE:
        fresh = folder / "fresh.db"
        await _load(SqliteFile(fresh), found.data, replace=False)
    else:
        fresh = found.data
        await _made_current(fresh)
    return _swap(place, fresh, replace=replace, stamp=stamp)


async def _as_archive(found: Unpacked, folder: Path) -> Path:
    if found.manifest.data == ARCHIVE:
        return found.data
    archive = folder / ARCHIVE
    async with snapshot(SqliteFile(found.data)) as connection:
        await write_archive(connection, archive, found.manifest.made_at)
    return archive


async def _load(place: Place, archive: Path, *, replace: bool) -> None:
    async def work(connection: AsyncConnection) -> None:
        await load_archive(connection, archive, replace=replace)
        await connection.execute(_CLOSE_TURNS)

    async with alone(place) as database:
        await database.write(work)


async def _made_current(path: Path) -> None:
    async def work(connection: AsyncConnection) -> None:
        await migrate(connection)
        await connection.execute(_CLOSE_TURNS)

    database = sqlite_database(SqliteFile(path))
    try:
        with explaining(SqliteFile(path)):
            await database.write(work)
    finally:
        await database.close()  # the last connection writes the journal back into the file


def _swap(place: SqliteFile, fresh: Path, *, replace: bool, stamp: str) -> Path | None:
    """Raises OSError, OperatorError."""
    there = place.path.is_file() and place.path.stat().st_size > 0
    if there and not replace:
        raise OperatorError(
            f"There is a database at {place.path}. To put the backup in its place, add --force; the old one "
            "is then kept beside it."
        )
    prepare(place)
    lock = DirectoryLock(place)
    try:
        flush(fresh)
        aside = place.path.with_name(f"{place.path.name}.before-{stamp}")
        for suffix in _BESIDE:
            old = place.path.with_name(place.path.name + suffix)
            if there and old.exists():
                old.rename(aside.with_name(aside.name + suffix))
            else:
                old.unlink(missing_ok=True)
        settle(fresh, place.path)
    finally:
        lock.release()
    return aside if there else None
