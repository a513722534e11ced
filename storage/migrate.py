"""Brings a database to the newest schema at start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OperatorError

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK_KEY = 0x676F6E646F6C61  # "gondola"; any number that no other program uses
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


async def migrate(connection: AsyncConnection) -> None:
    """Apply what is missing, in the caller's transaction. One process at a time: SQLite holds its write
    lock by now, PostgreSQL an advisory one. Raises OperatorError for a database of a newer Gondola."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_LOCK, {"key": _LOCK_KEY})
    await connection.run_sync(upgrade)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply what is missing up to a revision. Raises OperatorError for a database of a newer Gondola."""
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise from_the_future(str(error)) from error


def scripts() -> ScriptDirectory:
    """The migrations that this Gondola knows."""
    return ScriptDirectory.from_config(_config())


def revision_of(connection: Connection) -> str:
    """The revision of a database, "" for one without tables of ours."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def from_the_future(detail: str) -> OperatorError:
    """What to say of a revision that no migration here leads to."""
    return OperatorError(
        "The database was written by a newer Gondola. Install that version again, or restore a backup.",
        detail=f"migration failed: {detail}",
    )


def _config() -> Config:
    config = Config()
    # The parser of the configuration reads % as the start of a variable.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
