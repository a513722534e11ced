"""Brings a database to the newest schema at start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
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


def upgrade(connection: Connection) -> None:
    """Apply what is missing."""
    config = Config()
    # The parser of the configuration reads % as the start of a variable.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise OperatorError(
            "The database was written by a newer Gondola. Install that version again, or restore a backup.",
            detail=f"migration failed: {error}",
        ) from error
