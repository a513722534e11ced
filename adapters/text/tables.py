"""Tables for platforms that have none: aligned text, or lists of "header: value" when too wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token

from adapters.text.measure import display_width
from adapters.text.runs import Dialect, Run, Style, inline_runs, joined

WIDEST = 60
"""Columns of a fixed-width font that an aligned table may take."""

_LONGEST_HEADER = 60

Row = list[list[Run]]


def read_rows(tokens: Sequence[Token], base: Style, dialect: Dialect) -> list[Row]:
    """Rows of cells from the tokens between table_open and table_close; the first is the header."""
    rows: list[Row] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(inline_runs(token.children or [], base, dialect, " "))
    return rows


def aligned(rows: Sequence[Row], aligns: Sequence[str]) -> str | None:
    """The table as fixed-width text, or None if it is too wide or holds links worth clicking."""
    if any(run.style.link and not run.style.bare for row in rows for cell in row for run in cell):
        return None
    texts = [[joined(cell).strip() for cell in row] for row in rows]
    widths = _widths(texts)
    if sum(widths) + 3 * (len(widths) - 1) > WIDEST:
        return None
    sides = [*aligns, *["left"] * (len(widths) - len(aligns))]
    lines = [_line(row, widths, sides) for row in texts]
    return "\n".join([lines[0], "-+-".join("-" * width for width in widths), *lines[1:]])


def _widths(texts: Sequence[Sequence[str]]) -> list[int]:
    widths = [1] * max(len(row) for row in texts)
    for row in texts:
        for column, text in enumerate(row):
            widths[column] = max(widths[column], display_width(text))
    return widths


def _line(row: Sequence[str], widths: Sequence[int], sides: Sequence[str]) -> str:
    padded = [*row, *[""] * (len(widths) - len(row))]
    cells = [_pad(text, width, side) for text, width, side in zip(padded, widths, sides, strict=True)]
    return " | ".join(cells).rstrip()


def _pad(text: str, width: int, side: str) -> str:
    spare = max(0, width - display_width(text))
    left = spare if side == "right" else spare // 2 if side == "center" else 0
    return " " * left + text + " " * (spare - left)


def listed(rows: Sequence[Row], bullet: Run, indent: Run) -> Iterator[list[Run]]:
    """The table as lines: per row a bullet, then `header: value` for each cell that is not empty."""
    header = rows[0]
    repeats = all(len(joined(cell)) <= _LONGEST_HEADER for cell in header)
    used = {column for row in rows[1:] for column, cell in enumerate(row) if joined(cell).strip()}
    unused = [[] if repeats and column in used else cell for column, cell in enumerate(header)]
    yield from _items(unused, [], bullet, indent)
    for row in rows[1:]:
        yield from _items(row, header if repeats else [], bullet, indent)


def _items(row: Row, header: Row, bullet: Run, indent: Run) -> Iterator[list[Run]]:
    mark = bullet
    for column, cell in enumerate(row):
        if joined(cell).strip():
            yield [mark, *(_label(header[column]) if column < len(header) else []), *cell]
            mark = indent


def _label(cell: Sequence[Run]) -> list[Run]:
    if not joined(cell).strip():
        return []
    bold = [Run(run.text, replace(run.style, marks=run.style.marks | {"bold"})) for run in cell]
    return [*bold, Run(": ", replace(bold[-1].style, link="", bare=False, marks=frozenset({"bold"})))]
