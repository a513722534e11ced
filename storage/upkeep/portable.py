"""Export and import: a whole database to a file, and from it into an empty one of either kind."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

from bot.errors import OperatorError
from bot.safekeeping import Kept
from storage.ciphering import ContentCipher
from storage.upkeep.access import Place, alone, snapshot
from storage.upkeep.archive import check_archive, write_archive
from storage.upkeep.loading import load_archive


async def export(place: Place, path: Path, made_at: str, cipher: ContentCipher | None = None) -> Kept:
    """Write one moment of the database into a new private file, read it back and compare. With a `cipher`
    words are decrypted. A house may be at work. Raises OperatorError."""
    try:
        part = begin(path)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        async with snapshot(place) as connection:
            kept = await write_archive(connection, part, made_at, cipher)
        found = await asyncio.to_thread(check_archive, part)
        if found != kept:
            raise OperatorError(f"{path} reads otherwise than it was written. Check the disk.")
        settle(part, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    return Kept(path, kept.made_at, kept.revision, kept.tables)


async def import_(place: Place, path: Path) -> Kept:
    """Fill an empty database from an export, and compare. Raises OperatorError; then nothing was brought."""
    async with alone(place) as database:
        return await database.write(lambda connection: load_archive(connection, path, replace=False))


def begin(path: Path) -> Path:
    """A new private file beside `path` to write into. Raises OSError, and OperatorError for a `path` that
    exists."""
    if path.exists():
        raise OperatorError(f"{path} exists already. Name a new file.")
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return part


def settle(part: Path, path: Path) -> None:
    """Give a finished file its name, so that it is whole or not there. Raises OSError."""
    flush(part)
    part.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Wait until a file or folder is on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> OperatorError:
    """What to say where a file cannot be written."""
    return OperatorError(
        f"I cannot write {path} ({error.strerror or error}). Name another place, or make room there.",
        detail=f"{type(error).__name__} {error.errno}",
    )
