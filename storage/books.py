"""Marks the books (`bot.books`) that a transaction changes, whichever statement does it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import UpdateBase

from bot.books import Book
from storage.rows import Params, fetch_many, replacing
from storage.tables import (
    access_rules,
    caps,
    departures,
    links,
    marks,
    owners,
    permits,
    server_keys,
    server_rules,
    settings,
)

TABLES: Mapping[Table, Book] = {
    links: Book.PEOPLE,
    settings: Book.SETTINGS,
    caps: Book.CAPS,
    owners: Book.DOOR,
    access_rules: Book.DOOR,
    server_rules: Book.DOOR,
    permits: Book.PERMITS,
    server_keys: Book.KEYS,
    departures: Book.DEPARTURES,
}
"""What each book is read from."""
_CHANGED = "changed books"
_MARK = replacing(marks, "name")


def watch(engine: Engine) -> None:
    """Note from now on which books the statements of a connection change."""
    event.listen(engine, "after_execute", _noted)


def _noted(connection: Connection, statement: Any, *_: object) -> None:
    table = statement.table if isinstance(statement, UpdateBase) else None
    if isinstance(table, Table) and table in TABLES:
        connection.info.setdefault(_CHANGED, set()).add(TABLES[table])


def forget(connection: AsyncConnection) -> None:
    """At the beginning of a transaction: what an earlier one on the connection changed is over."""
    connection.info.pop(_CHANGED, None)


async def leave_marks(connection: AsyncConnection) -> None:
    """At the end of a transaction, so that whoever waits for another one's mark holds up nobody."""
    changed: set[Book] = connection.info.pop(_CHANGED, set())
    rows: list[Params] = [
        {"name": name, "value": secrets.token_hex(8)} for name in sorted(book.mark for book in changed)
    ]
    await fetch_many(connection, _MARK, rows)
