"""Books in memory follow the database: what another process changes holds here within seconds, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.books import MARKS, Book
from bot.errors import GondolaError
from bot.storing import Marks

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LOOK_SECONDS = 2.0
"""How old what is in memory can be; written down for operators in docs/operations.md."""

Load = Callable[[], Awaitable[None]]


class BookWatch:
    """Reads books anew whose marks have changed. The first look reads every book."""

    def __init__(self, marks: Marks, loads: Mapping[Book, Load]) -> None:
        self._marks = marks
        self._loads = loads
        self._seen: dict[str, str] | None = None

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                # Once more after a change: what was changed while a book was read may be missing in it.
                while await self.look():
                    pass
            except GondolaError as error:
                log.warning("books.unread", reason=error.detail)

    async def look(self) -> bool:
        """Read what has changed since the last look; True when something had. What could not be read is read
        at the next look."""
        found = await self._marks.beginning(MARKS)  # before the books: one changed meanwhile is read again
        changed = [
            book for book in Book if self._seen is None or found.get(book.mark) != self._seen.get(book.mark)
        ]
        for book in changed:
            await self._loads[book]()
        self._seen = found
        return bool(changed)
