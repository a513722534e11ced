"""Where a page of rows goes on, as it stands in an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.dashboard import PAGE_ROWS, Page
from bot.errors import UserError

NO_PAGE = "There is no such page. Go back to the first one."

T = TypeVar("T")


def number(cursor: str) -> int:
    """Where a page goes on, 0 for the beginning. Raises UserError for anything that no page gave out."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
        raise UserError(NO_PAGE)
    return int(cursor)


def paged(rows: Sequence[T], key: Callable[[T], str], cursor: str, size: int = PAGE_ROWS) -> Page[T]:
    """Rows after the one whose key is the cursor, "" for the first ones. Raises UserError where it is not
    among them (any more)."""
    start = 0
    if cursor:
        start = next((number for number, row in enumerate(rows, 1) if key(row) == cursor), 0)
        if not start:
            raise UserError(NO_PAGE)
    shown = tuple(rows[start : start + size])
    return Page(shown, key(shown[-1]) if len(rows) > start + size else "")


def moment(cursor: str) -> tuple[float, str] | None:
    """A time and what happened then, as `of_moment` writes them; None for the beginning. Raises UserError."""
    if not cursor:
        return None
    at, _, name = cursor.partition("/")
    try:
        found = float(at)
    except ValueError:
        raise UserError(NO_PAGE) from None
    if not 0 <= found < 1e11 or not name:
        raise UserError(NO_PAGE)
    return found, name


def of_moment(at: float, name: str) -> str:
    """A cursor of a time and what happened then."""
    return f"{at!r}/{name}"
