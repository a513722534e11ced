"""Connections and transactions. SQLite gets one writer connection and a few readers, PostgreSQL one pool."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import GondolaError
from storage import books
from storage.location import PostgresServer, SqliteFile

Result = TypeVar("Result")
Work: TypeAlias = Callable[[AsyncConnection], Awaitable[Result]]

_SQLITE_READERS = 4
_POSTGRES_CONNECTIONS = 10
_BUSY_MS = 10_000
_WRITE_ATTEMPTS = 5
_BACK_OFF = 0.02
"""Seconds; random, so that those who collided do not collide again."""
_RETRYABLE_STATES = frozenset({"40001", "40P01"})
"""PostgreSQL: serialisation failure and deadlock. Either way nothing was written."""


class Database:
    """Runs work in transactions. `work` may run more than once, so it must not keep state."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, *, one_writer: bool) -> None:
        self._writer = writer
        self._reader = reader
        books.watch(writer.sync_engine)
        self._turn: AbstractAsyncContextManager[object] = asyncio.Lock() if one_writer else nullcontext()
        self._running: set[asyncio.Task[object]] = set()
        self._closed = False

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """The engines in use; one or two."""
        return (self._writer,) if self._writer is self._reader else (self._writer, self._reader)

    async def read(self, work: Work[Result]) -> Result:
        """Run work that changes nothing. Raises GondolaError when the database fails."""
        # A cancelled statement would leave its connection unusable, so only the caller stops waiting.
        return await self._apart(self._read(work))

    async def _read(self, work: Work[Result]) -> Result:
        try:
            async with self._reader.connect() as connection:
                return await work(connection)
        except SQLAlchemyError as error:
            raise failure(error) from error

    async def write(self, work: Work[Result]) -> Result:
        """Run work in one transaction, all or nothing. A cancelled caller stops waiting; the transaction
        still ends whole. Raises GondolaError when the database fails; then nothing was written."""
        return await self._apart(self._write(work))

    async def _apart(self, work: Coroutine[None, None, Result]) -> Result:
        """Run to its end, whatever becomes of the caller."""
        if self._closed:
            work.close()
            raise GondolaError(detail="database: closed")
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _write(self, work: Work[Result]) -> Result:
        attempts = 0
        while True:
            try:
                async with self._turn, self._writer.begin() as connection:
                    books.forget(connection)
                    result = await work(connection)
                    await books.leave_marks(connection)
                    return result
            except SQLAlchemyError as error:
                attempts += 1
                if attempts >= _WRITE_ATTEMPTS or _state(error) not in _RETRYABLE_STATES:
                    raise failure(error) from error
            await asyncio.sleep(random.uniform(0, _BACK_OFF * attempts))

    async def clean(self) -> bool:
        """Have nothing of deleted rows left in the files: SQLite's is written anew without them, and what was
        logged before it is cut off. False when a reader kept the log from being cut. PostgreSQL's
        server reuses the room; its own write-ahead log is its operator's."""
        return await self._apart(self._cleaned())

    async def _cleaned(self) -> bool:
        try:
            if self._writer is self._reader:
                async with self._writer.connect() as connection:
                    plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await plain.exec_driver_sql("VACUUM")
                return True
            async with self._turn, self._writer.connect() as connection:
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection
                await driver.execute("VACUUM")
                cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy, *_ = await cursor.fetchone()
                return not busy
        except SQLAlchemyError as error:
            raise failure(error) from error
        except sqlite3.Error as error:
            raise GondolaError(detail=f"database: {type(error).__name__}", retryable=True) from error

    async def checkpoint(self) -> None:
        """SQLite: write the journal back into the file and empty it, so that what was deleted or overwritten
        is in neither. A reader at work may keep some of it; the next time takes that along."""
        if self._writer is not self._reader:
            await self._apart(self._checkpoint())

    async def _checkpoint(self) -> None:
        async with self._turn, self._writer.connect() as connection:
            # Beside SQLAlchemy's transactions: in one, SQLite refuses.
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Let running transactions end and close every connection. An open SQLite connection keeps a
        thread alive that would hang the exit of the process."""
        self._closed = True  # a late one would open a connection again that nobody closes
        while self._running:
            await asyncio.wait(tuple(self._running))
        for engine in self.engines:
            await engine.dispose()


def sqlite_database(file: SqliteFile) -> Database:
    """Engines over a SQLite file. Nothing is opened yet."""
    writer = _sqlite_engine(file.path, 1, "BEGIN IMMEDIATE", ("PRAGMA journal_mode = WAL",))
    reader = _sqlite_engine(file.path, _SQLITE_READERS, "BEGIN", ("PRAGMA query_only = ON",))
    return Database(writer, reader, one_writer=True)


def postgres_database(server: PostgresServer, *, present: bool = True) -> Database:
    """An engine over a PostgreSQL database. Nothing is opened yet. `present` lets every connection say that a
    house is at work here, which keeps a restore away."""
    timeout = {} if "connect_timeout" in server.url.query else {"connect_timeout": 10}
    engine = create_async_engine(
        server.url,
        pool_size=_POSTGRES_CONNECTIONS,
        max_overflow=0,
        pool_timeout=60,
        pool_pre_ping=True,  # a restarted server costs nobody an answer
        hide_parameters=True,  # error texts must not quote what people wrote
        connect_args=timeout,
    )
    if present:
        event.listen(engine.sync_engine, "connect", _say_present)
    return Database(engine, engine, one_writer=False)


PRESENCE = 0x676F6E64
"""First half of the advisory lock's key; the schema is the second, for a server may carry several houses."""
_SAY_PRESENT = f"SELECT pg_try_advisory_lock_shared({PRESENCE}, hashtext(current_schema()))"


def _say_present(connection: DBAPIConnection, _record: object) -> None:
    # Held as long as the connection lives. `try`, because who holds it alone needs the tables alone, too, and
    # those are what a start then waits for.
    cursor = connection.cursor()
    cursor.execute(_SAY_PRESENT)
    cursor.close()
    connection.commit()


def _sqlite_engine(path: Path, connections: int, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": _BUSY_MS / 1000},
    )
    settings = (
        *pragmas,
        "PRAGMA synchronous = NORMAL",
        "PRAGMA secure_delete = ON",
        f"PRAGMA busy_timeout = {_BUSY_MS}",
    )

    def connected(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in settings:
            cursor.execute(pragma)
        cursor.close()

    def begun(connection: Connection) -> None:
        # The driver would begin late and for reading; a write that begins as a read can fail half-way.
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
    return engine


def _state(error: SQLAlchemyError) -> str:
    original: Any = error.orig if isinstance(error, DBAPIError) else None
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")


def failure(error: SQLAlchemyError) -> GondolaError:
    """A database failure in our words. The detail names the kind of error only: the full text may quote
    what people wrote."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return GondolaError(
        detail=f"database: {type(original).__name__} {_state(error)}".rstrip(),
        retryable=isinstance(error, OperationalError | PoolTimeout),
    )
