"""A database of its own for a test, on either engine, with as many instances over it as wanted."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, Executable, RowMapping, event, make_url

from bot.records import (
    ALL_MEDIA,
    Admission,
    CapLine,
    CapPeriod,
    CapUnit,
    Intake,
    Recalled,
    Settlement,
    counter_key,
)
from storage import ContentCipher, SqlStore, open_store
from storage.ciphering import NO_CIPHER
from storage.lease import Lease
from tests.furnished import furnish, furnish_schema

NOON = 1_764_000_000.0
"""24 November 2025, in the afternoon (UTC): where every test's clock starts."""
MIDNIGHT = 1_763_942_400.0
TODAY = "2025-11-24"
NO_POSTGRES = "set TEST_POSTGRES_URL (bash .ci/postgres.sh starts one and prints it)"


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def postgres_url() -> str:
    """The server for tests; skips where there is none."""
    url = os.environ.get("TEST_POSTGRES_URL", "")
    if not url:
        pytest.skip(NO_POSTGRES)
    return url


@asynccontextmanager
async def schema() -> AsyncGenerator[str]:
    """The URL of an empty PostgreSQL schema, dropped afterwards."""
    base = postgres_url()
    plain = make_url(base).set(drivername="postgresql")
    name = f"gondola_{secrets.token_hex(6)}"
    dsn = plain.render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        try:
            url = plain.update_query_dict({"options": f"-csearch_path={name}"})
            yield url.render_as_string(hide_password=False)
        finally:
            await connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@dataclass
class House:
    """One database. `store` is instance "a"."""

    url: str
    data_dir: Path
    clock: Clock
    store: SqlStore
    cipher: ContentCipher = NO_CIPHER
    _opened: list[SqlStore] = field(default_factory=list[SqlStore])

    async def another(self, instance: str) -> SqlStore:
        """A second instance: over connections of its own on PostgreSQL. SQLite lets only one process in,
        so there it shares them."""
        if not self.url:
            return SqlStore(self.store.database, Lease(instance, self.clock, 60))
        store = await self._open(instance)
        self._opened.append(store)
        return store

    async def reopened(self) -> SqlStore:
        """Instance "a" once more, after `store` was closed."""
        store = await self._open("a2")
        self._opened.append(store)
        return store

    async def _open(self, instance: str) -> SqlStore:
        return await open_store(
            self.url, self.data_dir, instance=instance, clock=self.clock, cipher=self.cipher
        )

    async def rows(self, statement: Executable) -> Sequence[RowMapping]:
        """What is in the tables."""
        async with self.store.database.engines[-1].connect() as connection:
            return (await connection.execute(statement)).mappings().all()

    async def close(self) -> None:
        """Close every instance."""
        for store in (*self._opened, self.store):
            await store.close()


@asynccontextmanager
async def house(engine: str, data_dir: Path) -> AsyncGenerator[House]:
    """A house on "sqlite", "sealed" (SQLite with encrypted words) or "postgres"."""
    if engine == "postgres":
        async with schema() as url, _house(url, data_dir, NO_CIPHER) as built:
            yield built
        return
    cipher = ContentCipher([b"contract"], sealing=True) if engine == "sealed" else NO_CIPHER
    async with _house("", data_dir, cipher) as built:
        yield built


@asynccontextmanager
async def _house(url: str, data_dir: Path, cipher: ContentCipher) -> AsyncGenerator[House]:
    clock = Clock()
    await (furnish_schema(url) if url else furnish(data_dir))
    store = await open_store(url, data_dir, instance="a", clock=clock, cipher=cipher)
    built = House(url, data_dir, clock, store, cipher)
    try:
        yield built
    finally:
        await built.close()


class Statements:
    """Counts what is sent to a store's database."""

    def __init__(self, store: SqlStore) -> None:
        self.sent: list[str] = []
        for engine in store.database.engines:
            event.listen(engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _c: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        self.sent.append(statement)

    def take(self) -> list[str]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent


def line(
    scope: str,
    amount: int,
    limit: int,
    *,
    medium: str = ALL_MEDIA,
    unit: CapUnit = CapUnit.MONEY,
    start: str = TODAY,
) -> CapLine:
    """A line on a daily cap."""
    key = counter_key(scope, medium, unit, CapPeriod.DAY, start)
    return CapLine(key, scope, medium, unit, CapPeriod.DAY, amount, limit, round(MIDNIGHT) + 86_400)


def admission(
    name: str,
    *lines: CapLine,
    estimate: int = 100,
    medium: str = "chat",
    server: str = "server:discord:1",
    channel: str = "channel:discord:2",
    person: str = "p1",
    at: float = NOON,
) -> Admission:
    """A reservation `name` of turn t-`name`."""
    return Admission(name, f"t-{name}", medium, server, channel, person, "model", estimate, lines, at)


def settlement(name: str, cost: int, *, count: int = 1, uncertain: bool = False) -> Settlement:
    """The end of a reservation."""
    return Settlement(name, cost, count, uncertain, f"request-{name}", NOON + 5)


def intake(name: str, *, conversation: str = "discord:1:2:", received_at: float = NOON) -> Intake:
    """An event e-`name` of turn t-`name`."""
    return Intake(f"t-{name}", f"e-{name}", conversation, "p1", f'{{"text":"{name}"}}', received_at)


async def recall(store: SqlStore, conversation: str, limit: int) -> Recalled:
    """What is recalled of one conversation."""
    (recalled,) = await store.memory.recall([conversation], limit)
    return recalled
