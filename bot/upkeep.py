"""The composition of everything an operator does beside running a house; like bot.app it sees storage."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.discord import checkup as discord_checkup
from adapters.probe import ask
from adapters.telegram import checkup as telegram_checkup
from adapters.web.media import seal_files
from bot.assembly import assemble
from bot.declarations import Command
from bot.doctor import house, machine
from bot.doctor import venice as venice_checks
from bot.errors import OperatorError, PlatformError
from bot.findings import Checkup, Finding, ok, warn
from bot.safekeeping import Kept, Made, Plan, Restored, Sealed
from bot.sealedfiles import FileCipher
from bot.secret import SecretKeys, existing_key, put_key, secret_keys
from bot.settings import Configuration
from bot.venice import Timeouts, VeniceClient
from bot.venice.retry import Retry
from storage import ContentCipher, SqlStore, open_store
from storage.database import sqlite_database
from storage.lease import Lease
from storage.location import SqliteFile, locate
from storage.upkeep import backup, package, portable, revisions
from storage.upkeep import restore as restoring
from storage.upkeep.access import Place, existing
from storage.upkeep.look import look

_TIMEOUTS = Timeouts(connect=5.0, answer=15.0, listing=15.0)
_ONCE = Retry(tries=1)


def place_of(configuration: Configuration) -> Place:
    """Where the configured database is. Raises OperatorError."""
    return locate(configuration.database_url.get_secret_value(), configuration.gondola_data_dir)


async def migrate(configuration: Configuration, *, rehearse: bool) -> Plan:
    """Bring the database to the newest schema, or find out what that would do. Raises OperatorError."""
    work = revisions.rehearse if rehearse else revisions.migrate_now
    return await work(place_of(configuration))


async def export(configuration: Configuration, path: Path, *, plain: bool = False) -> Kept:
    """The whole database as one portable file; what is encrypted stays so unless `plain`. Raises
    OperatorError."""
    cipher = _cipher(configuration) if plain else None
    return await portable.export(place_of(configuration), path, now(), cipher)


async def seal(configuration: Configuration) -> Sealed:
    """Have every stored word and every file of the web page as the configuration asks. Raises OperatorError,
    also while a house runs on the SQLite file."""
    folder = configuration.gondola_data_dir
    url = configuration.database_url.get_secret_value()
    existing(place_of(configuration))
    cipher = _cipher(configuration)
    store = await open_store(url, folder, instance=secrets.token_hex(8), clock=time.time, cipher=cipher)
    async with store:
        rows = await store.reseal(0)
        keys = _keys(configuration).sealing
        files = FileCipher(keys, sealing=configuration.has_own_key)
        try:
            found = await asyncio.to_thread(seal_files, folder, files, time.time())
        except OSError as error:
            raise OperatorError(
                f"I cannot write the files of the web page in {folder}: {error.strerror}."
            ) from None
    return Sealed(rows, found.renewed, found.foreign)


def _cipher(configuration: Configuration) -> ContentCipher:
    return ContentCipher(_keys(configuration).sealing, sealing=configuration.has_own_key)


def _keys(configuration: Configuration) -> SecretKeys:
    return secret_keys(
        configuration.gondola_secret_key.get_secret_value(),
        configuration.gondola_old_secret_keys.get_secret_value(),
        configuration.gondola_data_dir,
    )


async def import_(configuration: Configuration, path: Path) -> Kept:
    """Fill an empty database from a portable file. Raises OperatorError."""
    return await portable.import_(place_of(configuration), path)


async def back_up(configuration: Configuration, to: Path | None, *, seal: bytes, keep: int | None) -> Made:
    """Back up into the file or folder `to` (None: backups/ in the data directory), encrypted with `seal`
    where it is not empty; then delete from the folder what is older than GONDOLA_BACKUP_DAYS, and all but the
    newest `keep`. Raises OperatorError."""
    made_at = now()
    folder = to or configuration.gondola_data_dir / "backups"
    named = _is_file_name(folder)
    if named and keep is not None:
        raise OperatorError("--keep counts backups in a folder: name a folder, not a file.")
    target = folder if named else folder / backup.name_of(made_at)
    keys = backup.Keys(_house_key(configuration), seal)
    kept = await backup.back_up(place_of(configuration), target, keys, made_at)
    deleted = [] if named else backup.expire(folder, days_ago(configuration.gondola_backup_days))
    deleted += [] if keep is None else backup.prune(folder, keep)
    return Made(kept, tuple(deleted))


def expire_backups(configuration: Configuration) -> list[Path]:
    """Delete backups in the data directory that are older than GONDOLA_BACKUP_DAYS. Raises OperatorError."""
    before = days_ago(configuration.gondola_backup_days)
    return backup.expire(configuration.gondola_data_dir / "backups", before)


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


async def examine(configuration: Configuration) -> list[Finding]:
    """Every check of `gondola doctor`; nothing is changed, and a house may be running."""
    host, number = configuration.http_address
    folder = configuration.gondola_data_dir
    findings = [machine.python(), machine.data_dir(folder), machine.disk(folder)]
    found = await look(place_of(configuration), _present_cipher(configuration))
    findings += found.findings
    findings.append(await machine.port(host, number))
    findings += [one for one in (machine.public_url(configuration.gondola_public_url),) if one is not None]
    venice, discord, telegram = await asyncio.gather(
        _venice(configuration), _discord(configuration), _telegram(configuration)
    )
    findings += [*venice.findings, *discord.findings, *telegram.findings]
    clocks = (("Venice", venice.ahead), ("Discord", discord.ahead), ("Telegram", telegram.ahead))
    findings.append(machine.clock(clocks))
    findings += [
        house.owners(configuration, found.owners),
        house.access(configuration),
        house.spending(configuration, found.has_bot_cap),
    ]
    return findings


async def _venice(configuration: Configuration) -> Checkup:
    if configuration.demo:
        mend = "Set VENICE_API_KEY for real answers."
        return Checkup((warn("Venice", "No key: the built-in demo answers.", mend),))
    key = configuration.venice_api_key.get_secret_value()
    async with VeniceClient(key, configuration.venice_base_url, timeouts=_TIMEOUTS, retry=_ONCE) as client:
        findings = await venice_checks.check(client)
    try:
        said = await ask(f"{configuration.venice_base_url.rstrip('/')}/models/traits?type=text")
    except PlatformError:
        return Checkup(tuple(findings))
    return Checkup(tuple(findings), said.ahead)


async def _discord(configuration: Configuration) -> Checkup:
    token = configuration.discord_token.get_secret_value()
    if not token:
        return Checkup((ok("Discord", "No token: no Discord."),))
    return await discord_checkup.check(token, configuration.discord_base_url, await _commands())


async def _telegram(configuration: Configuration) -> Checkup:
    token = configuration.telegram_token.get_secret_value()
    if not token:
        return Checkup((ok("Telegram", "No token: no Telegram."),))
    public = configuration.gondola_public_url.rstrip("/")
    hook = f"{public}/hooks/telegram" if configuration.telegram_webhook else ""
    return await telegram_checkup.check(token, configuration.telegram_base_url, hook)


async def _commands() -> Sequence[Command]:
    """The commands of this version, from a house that is put together and never opened."""
    store = SqlStore(sqlite_database(SqliteFile(Path("never-opened"))), Lease("doctor", time.time, 1))
    async with store, VeniceClient("") as client:
        return assemble(store, client, {}, key=b"doctor").engine.commands


def is_sealed(path: Path) -> bool:
    """Whether a backup is encrypted. Raises OperatorError where the file cannot be read."""
    return package.is_sealed(path)


def _is_file_name(path: Path) -> bool:
    return path.suffix != "" and not path.is_dir()


def _present_cipher(configuration: Configuration) -> ContentCipher:
    """Like `_cipher`, without making a key file."""
    old = configuration.gondola_old_secret_keys.get_secret_value().split(",")
    present = b""
    with contextlib.suppress(OperatorError):  # a folder we may not enter is a finding of its own
        present = _house_key(configuration)
    keys = (present, *(one.strip().encode() for one in old))
    return ContentCipher([one for one in keys if one], sealing=configuration.has_own_key)


def _house_key(configuration: Configuration) -> bytes:
    """The secret key as it is now; b"" where none was made yet."""
    return existing_key(configuration.gondola_secret_key.get_secret_value(), configuration.gondola_data_dir)


def now() -> str:
    """The time as written into files."""
    return _written(datetime.now(UTC))


def days_ago(days: int) -> str:
    """The same, so many days ago."""
    return _written(datetime.now(UTC) - timedelta(days=days))


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
