"""Where the database is: reading DATABASE_URL, and making sure that a data directory can carry SQLite."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import OperatorError

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FILE_NAME = "gondola.db"
_MOUNTS = Path("/proc/self/mounts")
# WAL needs memory shared between processes, and none of these keeps its promises about locks.
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"}
)


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A SQLite database in a file of this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL database. The URL holds a password: it goes into no message."""

    url: URL


def locate(url: str, data_dir: Path) -> SqliteFile | PostgresServer:
    """Read a DATABASE_URL; "" means a SQLite file in the data directory. Raises OperatorError, whose
    text never repeats the URL."""
    if not url.strip():
        return SqliteFile(data_dir / FILE_NAME)
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        # `from None`: the cause would print the URL with its password.
        raise OperatorError(
            "DATABASE_URL is not a database address. Write it as postgresql://user:password@host/database, "
            "or leave it out to keep everything in a file."
        ) from None
    kind = parsed.drivername.partition("+")[0]
    if kind in ("postgres", "postgresql"):
        return PostgresServer(parsed.set(drivername="postgresql+psycopg"))
    if kind == "sqlite":
        return _sqlite_file(parsed)
    raise OperatorError(
        "DATABASE_URL names a kind of database that Gondola does not know. "
        "Use postgresql:// or sqlite:///, or leave it out."
    )


def _sqlite_file(url: URL) -> SqliteFile:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise OperatorError(
            "DATABASE_URL names no file. Write sqlite:////full/path/gondola.db, or leave it out to use the "
            "data directory."
        )
    return SqliteFile(Path(url.database))


def network_type(path: Path, mounts: str) -> str:
    """The type of the network file system a path lies on, "" for a local one. `mounts` is the text of
    /proc/self/mounts."""
    best, found = -1, ""
    for line in mounts.splitlines():
        _, point, kind, *_ = (*line.split(" "), "", "", "")
        point = point.replace("\\040", " ")
        # Later lines lie over earlier ones, hence >=.
        if point and path.is_relative_to(point) and len(point) >= best:
            best, found = len(point), kind
    return found if found in _NETWORK else ""


def prepare(file: SqliteFile) -> None:
    """Make the directory and an empty private database file. Raises OperatorError."""
    folder = file.path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would create the file readable for all; WAL and index files copy its mode.
        os.close(os.open(file.path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise OperatorError(
            f"Gondola cannot write to {folder} ({error.strerror}). "
            "Give it that directory, or name another in GONDOLA_DATA_DIR."
        ) from error
    _refuse_network(folder)
    _keep_temporary_files_in(folder)


@cache
def _once_in_a_process(folder: Path) -> None:
    """SQLite's own name for it belongs to the whole process and must not change while somebody reads it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        if connection.execute("PRAGMA temp_store_directory").fetchone() in (None, ("",), (None,)):
            quoted = str(folder.absolute()).replace("'", "''")
            connection.execute(f"PRAGMA temp_store_directory = '{quoted}'")


def _keep_temporary_files_in(folder: Path) -> None:
    """SQLite writes the whole database to a file of its own when it cleans it, with words in it. Left alone
    it takes /var/tmp for that, which may be another disk, and shared."""
    try:
        _once_in_a_process(folder)
    except sqlite3.Error as error:
        log.warning("database.temporary_files_elsewhere", reason=type(error).__name__)


def _refuse_network(folder: Path) -> None:
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:  # no Linux: SQLite's own check of WAL has to do
        return
    kind = network_type(folder.resolve(), mounts)
    if kind:
        raise OperatorError(
            f"{folder} lies on a network file system ({kind}), where SQLite loses data. "
            "Use a local directory for GONDOLA_DATA_DIR, or PostgreSQL through DATABASE_URL."
        )


class DirectoryLock:
    """Keeps a second Gondola off one SQLite file. The system frees it when the process dies."""

    def __init__(self, file: SqliteFile) -> None:
        """Take the lock. Raises OperatorError when somebody else has it."""
        path = file.path.with_name(file.path.name + ".lock")
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise OperatorError(f"Gondola cannot write {path} ({error.strerror}).") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise OperatorError(
                f"Another Gondola is running on {file.path.parent}. "
                "Stop it first. (A second one that is to run beside it needs a GONDOLA_DATA_DIR of its own.)"
            ) from None
        except OSError as error:
            os.close(self._handle)
            raise OperatorError(
                f"{file.path.parent} does not support file locks ({error.strerror}). "
                "Use a local directory for GONDOLA_DATA_DIR, or PostgreSQL through DATABASE_URL."
            ) from error

    def release(self) -> None:
        """Let the next one in. Once more is harmless."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
