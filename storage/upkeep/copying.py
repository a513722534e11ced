"""Copies of a SQLite file that a house may be writing to, and whether a file is sound."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

from bot.errors import OperatorError

_BUSY_SECONDS = 30.0


async def copy_file(source: Path, target: Path) -> None:
    """Copy one moment of a database into a new private file without journal beside it; writers go on. Raises
    OperatorError."""
    await asyncio.to_thread(_copy, source, target)


async def check_file(path: Path) -> None:
    """Raises OperatorError where SQLite finds the file damaged."""
    await asyncio.to_thread(_check, path)


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            contextlib.closing(_open(source, "rw")) as old,
            contextlib.closing(_open(target, "rw")) as new,
        ):
            # All pages in one step: between steps every write of the house would start it anew.
            old.backup(new, pages=-1)
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise OperatorError(f"I cannot copy the database {source}: {error}.") from error


def _check(path: Path) -> None:
    try:
        with contextlib.closing(_open(path, "ro")) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.Error as error:
        said = [str(error)]
    if said != ["ok"]:
        raise OperatorError(f"{path.name} is damaged: {said[0]}.")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_BUSY_SECONDS)
