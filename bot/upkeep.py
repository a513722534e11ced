"""The composition of everything an operator does beside running a house; like bot.app it sees storage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.errors import OperatorError
from bot.safekeeping import Kept, Made, Plan, Restored
from bot.secret import existing_key, put_key
from bot.settings import Configuration
from storage.location import locate
from storage.upkeep import backup, package, portable, revisions
from storage.upkeep import restore as restoring
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


async def back_up(configuration: Configuration, to: Path | None, *, seal: bytes, keep: int | None) -> Made:
    """Back up into the file or folder `to` (None: backups/ in the data directory), encrypted with `seal`
    where it is not empty; then delete all but the newest `keep` in the folder. Raises OperatorError."""
    made_at = now()
    folder = to or configuration.gondola_data_dir / "backups"
    named = _is_file_name(folder)
    if named and keep is not None:
        raise OperatorError("--keep counts backups in a folder: name a folder, not a file.")
    target = folder if named else folder / backup.name_of(made_at)
    keys = backup.Keys(_house_key(configuration), seal)
    kept = await backup.back_up(place_of(configuration), target, keys, made_at)
    deleted = [] if keep is None else backup.prune(folder, keep)
    return Made(kept, tuple(deleted))


async def restore(configuration: Configuration, path: Path, *, seal: bytes, force: bool) -> Restored:
    """Put a backup in the place of the database; `force` allows that there is one. Raises OperatorError."""
    stamp = now().replace(":", "").replace("-", "")
    kept, key, print_then, aside = await restoring.restore(
        place_of(configuration), path, secret=seal, replace=force, stamp=stamp
    )
    written = False
    if key and not configuration.gondola_secret_key.get_secret_value():
        written = put_key(configuration.gondola_data_dir, key, stamp)
    present = backup.key_print(_house_key(configuration))
    return Restored(kept, aside, written, bool(print_then) and present != print_then)


def is_sealed(path: Path) -> bool:
    """Whether a backup is encrypted. Raises OperatorError where the file cannot be read."""
    return package.is_sealed(path)


def _is_file_name(path: Path) -> bool:
    return path.suffix != "" and not path.is_dir()


def _house_key(configuration: Configuration) -> bytes:
    """The secret key as it is now; b"" where none was made yet."""
    return existing_key(configuration.gondola_secret_key.get_secret_value(), configuration.gondola_data_dir)


def now() -> str:
    """The time as written into files."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
