"""Where a page of rows goes on, as it stands in an address."""

from __future__ import annotations

from bot.errors import UserError

NO_PAGE = "There is no such page. Go back to the first one."


def number(cursor: str) -> int:
    """Where a page goes on, 0 for the beginning. Raises UserError for anything that no page gave out."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
        raise UserError(NO_PAGE)
    return int(cursor)
