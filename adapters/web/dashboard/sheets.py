"""The ledger as CSV, in pieces, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from decimal import Decimal

from adapters.web.dashboard.words import MICRO, iso
from bot.overseeing import LedgerLine

HEADINGS = (
    "time",
    "settled",
    "server",
    "channel",
    "person",
    "medium",
    "model",
    "calls",
    "estimate_usd",
    "cost_usd",
    "uncertain",
    "request_id",
    "turn_id",
    "key",
)
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=\s*[=+\-@＝＋－＠]|[\t\r\n])")
_PIECE = 200
"""Lines sent at once."""


async def sheet(first: LedgerLine | None, rest: AsyncGenerator[LedgerLine]) -> AsyncIterator[str]:
    """A heading and a line for each paid call."""
    lines: list[Sequence[str]] = [HEADINGS]
    if first is not None:
        lines.append(_cells(first))
        async with aclosing(rest):
            async for row in rest:
                lines.append(_cells(row))
                if len(lines) >= _PIECE:
                    yield _text(lines)
                    lines = []
    yield _text(lines)


def _text(lines: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue()


def _cells(row: LedgerLine) -> Sequence[str]:
    texts = (row.server, row.channel, row.person, row.medium, row.model)
    ends = (row.request_id, row.turn_id, row.key)
    return (
        iso(row.at),
        iso(row.settled_at),
        *(guarded(text) for text in texts),
        str(row.calls),
        _dollars(row.estimate),
        _dollars(row.cost),
        "yes" if row.uncertain else "no",
        *(guarded(text) for text in ends),
    )


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula, nor a part of it where other signs than commas part
    cells, as in much of Europe."""
    return _FORMULA.sub(r"\1'", text)


def _dollars(micro: int) -> str:
    return f"{Decimal(micro) / MICRO:.6f}"
