"""The composition of everything an operator does beside running a house; like bot.app it sees storage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.keeping import Kept, Plan
from bot.settings import Configuration
from storage.location import locate
from storage.upkeep import portable, revisions
from storage.upkeep.access import Place


def place_of(configuration: Configuration) -> Place:
    """Where the configured database is. Raises OperatorError."""
    return locate(configuration.database_url.get_secret_value(), configuration.gondola_data_dir)


async def migrate(configuration: Configuration, *, rehearse: bool) -> Plan:
    """Bring the database to the newest schema, or find out what that would do. Raises OperatorError."""
    work = revisions.rehearse if rehearse else revisions.migrate_now
    return await work(place_of(configuration))


async def export(configuration: Configuration, path: Path) -> Kept:
    """The whole database as one portable file. Raises OperatorError."""
    return await portable.export(place_of(configuration), path, now())


async def import_(configuration: Configuration, path: Path) -> Kept:
    """Fill an empty database from a portable file. Raises OperatorError."""
    return await portable.import_(place_of(configuration), path)


def now() -> str:
    """The time as written into files."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
