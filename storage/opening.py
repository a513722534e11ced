"""First contact with a database, and what to tell the operator when it fails."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from bot.errors import GondolaError, OperatorError
from storage.database import Database, Work
from storage.location import PostgresServer, SqliteFile

# Looked for in the driver's text, which never leaves this module: it may name users and hosts.
_POSTGRES_HINTS = (
    ("password", "The PostgreSQL server refuses the user or password in DATABASE_URL."),
    ("authentication", "The PostgreSQL server refuses the user or password in DATABASE_URL."),
    ("lock timeout", "A Gondola is using the tables right now. Try again, or stop it first."),
    ("role", "The PostgreSQL server does not know the user in DATABASE_URL."),
    (
        "permission denied",
        "The user in DATABASE_URL may not create tables; make it own the database.",
    ),
    ("no schema", "The user in DATABASE_URL may not create tables; make it own the database."),
    (
        "does not exist",
        "The database in DATABASE_URL does not exist on that PostgreSQL server; create it first.",
    ),
)
_POSTGRES_UNREACHABLE = (
    "The PostgreSQL server in DATABASE_URL cannot be reached. Check that it runs, and the host and port."
)
_SQLITE_HINTS = (
    ("locked", "Another program keeps {path} locked. Close it and start again."),
    ("not a database", "{path} is not a SQLite database. Move it away, or restore a backup."),
    ("malformed", "{path} is damaged. Restore a backup."),
    ("full", "The disk under {path} is full. Make room and start again."),
    ("readonly", "Gondola may not write {path}. Give it that file, or name another GONDOLA_DATA_DIR."),
)
_SQLITE_UNUSABLE = (
    "SQLite cannot work with {path}. Use a local directory for GONDOLA_DATA_DIR, or PostgreSQL through "
    "DATABASE_URL."
)


async def opening(database: Database, place: SqliteFile | PostgresServer, work: Work[None]) -> None:
    """Run the first transaction. On failure the database is closed; raises OperatorError."""
    try:
        await database.write(work)
        await _check_wal(database, place)
    except BaseException as error:
        await database.close()
        if isinstance(error, GondolaError) and not isinstance(error, OperatorError):
            # `from None`: the driver's text may name the user and the host.
            raise explained(place, error) from None
        raise


async def _check_wal(database: Database, place: SqliteFile | PostgresServer) -> None:
    """File systems without shared memory leave SQLite in another mode, without an error."""
    if isinstance(place, PostgresServer):
        return
    async with database.engines[0].connect() as connection:
        mode = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
    if mode != "wal":
        raise OperatorError(_SQLITE_UNUSABLE.format(path=place.path), detail=f"journal mode {mode}")


def explained(place: SqliteFile | PostgresServer, error: GondolaError) -> OperatorError:
    """What to tell the operator about a failure of the database; raise it `from None`."""
    return OperatorError(_sentence(place, error), detail=error.detail)


def _sentence(place: SqliteFile | PostgresServer, error: GondolaError) -> str:
    cause = error.__cause__
    said = str(cause.orig).lower() if isinstance(cause, DBAPIError) else ""
    if isinstance(place, PostgresServer):
        return next((hint for word, hint in _POSTGRES_HINTS if word in said), _POSTGRES_UNREACHABLE)
    hint = next((hint for word, hint in _SQLITE_HINTS if word in said), _SQLITE_UNUSABLE)
    return hint.format(path=place.path)
