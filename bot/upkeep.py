"""The composition of everything an operator does beside running a house; like bot.app it sees storage."""

from __future__ import annotations

from bot.keeping import Plan
from bot.settings import Configuration
from storage.location import locate
from storage.upkeep import revisions
from storage.upkeep.access import Place


def place_of(configuration: Configuration) -> Place:
    """Where the configured database is. Raises OperatorError."""
    return locate(configuration.database_url.get_secret_value(), configuration.gondola_data_dir)


async def migrate(configuration: Configuration, *, rehearse: bool) -> Plan:
    """Bring the database to the newest schema, or find out what that would do. Raises OperatorError."""
    work = revisions.rehearse if rehearse else revisions.migrate_now
    return await work(place_of(configuration))
