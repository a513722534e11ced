"""What places are called, as their platforms said lately. Kept in memory only."""

from __future__ import annotations

from collections import OrderedDict

from bot.messages import Incoming

MOST = 5_000
LONGEST = 80


class Titles:
    """Titles of servers and groups by scope key."""

    def __init__(self) -> None:
        self._titles: OrderedDict[str, str] = OrderedDict()

    def note(self, incoming: Incoming) -> None:
        """Remember what an event says of where it came from."""
        title, key = " ".join(incoming.place_title.split())[:LONGEST], incoming.place.server_key
        if not title or not key:
            return
        self._titles[key] = title
        self._titles.move_to_end(key)
        if len(self._titles) > MOST:
            self._titles.popitem(last=False)

    def of(self, server_key: str) -> str:
        """The title of a server, "" where nobody has said it."""
        return self._titles.get(server_key, "")
