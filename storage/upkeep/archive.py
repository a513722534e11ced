"""The portable form of a whole database: gzipped lines of JSON, the same from every kind of database.

    {"gondola": "archive", "format": 1, "revision": "0001", "made_at": "2026-11-28T03:00:00Z"}
    {"table": "caps", "columns": ["ceiling", …]}      then one line per row, a list of values
    {"end": {"caps": {"rows": 1, "sums": {…}, "digest": "…"}, …}}

What lacks the last line was cut off.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OperatorError
from bot.safekeeping import Figures, Kept
from storage.ciphering import ContentCipher
from storage.upkeep.figures import Counting, Line, as_figures, as_json, lines_of
from storage.upkeep.schema import tables_of, written_columns

FORMAT = 1
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    revision: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Section:
    """The rows that follow are this table's."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The last line: what the file should hold."""

    tables: dict[str, Figures]


Piece = Header | Section | End | Line


async def write_archive(
    connection: AsyncConnection, path: Path, made_at: str, cipher: ContentCipher | None = None
) -> Kept:
    """Write everything this connection sees into a file, decrypted where there is a `cipher`. Raises
    OperatorError, OSError."""
    revision, tables = await connection.run_sync(tables_of)
    if not revision:
        raise OperatorError("The database has no tables yet: there is nothing to keep.")
    figures: dict[str, Figures] = {}
    with gzip.open(path, "wb", compresslevel=_LEVEL) as file:
        header = {"gondola": "archive", "format": FORMAT, "revision": revision, "made_at": made_at}
        file.write(_line(header))
        for name, table in tables.items():
            columns = [column.name for column in written_columns(table)]
            file.write(_line({"table": name, "columns": columns}))
            counting = Counting(columns)
            async with aclosing(lines_of(connection, table, cipher)) as rows:
                async for row in rows:
                    file.write(counting.add(row) + b"\n")
            figures[name] = counting.figures()
        file.write(_line({"end": as_json(figures)}))
    return Kept(path, made_at, revision, figures)


def pieces(path: Path) -> Iterator[Piece]:
    """An archive piece by piece: a header, then sections with their rows, then the end. Raises OperatorError
    for something else, or where the file is damaged or cut off."""
    last: Piece | None = None
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                last = _piece(json.loads(line), first=last is None)
                yield last
    except FileNotFoundError:
        raise OperatorError(f"There is no file {path}.") from None
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise damaged(path) from error
    if not isinstance(last, End):
        raise damaged(path)


def header_of(path: Path) -> Header:
    """The header of an archive. Raises OperatorError for something else."""
    first = next(pieces(path), None)
    if not isinstance(first, Header):
        raise damaged(path)
    return first


def check_archive(path: Path) -> Kept:
    """Read a whole archive and compare it with its own figures. Raises OperatorError."""
    header, counting, end = header_of(path), dict[str, Counting](), dict[str, Figures]()
    current = Counting(())
    for piece in pieces(path):
        match piece:
            case Section():
                current = counting[piece.table] = Counting(piece.columns)
            case End():
                end = piece.tables
            case list():
                current.add(piece)
            case Header():
                pass
    found = {name: one.figures() for name, one in counting.items()}
    if found != end:
        raise damaged(path)
    return Kept(path, header.made_at, header.revision, found)


def damaged(path: Path) -> OperatorError:
    """What to say of a file that is no archive, or no whole one."""
    return OperatorError(
        f"{path} is not an export of Gondola, or it is damaged. What `gondola backup` wrote is for "
        "`gondola restore`."
    )


def _line(entry: Mapping[str, object]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _piece(entry: object, *, first: bool) -> Piece:
    if isinstance(entry, list) and not first:
        return cast(Line, entry)
    fields = cast(dict[str, Any], entry)
    if first:
        if fields["gondola"] != "archive" or fields["format"] != FORMAT:
            raise ValueError("no archive of this format")
        return Header(str(fields["revision"]), str(fields["made_at"]))
    if "table" in fields:
        return Section(str(fields["table"]), tuple(fields["columns"]))
    return End(as_figures(fields["end"]))
