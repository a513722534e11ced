"""What is remembered for good: facts on shelves, each with where it comes from. Records and the seam.

A shelf belongs to a person (by keyed hash), to a channel, or to a character in a channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.messages import Place


class Shelf(StrEnum):
    """Whose fact it is."""

    USER = "user"
    CHANNEL = "channel"
    CHARACTER = "character"


@dataclass(frozen=True, slots=True)
class Fact:
    """One remembered fact. `shelf` is a shelf key; `by` is the keyed hash of who said it and `name` how they
    were called (for display, untrusted). `conversation`, `chat`, `turn_id` and `message_ids` say where it was
    said; `title` is that place's name, "" for a private chat. `learned` marks what nobody asked to keep."""

    id: str
    shelf: str
    text: str
    by: str
    name: str
    conversation: str
    at: float
    chat: str = ""
    turn_id: str = ""
    message_ids: tuple[str, ...] = ()
    title: str = ""
    learned: bool = False

    @property
    def kind(self) -> Shelf:
        """What kind of shelf it stands on."""
        return Shelf(self.shelf.partition(":")[0])

    @property
    def place(self) -> Place:
        """Where it was said."""
        return Place.of_conversation(self.conversation)


def user_shelf(person: str) -> str:
    """The shelf of a person, by keyed hash."""
    return f"{Shelf.USER}:{person}"


def channel_shelf(place: Place) -> str:
    """The shelf that everybody in a channel shares."""
    return place.channel_key


def character_shelf(place: Place, character: str) -> str:
    """The shelf of a character in a channel; the same character elsewhere knows nothing of it."""
    return f"{Shelf.CHARACTER}:{place.platform}:{place.channel}:{character}"


@dataclass(frozen=True, slots=True)
class Embedding:
    """A text as a vector of length 1, made by a model; only vectors of one model can be compared."""

    model: str
    numbers: Sequence[float]


class Kept(StrEnum):
    """What became of a fact that was to be kept: FULL where the shelf has no room, KNOWN where it stands
    there already in the same words, GONE where what it was learned from is forgotten."""

    KEPT = "kept"
    FULL = "full"
    KNOWN = "known"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Keeping:
    """A fact to keep on a shelf of at most `most`. One that was learned in passing needs the question it
    comes from to be still in memory."""

    fact: Fact
    most: int
    embedding: Embedding | None = field(default=None, compare=False)


class Facts(Protocol):
    """Remembered facts, in storage. They go with what they were said in: the message, the turn that an edit
    replaces, the chat (`Memory` and `Chats` see to that)."""

    async def keep(self, keeping: Keeping) -> Kept:
        """Store a fact, or say why not."""
        ...

    async def of_shelves(self, shelves: Sequence[str]) -> list[Fact]:
        """Every fact of these shelves, the newest first."""
        ...

    async def embeddings(self, shelves: Sequence[str]) -> Mapping[str, Embedding]:
        """The vectors of these shelves, by fact id, as far as there are any."""
        ...

    async def embed(self, found: Mapping[str, Embedding]) -> None:
        """Store vectors by fact id; a fact that is gone is left out."""
        ...

    async def get(self, fact_id: str) -> Fact | None:
        """One fact."""
        ...

    async def forget(self, fact_ids: Sequence[str]) -> int:
        """Delete facts; returns how many there were."""
        ...

    async def count(self, conversation: str, chat: str) -> int:
        """How many facts were said in a chat."""
        ...


class HasFacts(Protocol):
    """A store that keeps facts."""

    @property
    def facts(self) -> Facts: ...
