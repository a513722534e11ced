"""Rows of every table, made from its columns, so that tables to come are covered."""

from __future__ import annotations

import time

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, MetaData, Table, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import Configuration
from storage import SqlStore, open_store
from storage.database import Database
from storage.tables import SealedBytes, metadata

ROWS = 7
NASTY = "a\"'\\\n\r\t \u2028 😀 é \U0010ffff ; DROP TABLE turns --"


def value(column: Column[object], row: int) -> object:
    """A value of the column's type, different in every row, with the extremes first."""
    kind = column.type
    if isinstance(kind, Boolean):
        return row % 2 == 0
    if isinstance(kind, Integer):
        return (row + 11, 2**62, -5)[row % 3] + row if column.primary_key is False else row + 11
    if isinstance(kind, Float):
        return (0.1, 1e-300, -2.5e17)[row % 3] + row
    if isinstance(kind, LargeBinary | SealedBytes):
        return bytes(range(256)) + bytes([row])
    return f"{column.name} {row} {NASTY if row % 2 else ''}".strip()


def row_of(table: Table, row: int) -> dict[str, object]:
    """One row; columns that may be empty are, in every second row."""
    return {
        column.name: None if column.nullable and row % 2 else value(column, row) for column in table.columns
    }


async def fill(database: Database, tables: MetaData = metadata) -> None:
    """Rows into every table."""

    async def work(connection: AsyncConnection) -> None:
        for table in tables.sorted_tables:
            await connection.execute(insert(table), [row_of(table, row) for row in range(ROWS)])

    await database.write(work)
    if "marks" in tables.tables:  # those that the rows above left
        await run(database, "DELETE FROM marks WHERE name LIKE 'book:%'")


async def everything(database: Database, tables: MetaData = metadata) -> dict[str, list[tuple[object, ...]]]:
    """All rows of every table, in an order that both databases share."""

    async def work(connection: AsyncConnection) -> dict[str, list[tuple[object, ...]]]:
        found: dict[str, list[tuple[object, ...]]] = {}
        for table in tables.sorted_tables:
            rows = (await connection.execute(table.select())).all()
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        return found

    return await database.read(work)


async def opened(configuration: Configuration) -> SqlStore:
    """A house at work there."""
    url, folder = configuration.database_url.get_secret_value(), configuration.gondola_data_dir
    return await open_store(url, folder, instance="house", clock=time.time)


async def run(database: Database, statement: str) -> None:
    """One statement that changes something."""
    await database.write(lambda connection: connection.execute(text(statement)))
