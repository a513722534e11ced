"""Migrations: from nothing, again, several at once, and equal to the tables."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.errors import OperatorError
from storage import open_store
from storage.migrate import migrate
from storage.tables import metadata
from tests.contract.storage.houses import Clock, House, schema


def differences(connection: Connection) -> list[object]:
    """Where the migrated schema is not the declared one."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


async def test_the_migrated_schema_is_the_declared_one(built: House) -> None:
    async with built.store.database.engines[-1].connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_difference_would_be_noticed(built: House) -> None:
    async with built.store.database.engines[0].begin() as connection:
        await connection.execute(text("DROP INDEX ix_turns_lease_until"))
        await connection.execute(text("ALTER TABLE marks ADD COLUMN extra TEXT"))
        assert len(await connection.run_sync(differences)) == 2


async def test_migrating_again_changes_nothing(built: House) -> None:
    await built.store.marks.put("kept", "yes")
    await built.store.database.write(migrate)
    assert await built.store.marks.get("kept") == "yes"


async def test_a_schema_of_the_future_is_refused_and_left_alone(built: House, tmp_path: Path) -> None:
    async with built.store.database.engines[0].begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await built.close()
    with pytest.raises(OperatorError) as caught:
        await open_store(built.url, tmp_path, instance="a", clock=Clock())
    assert "newer Gondola" in caught.value.reader_text


@pytest.mark.postgres
async def test_several_starting_at_once_migrate_once(tmp_path: Path) -> None:
    async with schema() as url:
        stores = await asyncio.gather(
            *(open_store(url, tmp_path, instance=f"i{n}", clock=Clock()) for n in range(4))
        )
        await asyncio.gather(*(store.close() for store in stores))
