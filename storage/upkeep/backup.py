"""Backups: one moment of the database, packed, read back, and compared before the file gets its name."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.errors import OperatorError
from bot.safekeeping import Figures, Kept
from storage.location import SqliteFile
from storage.upkeep.access import Place, existing, snapshot
from storage.upkeep.archive import check_archive, write_archive
from storage.upkeep.copying import check_file, copy_file
from storage.upkeep.figures import figures_of
from storage.upkeep.package import ARCHIVE, SQLITE, Manifest, Unpacked, broken, pack, unpack
from storage.upkeep.portable import begin, settle, unwritable
from storage.upkeep.schema import tables_of

_PREFIX, _SUFFIX = "gondola-", ".backup"


@dataclass(frozen=True, slots=True)
class Keys:
    """`house` is the secret key of the house, b"" for none yet; `seal` encrypts the backup, b"" for not."""

    house: bytes
    seal: bytes


async def back_up(place: Place, target: Path, keys: Keys, made_at: str) -> Kept:
    """Make a backup of this name; a house may be at work. Raises OperatorError; then there is none."""
    existing(place)
    try:
        await asyncio.to_thread(target.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
        part = begin(target)
        try:
            with tempfile.TemporaryDirectory(prefix=".gondola-backup-", dir=target.parent) as folder:
                manifest = await _packed(place, Path(folder), part, keys, made_at)
                await _verify(part, Path(folder), manifest, keys)
            settle(part, target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(target, error) from error
    return _kept(target, manifest, sealed=bool(keys.seal), has_key=bool(keys.seal and keys.house))


async def _packed(place: Place, folder: Path, part: Path, keys: Keys, made_at: str) -> Manifest:
    if isinstance(place, SqliteFile):
        data = folder / SQLITE
        await copy_file(place.path, data)
        revision, tables = await figures_of_file(data)
    else:
        data = folder / ARCHIVE
        async with snapshot(place) as connection:
            kept = await write_archive(connection, data, made_at)
        revision, tables = kept.revision, kept.tables
    manifest = Manifest(made_at, revision, data.name, key_print(keys.house), tables)
    await asyncio.to_thread(pack, part, manifest, data, key=keys.house, secret=keys.seal)
    await asyncio.to_thread(data.unlink)
    return manifest


async def _verify(part: Path, folder: Path, manifest: Manifest, keys: Keys) -> None:
    found = await asyncio.to_thread(unpack, part, folder, secret=keys.seal)
    await check(found, part)
    if found.manifest != manifest or (found.key != keys.house and keys.seal):
        raise OperatorError("The backup reads otherwise than it was written. Check the disk.")


async def check(unpacked: Unpacked, path: Path) -> None:
    """Compare the data of a backup with its manifest. Raises OperatorError."""
    manifest = unpacked.manifest
    if manifest.data == SQLITE:
        await check_file(unpacked.data)
        found = await figures_of_file(unpacked.data)
    else:
        kept = await asyncio.to_thread(check_archive, unpacked.data)
        found = kept.revision, dict(kept.tables)
    if found != (manifest.revision, manifest.tables):
        raise broken(path)


async def figures_of_file(path: Path) -> tuple[str, dict[str, Figures]]:
    """The revision of a SQLite file, and what is in it. Raises OperatorError."""
    async with snapshot(SqliteFile(path)) as connection:
        revision, tables = await connection.run_sync(tables_of)
        if not revision:
            raise OperatorError("The database has no tables yet: there is nothing to keep.")
        return revision, await figures_of(connection, tables)


def key_print(key: bytes) -> str:
    """Tells secret keys apart; slow on purpose, for a key may be a word somebody chose. "" for none."""
    if not key:
        return ""
    return hashlib.scrypt(key, salt=b"gondola key print", n=2**14, r=8, p=1, dklen=8).hex()


def name_of(made_at: str) -> str:
    """The name of a backup in a folder; names sort by time."""
    return f"{_PREFIX}{made_at.replace(':', '').replace('-', '')}{_SUFFIX}"


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest backups that `name_of` named; returns what is gone. Raises OperatorError."""
    return _delete(folder, _named(folder)[:-keep])


def expire(folder: Path, before: str) -> list[Path]:
    """Delete the backups that `name_of` named with an earlier time (ISO, UTC); returns what is gone. Raises
    OperatorError."""
    return _delete(folder, [path for path in _named(folder) if path.name < name_of(before)])


def _named(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_PREFIX}????????T??????Z{_SUFFIX}"), key=lambda path: path.name)


def _delete(folder: Path, old: list[Path]) -> list[Path]:
    try:
        for path in old:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    return old


def _kept(path: Path, manifest: Manifest, *, sealed: bool, has_key: bool) -> Kept:
    return Kept(path, manifest.made_at, manifest.revision, manifest.tables, sealed, has_key)
