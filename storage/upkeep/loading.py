"""Filling a database from an archive: all of it or nothing, and compared with the archive's figures."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Integer, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OperatorError
from bot.safekeeping import Kept
from storage.migrate import upgrade
from storage.upkeep.access import take_alone
from storage.upkeep.archive import End, Section, damaged, header_of, pieces
from storage.upkeep.figures import ROWS_AT_ONCE, Value, figures_of, from_line
from storage.upkeep.schema import any_row, names_at, tables_of

_SEQUENCE = text("SELECT pg_get_serial_sequence(:table, :column)")
_CONTINUE = text("SELECT setval(CAST(:sequence AS regclass), :last)")


async def load_archive(connection: AsyncConnection, path: Path, *, replace: bool) -> Kept:
    """Fill the database in the caller's transaction, and bring it to the newest schema. `replace` gives up
    what is there; without it a database with rows is refused. Raises OperatorError."""
    await take_alone(connection)
    header = header_of(path)
    names_at(header.revision)  # refuses what a newer Gondola wrote, before anything is touched
    await connection.run_sync(_make_room, header.revision, replace)
    _, tables = await connection.run_sync(tables_of)
    end = await _fill(connection, path, tables)
    if await figures_of(connection, tables) != end.tables:
        raise damaged(path)
    if connection.dialect.name == "postgresql":
        await _continue_numbers(connection, tables)
    await connection.run_sync(upgrade)
    return Kept(path, header.made_at, header.revision, end.tables)


def _make_room(connection: Connection, revision: str, replace: bool) -> None:
    current, tables = tables_of(connection)
    if taken := any_row(connection, tables):
        if not replace:
            raise OperatorError(
                f"The database already holds data (in `{taken}`). Name a new, empty one in DATABASE_URL or "
                "GONDOLA_DATA_DIR."
            )
        if current == revision:
            for table in tables.values():
                connection.execute(table.delete())
    if current not in ("", revision):
        for name in (*tables, "alembic_version"):
            connection.exec_driver_sql(f'DROP TABLE "{name}"')
    upgrade(connection, revision)


async def _fill(connection: AsyncConnection, path: Path, tables: dict[str, Table]) -> End:
    rows: list[dict[str, Value]] = []
    section = Section("", ())
    for piece in pieces(path):
        if isinstance(piece, list):
            rows.append(from_line(section.columns, piece))
        if not isinstance(piece, list) or len(rows) >= ROWS_AT_ONCE:
            await _insert(connection, tables, section, rows)
            rows = []
        if isinstance(piece, Section):
            section = piece
            if section.table not in tables:
                raise damaged(path)
        elif isinstance(piece, End):
            return piece
    raise damaged(path)


async def _insert(
    connection: AsyncConnection, tables: dict[str, Table], section: Section, rows: list[dict[str, Value]]
) -> None:
    if rows:
        await connection.execute(insert(tables[section.table]), rows)


async def _continue_numbers(connection: AsyncConnection, tables: dict[str, Table]) -> None:
    """Rows that come later are numbered behind those that were brought."""
    for name, table in tables.items():
        for column in table.columns:
            if not isinstance(column.type, Integer):
                continue
            found = await connection.execute(_SEQUENCE, {"table": f'"{name}"', "column": column.name})
            sequence = found.scalar_one()
            last = (await connection.execute(select(func.max(column)))).scalar_one()
            if sequence is not None and last is not None:
                await connection.execute(_CONTINUE, {"sequence": sequence, "last": last})
