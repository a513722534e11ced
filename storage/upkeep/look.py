"""A look at the database for `gondola doctor`: nothing is written, and no lock is taken."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OperatorError
from bot.findings import Finding, bad, ok, warn
from bot.records import ALL_MEDIA, CapUnit
from storage.ciphering import PLAIN, ContentCipher
from storage.location import PostgresServer, SqliteFile
from storage.migrate import revision_of, scripts
from storage.resealing import noted, unlike_rows
from storage.tables import caps, owners
from storage.upkeep.access import Place, describe, snapshot
from storage.upkeep.copying import check_file

ABOUT = "Database"
_ENCODING = text("SHOW server_encoding")
_WIDE_OPEN = 0o077


@dataclass(frozen=True, slots=True)
class Look:
    """Findings, and what the house has set; None where the tables cannot be read."""

    findings: tuple[Finding, ...]
    owners: int | None = None
    has_bot_cap: bool | None = None


async def look(place: Place, cipher: ContentCipher) -> Look:
    """Reachable, of this version, sound, and encrypted as `cipher` would."""
    if isinstance(place, SqliteFile) and not _seen(place.path):
        return Look((ok(ABOUT, f"{describe(place)} will be made at the first start."),))
    try:
        if isinstance(place, SqliteFile):
            await check_file(place.path)
        async with snapshot(place) as connection:
            return await _look(connection, place, cipher)
    except OperatorError as error:
        mend = "Start the server or mend DATABASE_URL." if isinstance(place, PostgresServer) else _RESTORE
        return Look((bad(ABOUT, error.reader_text, mend),))


def _seen(path: Path) -> bool:
    """Whether there is such a file for us, which one in a folder that we may not enter is not."""
    return os.path.isfile(path)


_RESTORE = "Stop Gondola, and restore a backup with `gondola restore`."


async def _look(connection: AsyncConnection, place: Place, cipher: ContentCipher) -> Look:
    findings = [_revision(await connection.run_sync(revision_of), place)]
    if isinstance(place, SqliteFile):
        findings += _private(place.path)
    else:
        findings += _encoding(str((await connection.execute(_ENCODING)).scalar_one()))
    if findings[0].mend:
        return Look(tuple(findings))
    findings.append(await _encryption(connection, cipher))
    return await connection.run_sync(_house, tuple(findings))


def _revision(current: str, place: Place) -> Finding:
    newest = scripts().get_current_head() or ""
    if current == newest:
        return ok(ABOUT, f"{describe(place)} is sound and of this version ({current}).")
    if current and current not in {script.revision for script in scripts().walk_revisions()}:
        mend = "Install that version again, or restore a backup."
        return bad(ABOUT, "The database was written by a newer Gondola.", mend)
    mend = "`gondola migrate --dry-run` shows what; the next start, or `gondola migrate`, does it."
    return warn(ABOUT, f"{describe(place)} needs migrating.", mend)


async def _encryption(connection: AsyncConnection, cipher: ContentCipher) -> Finding:
    if foreign := await noted(connection) - cipher.prints:
        mend = "Put the key into GONDOLA_SECRET_KEY, or into GONDOLA_OLD_SECRET_KEYS beside a new one."
        return bad(ABOUT, f"Words are encrypted with {len(foreign)} secret key(s) that I do not have.", mend)
    otherwise = await unlike_rows(connection, cipher)
    sealed = cipher.newest != PLAIN
    if otherwise:
        how = "encrypted with the present key" if sealed else "decrypted"
        mend = "Start Gondola, which does it beside its work, or stop it and run `gondola seal`."
        return warn(ABOUT, f"{otherwise:,} rows with words are not {how} yet.", mend)
    if sealed:
        return ok(ABOUT, "What people say is stored encrypted.")
    return ok(ABOUT, "What people say is stored as it is; GONDOLA_SECRET_KEY would have it encrypted.")


def _private(path: Path) -> list[Finding]:
    if os.stat(path).st_mode & _WIDE_OPEN:
        mend = f"chmod 600 {path}"
        return [warn(ABOUT, f"Others on this machine can read {path}.", mend)]
    return []


def _encoding(encoding: str) -> list[Finding]:
    if encoding == "UTF8":
        return []
    mend = "Make a database with ENCODING 'UTF8', and move with `gondola export` and `gondola import`."
    return [bad(ABOUT, f"The PostgreSQL database stores {encoding}, which cannot hold every message.", mend)]


def _house(connection: Connection, findings: tuple[Finding, ...]) -> Look:
    counted = connection.execute(select(func.count()).select_from(owners)).scalar_one()
    cap = select(caps.c.ceiling).where(
        caps.c.scope == "bot", caps.c.medium == ALL_MEDIA, caps.c.unit == CapUnit.MONEY.value
    )
    return Look(findings, counted, connection.execute(cap).first() is not None)
