"""The seams of what was said in a place: read back on request, and where somebody can be told alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.capabilities import Capabilities
from bot.messages import Person, Place


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a place. `at` is Unix seconds; `mine` marks the bot's own; `message_id` may be ""."""

    author: Person
    text: str
    at: float
    message_id: str = ""
    mine: bool = False


@runtime_checkable
class ReadsBack(Protocol):
    """A door that can read what was said in a place before."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def read_back(self, place: Place, reader: Person, limit: int) -> Sequence[Said]:
        """The newest messages with words, oldest first, if both the bot and the reader may read there. Raises
        PlatformError."""
        ...


@runtime_checkable
class KnowsDirectChats(Protocol):
    """A door that knows where the direct chat with a person is. Whether one may write there, only a send
    tells."""

    @property
    def capabilities(self) -> Capabilities: ...

    def direct_chat(self, person: Person) -> Place:
        """Their chat with the bot."""
        ...
