"""What a visitor's page shows: the last messages in memory, and the tabs that follow them.

Every change of a message takes the next number. A tab that says which number it has seen gets each
message that changed since in its present state, so a slow or returning tab never replays old edits.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.web.folder import StoredMedia
from bot.messages import ButtonRows

LONGEST = 200
"""Messages kept a visitor."""

MOST_VISITORS = 200
"""Transcripts kept; the one unused longest goes first, never one with an open tab."""


class Kind(StrEnum):
    """How a message is shown."""

    MESSAGE = "message"
    MEDIA = "media"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Item:
    """One message on the page. `html` is safe HTML of the bot; a visitor's own words have only `text`.

    `created` and `changed` are numbers of the transcript; `recalled` says it comes from the memory of an
    earlier run, so a page that was open through the restart shows it already.
    """

    id: str
    kind: Kind = Kind.MESSAGE
    mine: bool = False
    html: str = ""
    text: str = ""
    buttons: ButtonRows = ()
    media: tuple[StoredMedia, ...] = ()
    at: float = 0.0
    recalled: bool = False
    created: int = 0
    changed: int = 0


class Tab:
    """One open page. `signal` is set when there is something to send."""

    def __init__(self, seen: int, typing_seen: int) -> None:
        self.seen = seen
        self.typing_seen = typing_seen
        self.signal = asyncio.Event()


class Transcript:
    """The messages of one visitor."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, Item] = OrderedDict()
        self._tabs: set[Tab] = set()
        self.number = 0
        self.typings = 0
        self.filling = asyncio.Lock()
        self.filled = False

    @property
    def items(self) -> list[Item]:
        """Oldest first."""
        return list(self._items.values())

    @property
    def watched(self) -> bool:
        return bool(self._tabs)

    def find(self, item_id: str) -> Item | None:
        return self._items.get(item_id)

    def put(self, item: Item) -> Item:
        """Add a message, or show the one of that id anew in its old place."""
        self.number += 1
        old = self._items.get(item.id)
        created = old.created if old else self.number
        item = replace(item, created=created, changed=self.number)
        self._items[item.id] = item
        while len(self._items) > LONGEST:
            self._items.popitem(last=False)
        self._wake()
        return item

    def clear(self) -> None:
        """Nothing was said."""
        self._items.clear()

    def expire(self, before: float) -> None:
        """Nothing was said before a time."""
        for item in self.items:
            if item.at < before:
                del self._items[item.id]

    def refill(self) -> None:
        """Nothing was said but what is remembered, which is read anew by whoever looks next."""
        self.clear()
        self.filled = False

    def typing(self) -> None:
        self.typings += 1
        self._wake()

    def since(self, number: int) -> list[Item]:
        """Messages added or changed after that number, in page order."""
        return [item for item in self._items.values() if item.changed > number]

    def open(self, seen: int) -> Tab:
        tab = Tab(seen, self.typings)
        tab.signal.set()
        self._tabs.add(tab)
        return tab

    def close(self, tab: Tab) -> None:
        self._tabs.discard(tab)

    def _wake(self) -> None:
        for tab in self._tabs:
            tab.signal.set()


class Transcripts:
    """Every visitor's transcript."""

    def __init__(self) -> None:
        self._by_visitor: OrderedDict[str, Transcript] = OrderedDict()

    def of(self, visitor: str) -> Transcript:
        """The visitor's transcript, made when there is none yet."""
        transcript = self._by_visitor.setdefault(visitor, Transcript())
        self._by_visitor.move_to_end(visitor)
        if len(self._by_visitor) > MOST_VISITORS:
            self._drop_one()
        return transcript

    @property
    def visitors(self) -> set[str]:
        """Whose there are."""
        return set(self._by_visitor)

    def known(self, visitor: str) -> Transcript | None:
        """The visitor's transcript, None when there is none."""
        return self._by_visitor.get(visitor)

    def _drop_one(self) -> None:
        for visitor, transcript in list(self._by_visitor.items())[:-1]:
            if not transcript.watched:
                del self._by_visitor[visitor]
                return
