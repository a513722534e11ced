"""Ways to a database for those who look after it: a snapshot to read, and the database alone to write."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import GondolaError, OperatorError
from storage.database import PRESENCE, Database, failure, postgres_database, sqlite_database
from storage.location import DirectoryLock, PostgresServer, SqliteFile, prepare
from storage.opening import explained

Place = SqliteFile | PostgresServer
_TAKE_ALONE = text(f"SELECT pg_try_advisory_xact_lock({PRESENCE}, hashtext(current_schema()))")


def describe(place: Place) -> str:
    """Where a database is, without user and password."""
    if isinstance(place, SqliteFile):
        return f"SQLite {place.path}"
    return f"PostgreSQL {place.url.host or 'localhost'}/{place.url.database or ''}"


def existing(place: Place) -> Place:
    """The same place; raises OperatorError where it is a file that does not exist."""
    if isinstance(place, SqliteFile) and not place.path.is_file():
        raise OperatorError(
            f"There is no database at {place.path} yet. Check GONDOLA_DATA_DIR; the first start makes one."
        )
    return place


@contextmanager
def explaining(place: Place) -> Generator[None]:
    """Failures of the database become OperatorErrors."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _explained(place, error) from None
    except GondolaError as error:
        if isinstance(error, OperatorError):
            raise
        raise explained(place, error) from None


def _explained(place: Place, error: SQLAlchemyError) -> OperatorError:
    ours = failure(error)
    ours.__cause__ = error
    return explained(place, ours)


@asynccontextmanager
async def snapshot(place: Place) -> AsyncGenerator[AsyncConnection]:
    """One moment of the database, to read; a house may go on working beside it. Raises OperatorError."""
    database = _opened(existing(place))
    try:
        with explaining(place):
            async with database.engines[-1].connect() as plain:
                connection = plain
                if isinstance(place, PostgresServer):
                    connection = await plain.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                yield connection
    finally:
        await database.close()


@asynccontextmanager
async def alone(place: Place) -> AsyncGenerator[Database]:
    """The database with nobody else on it; a file is made where there is none. On PostgreSQL each transaction
    must `take_alone` first. Raises OperatorError while a house runs on a SQLite file."""
    lock: DirectoryLock | None = None
    if isinstance(place, SqliteFile):
        prepare(place)
        lock = DirectoryLock(place)
    database = _opened(place)
    try:
        with explaining(place):
            yield database
    finally:
        await database.close()
        if lock is not None:
            lock.release()


async def take_alone(connection: AsyncConnection) -> None:
    """Keep houses off until this transaction ends. Raises OperatorError where one is at work."""
    if connection.dialect.name != "postgresql":
        return  # the lock on the directory does it
    if not (await connection.execute(_TAKE_ALONE)).scalar_one():
        raise OperatorError("A Gondola is running on this database. Stop it first.")


def _opened(place: Place) -> Database:
    if isinstance(place, PostgresServer):
        return postgres_database(place, present=False)
    return sqlite_database(place)
