"""People as owners of their data: one person on several platforms, what is kept of somebody, and its end.

`person` is a keyed hash and `speaker` a person's key ("platform:id"), as everywhere in storage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.auditing import Change
from bot.messages import Place

Hide = Callable[[Place], str]
"""The name that a direct chat has in money's books: a scope key with a keyed hash in the place of its id."""


@dataclass(frozen=True, slots=True)
class Link:
    """One account of somebody. All accounts of a person have one `canonical` hash, which their caps, usage
    and facts go by; that of the first is its own."""

    person: str
    canonical: str
    speaker: str


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """A code shown to somebody, by its keyed hash; good once, until `expires_at`."""

    code: str
    person: str
    speaker: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Whose:
    """Somebody with all accounts: hashes and keys."""

    persons: frozenset[str]
    speakers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Erasure:
    """Everything of somebody is to go. `person` is their canonical hash; `conversation` is where to say that
    it is done, "" for nowhere. `asked_at` is when they confirmed it: what they begin later is not touched.
    Once all is erased the ids are gone from it, too, and only the file of the database is left to clean."""

    person: str
    whose: Whose
    conversation: str
    asked_at: float

    @property
    def erased(self) -> bool:
        """Whether only cleaning is left."""
        return not self.whose.speakers


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A kept file of somebody, without its bytes; `size` counts them, `made_of` is its recipe as JSON, "" for
    none."""

    id: str
    name: str
    mime: str
    size: int
    created_at: float
    made_of: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is stored of somebody: by subject, rows of plain values, oldest first. Times are Unix seconds,
    money micro-USD."""

    subjects: Mapping[str, Sequence[Mapping[str, object]]]
    files: tuple[ExportedFile, ...] = field(default=())


class People(Protocol):
    """Storage of links, and of what is asked of everything else about one person."""

    async def links(self) -> list[Link]: ...

    async def offer(self, offer: LinkOffer) -> None:
        """Keep a code; an earlier one of the same account ends."""
        ...

    async def redeem(self, code: str, now: float) -> LinkOffer | None:
        """Take a code that is good; it is good once."""
        ...

    async def link(self, first: Link, second: Link, change: Change) -> bool:
        """Two people become one under the first's canonical hash: counters add up, the stricter of two caps
        and any block holds, facts, orders and what else is theirs goes along. Of settings that both have
        the first's stay. One transaction. False, and nothing is done, while one of them is being erased."""
        ...

    async def unlink(self, canonical: str, change: Change) -> int:
        """All accounts of a person stand alone again; returns how many there were. What was used counts for
        each of them, and so does a block; everything else stays with the first."""
        ...

    async def whose(self, person: str) -> Whose:
        """All accounts under a canonical hash, without the one who asks unless it is linked."""
        ...

    async def dossier(self, whose: Whose) -> Dossier: ...

    async def request(self, erasure: Erasure) -> None:
        """Write down that somebody's data is to be erased; once is enough, until it is."""
        ...

    async def claim(self) -> list[Erasure]:
        """Take over erasures that no living process works on, for as long as a lease lasts."""
        ...

    async def erase(self, erasure: Erasure, hide: Hide, change: Change) -> None:
        """Delete all rows of somebody, and their ids from what stays, in one transaction."""
        ...

    async def clean(self) -> bool:
        """Rewrite the database's file without what was deleted; False when somebody else is in the way."""
        ...

    async def finish(self, person: str) -> None:
        """An erasure is over, unless it was asked for again since."""
        ...

    async def hide_directs(self, hide: Hide) -> None:
        """Give direct chats in money's books the names that say nothing."""
        ...


class HasPeople(Protocol):
    """A store that knows people."""

    @property
    def people(self) -> People: ...
