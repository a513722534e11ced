"""Bringing stored words to the key of today: plain ones from before there was one, and those under old keys.

A mark holds which keys any value may be sealed with, so that a wrong key is told at start and not in the
middle of a talk. It is widened before the first write, and narrowed after a whole pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    LargeBinary,
    RowMapping,
    Table,
    Text,
    and_,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.type_api import TypeEngine

from bot.errors import OperatorError
from storage.ciphering import BYTES_MARK, KEYS_MARK, OTHER_KEY, PLAIN, TEXT_MARK, ContentCipher
from storage.database import Database
from storage.rows import Params, Scalar, changed, fetch, fetch_many, replacing
from storage.tables import CleanText, SealedBytes, SealedText, marks, metadata

ROWS_AT_ONCE = 300
FILES_AT_ONCE = 8
_GET = select(marks.c.value).where(marks.c.name == KEYS_MARK)
_PUT = replacing(marks, "name")
_NARROW = (
    update(marks)
    .where(marks.c.name == KEYS_MARK, marks.c.value == bindparam("seen"))
    .values(value=bindparam("now", type_=CleanText))
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Columns of a table that hold people's words."""

    table: Table
    columns: tuple[Column[object], ...]

    @property
    def key(self) -> tuple[Column[object], ...]:
        """The primary key."""
        return tuple(self.table.primary_key.columns)

    @property
    def heavy(self) -> bool:
        """Whether rows may be large."""
        return any(isinstance(column.type, SealedBytes) for column in self.columns)


def kept_words() -> list[Kept]:
    """Every table with words of people."""
    found = [
        Kept(table, tuple(one for one in table.columns if isinstance(one.type, SealedText | SealedBytes)))
        for table in metadata.sorted_tables
    ]
    return [one for one in found if one.columns]


def as_stored(column: Column[object]) -> ColumnElement[object]:
    """A column as it is on disk."""
    return type_coerce(column, _plain_type(column))


def sealed_with(column: Column[object], cipher_head: str | bytes) -> ColumnElement[bool]:
    """Rows whose value begins so."""
    start = func.substr(as_stored(column), 1, len(cipher_head))
    return start == literal(cipher_head, _plain_type(column))


def unlike(column: Column[object], cipher: ContentCipher) -> ColumnElement[bool]:
    """Rows whose value is not as this cipher would write it."""
    text = isinstance(column.type, SealedText)
    head = cipher.text_head if text else cipher.bytes_head
    if cipher.newest == PLAIN:
        return and_(sealed_with(column, TEXT_MARK if text else BYTES_MARK), not_(sealed_with(column, head)))
    nothing = literal("" if text else b"", _plain_type(column))
    return and_(as_stored(column) != nothing, not_(sealed_with(column, head)))


def _plain_type(column: Column[object]) -> TypeEngine[Any]:
    return Text() if isinstance(column.type, SealedText) else LargeBinary()


async def unlike_rows(connection: AsyncConnection, cipher: ContentCipher) -> int:
    """How many rows hold words otherwise than this cipher would write them."""
    total = 0
    for kept in kept_words():
        wanted = or_(*(unlike(one, cipher) for one in kept.columns))
        found = await connection.execute(select(func.count()).select_from(kept.table).where(wanted))
        total += found.scalar_one()
    return total


async def admit_keys(connection: AsyncConnection, cipher: ContentCipher) -> None:
    """Note that this house writes with its newest key. Raises OperatorError where something may be sealed
    with a key it does not have; then nothing was written."""
    stored = await noted(connection)
    if foreign := stored - cipher.prints:
        raise OperatorError(OTHER_KEY, detail=f"sealed with {', '.join(sorted(foreign))}")
    if cipher.newest not in stored:
        await _note(connection, {*stored, cipher.newest})


class Resealing:
    """Seals anew what is not under the newest key."""

    def __init__(self, database: Database, cipher: ContentCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def run(self, pause: float = 0.0) -> int:
        """One pass over everything in short transactions, with so many seconds between them; returns how many
        rows were changed. May be cut off at any time: the next one goes on."""
        seen = await self._database.read(noted)
        if seen == {self._cipher.newest}:
            return 0
        total = 0
        for kept in kept_words():
            last: tuple[Scalar, ...] = ()
            while (found := await self._some(kept, last)) is not None:
                rows, last = found
                total += rows
                await asyncio.sleep(pause)
        await self._database.write(lambda connection: self._narrow(connection, seen))
        if total:
            await self._database.checkpoint()
        return total

    async def _some(self, kept: Kept, last: Sequence[Scalar]) -> tuple[int, tuple[Scalar, ...]] | None:
        """Rows after the one with key `last`: how many were changed, and the last key; None for the end."""

        async def work(connection: AsyncConnection) -> tuple[int, tuple[Scalar, ...]] | None:
            rows = await fetch(connection, self._wanted(kept, last))
            if not rows:
                return None
            done = [await self._renew(connection, kept, row) for row in rows]
            return sum(done), tuple(rows[-1][one.name] for one in kept.key)

        return await self._database.write(work)

    def _wanted(self, kept: Kept, last: Sequence[Scalar]) -> Executable:
        columns = [as_stored(one).label(one.name) for one in kept.columns]
        found = select(*kept.key, *columns).where(or_(*(unlike(one, self._cipher) for one in kept.columns)))
        if last:
            found = found.where(tuple_(*kept.key) > tuple_(*last))
        return found.order_by(*kept.key).limit(FILES_AT_ONCE if kept.heavy else ROWS_AT_ONCE)

    async def _renew(self, connection: AsyncConnection, kept: Kept, row: RowMapping) -> int:
        """Only where the row is still as it was read."""
        values = {one.name: self._renewed(row[one.name]) for one in kept.columns}
        same = [as_stored(one) == literal(row[one.name], _plain_type(one)) for one in kept.columns]
        here = [one == row[one.name] for one in kept.key]
        stored = {name: type_coerce(literal(value), _type_of(value)) for name, value in values.items()}
        return await changed(connection, update(kept.table).where(*here, *same).values(stored))

    def _renewed(self, stored: str | bytes) -> str | bytes:
        cipher = self._cipher
        if isinstance(stored, bytes):
            return cipher.seal_bytes(cipher.open_bytes(stored))
        return cipher.seal_text(cipher.open_text(stored))

    async def _narrow(self, connection: AsyncConnection, seen: Iterable[str]) -> None:
        params: Params = {"seen": _joined(seen), "now": self._cipher.newest}
        await changed(connection, _NARROW, params)


def _type_of(value: str | bytes) -> TypeEngine[Any]:
    return Text() if isinstance(value, str) else LargeBinary()


async def noted(connection: AsyncConnection) -> set[str]:
    """The keys that stored words may be sealed with, as values name them."""
    rows = await fetch(connection, _GET)
    return set(rows[0]["value"].split(",")) if rows else {PLAIN}


async def _note(connection: AsyncConnection, keys: Iterable[str]) -> None:
    await fetch_many(connection, _PUT, [{"name": KEYS_MARK, "value": _joined(keys)}])


def _joined(keys: Iterable[str]) -> str:
    return ",".join(sorted(keys))
