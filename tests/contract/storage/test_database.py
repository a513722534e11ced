"""Transactions under adverse conditions: cancelled readers, deadlocks, a server that restarts."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import bindparam, make_url, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import GondolaError
from storage import SqlStore
from storage.tables import marks
from tests.contract.storage.houses import House, postgres_url

_SET = update(marks).where(marks.c.name == bindparam("mark")).values(value=bindparam("new"))


async def test_cancelled_readers_leave_their_connections_usable(store: SqlStore) -> None:
    await store.marks.put("a", "1")
    for _ in range(5):
        readers = [asyncio.create_task(store.marks.get("a")) for _ in range(30)]
        await asyncio.sleep(0.002)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    assert await asyncio.gather(*(store.marks.get("a") for _ in range(30))) == ["1"] * 30


async def test_failed_work_leaves_nothing_and_the_next_goes_on(store: SqlStore) -> None:
    await store.marks.put("a", "1")

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(_SET, {"mark": "a", "new": "2"})
        raise LookupError

    with pytest.raises(LookupError):
        await store.database.write(work)
    assert await store.marks.get("a") == "1"


async def test_closing_waits_for_what_was_begun(built: House) -> None:
    store = built.store
    await store.marks.put("a", "1")
    writer = asyncio.create_task(store.marks.put("a", "2"))
    await asyncio.sleep(0)
    writer.cancel()
    await store.close()
    assert await (await built.reopened()).marks.get("a") == "2"


# SQLite has one writer and no server.
on_postgres = pytest.mark.parametrize(
    "built", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@on_postgres
async def test_a_deadlock_is_tried_again(built: House) -> None:
    store = built.store
    await store.marks.put("a", "")
    await store.marks.put("b", "")
    both = asyncio.Barrier(2)
    runs: list[str] = []

    async def cross(connection: AsyncConnection, first: str, second: str) -> None:
        runs.append(first)
        await connection.execute(_SET, {"mark": first, "new": first})
        if len(runs) <= 2:
            await both.wait()
        await connection.execute(_SET, {"mark": second, "new": first})

    await asyncio.gather(
        store.database.write(lambda connection: cross(connection, "a", "b")),
        store.database.write(lambda connection: cross(connection, "b", "a")),
    )
    assert len(runs) > 2  # one of them at least was broken off and came again
    assert await store.marks.get("a") == await store.marks.get("b") != ""


@on_postgres
async def test_a_server_that_dropped_its_connections_is_used_again(built: House) -> None:
    store = built.store
    await store.marks.put("a", "1")
    await asyncio.gather(*(store.marks.get("a") for _ in range(10)))
    name = make_url(built.url).query["options"]
    async with await psycopg.AsyncConnection.connect(postgres_url(), autocommit=True) as connection:

        async def cut(own: AsyncConnection) -> None:
            pid = (await own.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
            await connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
            await own.exec_driver_sql("SELECT 1")

        with pytest.raises(GondolaError) as caught:
            await store.database.write(cut)
    assert caught.value.retryable
    assert str(name) not in caught.value.detail
    assert await store.marks.get("a") == "1"
