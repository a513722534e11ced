"""Between records and columns, and the shapes of statement that several entities share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import BindParameter, Column, ColumnElement, Executable, RowMapping, Table, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

# The PostgreSQL form of INSERT ... ON CONFLICT renders the same text on SQLite, so one statement serves both.
upsert = insert

Scalar: TypeAlias = str | int | bool | bytes | None
Params: TypeAlias = dict[str, Scalar]

BOT_SCOPE = "bot"
DAY = 86_400


def micros(seconds: float) -> int:
    """Unix seconds as stored."""
    return round(seconds * 1_000_000)


def seconds(stored: int) -> float:
    """Unix seconds from what is stored."""
    return stored / 1_000_000


def to_json(values: Sequence[str]) -> str:
    """A list of strings as stored."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def from_json(stored: str) -> tuple[str, ...]:
    """A list of strings from what is stored."""
    found: list[str] = json.loads(stored)
    return tuple(found)


ids: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
"""A list of keys in a constant statement."""


def containing(column: Column[str]) -> ColumnElement[bool]:
    """Rows whose list of strings may hold the one that `pattern` was made of. Narrows down only: LIKE does
    not tell upper from lower case on SQLite."""
    return column.like(bindparam("pattern"), escape="!")


def pattern(value: str) -> str:
    """What `containing` looks for."""
    escaped = json.dumps(value, ensure_ascii=False)
    for special in "!%_":
        escaped = escaped.replace(special, f"!{special}")
    return f"%{escaped}%"


def replacing(table: Table, *keys: str) -> ReturningInsert[tuple[str]]:
    """Insert rows, or overwrite all other columns of those that exist. Returns the first key, because
    only a statement that returns something is sent as one for many rows."""
    statement = upsert(table)
    return statement.on_conflict_do_update(
        index_elements=list(keys),
        set_={c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys},
    ).returning(table.c[keys[0]])


async def fetch(
    connection: AsyncConnection,
    statement: Executable,
    params: Mapping[str, Scalar | list[str] | list[int]] | None = None,
) -> Sequence[RowMapping]:
    """Every row of a statement."""
    return (await connection.execute(statement, params)).mappings().all()


async def fetch_many(
    connection: AsyncConnection, statement: Executable, rows: Sequence[Params]
) -> Sequence[RowMapping]:
    """Send many rows as one statement with RETURNING; nothing is sent for none."""
    if not rows:
        return []
    return (await connection.execute(statement, rows)).mappings().all()


async def execute_many(connection: AsyncConnection, statement: Executable, rows: Sequence[Params]) -> None:
    """Run one prepared statement for many rows; nothing is sent for none."""
    if rows:
        await connection.execute(statement, rows)


async def changed(
    connection: AsyncConnection, statement: Executable, params: Mapping[str, Scalar | list[str]] | None = None
) -> int:
    """How many rows a statement changed."""
    return (await connection.execute(statement, params)).rowcount


def last_by(rows: Iterable[Params], key: str) -> list[Params]:
    """The last row of each key, sorted by key: PostgreSQL refuses one key twice in an upsert, and
    unsorted writes of two processes deadlock."""
    found = {row[key]: row for row in rows}
    return [found[k] for k in sorted(found, key=str)]
