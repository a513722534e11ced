"""Which tables there are: those that the migrations make, whatever the revision."""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, Table, create_engine, inspect, literal, select, text
from sqlalchemy.pool import StaticPool

from storage.migrate import from_the_future, revision_of, scripts, upgrade

# Virtual tables (an index of words, say) and what lies under them are made from other tables, by triggers.
_ORDINARY = text(
    "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_BOOKKEEPING = "alembic_version"


def names_at(revision: str) -> dict[str, tuple[str, ...]]:
    """The tables that the migrations make up to a revision, with their columns; found by making them in
    memory. Raises OperatorError for a revision of a newer Gondola."""
    if revision not in {script.revision for script in scripts().walk_revisions()}:
        raise from_the_future(f"revision {revision}")
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            upgrade(connection, revision)
            found = sorted(connection.execute(_ORDINARY).scalars())
            look = inspect(connection)
            return {
                name: tuple(column["name"] for column in look.get_columns(name))
                for name in found
                if name != _BOOKKEEPING
            }
    finally:
        engine.dispose()


def tables_of(connection: Connection) -> tuple[str, dict[str, Table]]:
    """The revision of a database, and its tables as they really are; ("", {}) for one without."""
    revision = revision_of(connection)
    if not revision:
        return "", {}
    names = names_at(revision)
    real = MetaData()
    real.reflect(connection, only=list(names), views=False)
    return revision, {name: real.tables[name] for name in names}


def written_columns(table: Table) -> list[Column[object]]:
    """The columns that hold data of their own, by name; the database makes the others by itself."""
    return [column for column in sorted(table.columns, key=lambda one: one.name) if column.computed is None]


def any_row(connection: Connection, tables: dict[str, Table]) -> str:
    """The name of a table that has a row; "" where none has."""
    for name, table in tables.items():
        if connection.execute(select(literal(1)).select_from(table).limit(1)).first():
            return name
    return ""
