"""Figures of a table, counted while its rows stream by."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.safekeeping import Figures
from storage.ciphering import KEYS_MARK, NO_CIPHER, ContentCipher
from storage.upkeep.schema import written_columns

Value = str | int | float | bool | bytes | None
Line = list[object]
"""A row as JSON: values in the order of the columns' names, bytes as {"base64": …}."""

ROWS_AT_ONCE = 500
_DIGEST_BITS = 128


class Counting:
    """Adds up rows as they go by."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._rows = 0
        self._sums: dict[str, int] = {}
        self._digest = 0

    def add(self, line: Line) -> bytes:
        """Count one row; returns it as written."""
        written = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
        self._rows += 1
        found = int.from_bytes(hashlib.sha256(written).digest()[: _DIGEST_BITS // 8], "big")
        # A sum, because databases sort texts differently; in a xor equal rows would cancel out.
        self._digest = (self._digest + found) % (1 << _DIGEST_BITS)
        for column, value in zip(self._columns, line, strict=True):
            if isinstance(value, int) and not isinstance(value, bool):
                self._sums[column] = self._sums.get(column, 0) + value
        return written

    def figures(self) -> Figures:
        """What was counted."""
        return Figures(self._rows, dict(sorted(self._sums.items())), f"{self._digest:032x}")


async def lines_of(
    connection: AsyncConnection, table: Table, cipher: ContentCipher | None = None
) -> AsyncGenerator[Line]:
    """Every row of a table, a few at a time, as stored or opened with `cipher`. Close it: the server keeps a
    cursor meanwhile."""
    names = [column.name for column in written_columns(table)]
    statement = select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
    result = await connection.stream(statement)
    try:
        async for some in result.mappings().partitions(ROWS_AT_ONCE):
            for row in some:
                if cipher is not None and table.name == "marks" and row["name"] == KEYS_MARK:
                    continue  # nothing is encrypted any more
                yield to_line(names, row, cipher)
    finally:
        await result.close()  # as a context manager it would not, where the reader fails


async def figures_of(connection: AsyncConnection, tables: Mapping[str, Table]) -> dict[str, Figures]:
    """Figures of every table as this connection sees it."""
    found: dict[str, Figures] = {}
    for name, table in tables.items():
        counting = Counting([column.name for column in written_columns(table)])
        async with aclosing(lines_of(connection, table)) as lines:
            async for line in lines:
                counting.add(line)
        found[name] = counting.figures()
    return found


def to_line(names: Sequence[str], row: RowMapping, cipher: ContentCipher | None = None) -> Line:
    """A row as it is written."""
    return [_to_json(row[name] if cipher is None else _opened(row[name], cipher)) for name in names]


def _opened(value: object, cipher: ContentCipher) -> object:
    """Only what is encrypted begins as such a value does; anything else stays as it is."""
    if isinstance(value, str):
        return NO_CIPHER.seal_text(cipher.open_text(value))
    return NO_CIPHER.seal_bytes(cipher.open_bytes(value)) if isinstance(value, bytes) else value


def from_line(names: Sequence[str], line: Line) -> dict[str, Value]:
    """A row as the database takes it."""
    return {name: _from_json(value) for name, value in zip(names, line, strict=True)}


def _to_json(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return value


def _from_json(value: object) -> Value:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])  # pyright: ignore[reportUnknownArgumentType]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"no value of a row: {type(value).__name__}")


def as_json(tables: Mapping[str, Figures]) -> dict[str, dict[str, object]]:
    """Figures as written."""
    return {
        name: {"rows": one.rows, "sums": dict(one.sums), "digest": one.digest} for name, one in tables.items()
    }


def as_figures(written: Mapping[str, Mapping[str, Any]]) -> dict[str, Figures]:
    """Figures from what is written. Raises KeyError, TypeError or ValueError for something else."""
    return {
        name: Figures(int(one["rows"]), dict(one["sums"]), str(one["digest"]))
        for name, one in written.items()
    }
