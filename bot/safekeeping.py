"""Vocabulary of looking after a house's data: migrations, figures of tables, backups, archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BACKUP_DAYS = 30
"""Days for which backups are kept where nothing else is set; what people erase lives on in them so long."""


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: its revision and what it does, in a line."""

    revision: str
    title: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What migrating means for a database at revision `current` ("" for an empty one). `statements` is the
    SQL a rehearsal ran and took back; () where nothing was rehearsed."""

    place: str
    current: str
    steps: tuple[Step, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What is in a table: how many rows, the sum of each whole-number column, and a digest of all values that
    does not depend on the order of rows or on the kind of database (hex)."""

    rows: int
    sums: Mapping[str, int]
    digest: str


Tables = Mapping[str, Figures]
"""Figures by table."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup or an archive: the file, when its data was current (ISO, UTC), the revision of its tables, and
    what is in them."""

    path: Path
    made_at: str
    revision: str
    tables: Tables
    sealed: bool = False
    has_key: bool = False

    @property
    def rows(self) -> int:
        """Rows in all tables."""
        return sum(figures.rows for figures in self.tables.values())

    @property
    def spent(self) -> int:
        """The ledger's sum in micro-USD."""
        ledger = self.tables.get("ledger")
        return 0 if ledger is None else ledger.sums.get("cost", 0)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and old ones that were deleted for it."""

    kept: Kept
    deleted: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored backup. `aside` is where the SQLite file that was there before now lies, None for nowhere;
    `key_written` says that the backup's key file was put in place, `key_differs` that the house's secret key
    is not the one of the backup."""

    kept: Kept
    aside: Path | None
    key_written: bool
    key_differs: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was written anew: rows of the database and files of the web page; `foreign` counts files that are
    sealed with a key that is not there."""

    rows: int
    files: int
    foreign: int
