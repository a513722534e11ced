"""The seams of retention: how long what people said is kept, and what becomes of a server that was left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Departure:
    """A server that the bot is no longer in, since a Unix time. `server` is a server key of `Place`."""

    server: str
    left_at: float


class Retention(Protocol):
    """Deleting what is old. Money, counters, caps and blocks stay."""

    async def conversations(self) -> list[str]:
        """The keys of conversations of which anything is kept."""
        ...

    async def channels(self) -> Mapping[str, str]:
        """The channel keys with buttons: the server key of each where it is known, else ""."""
        ...

    async def expire(self, conversation: str, before: float, limit: int) -> int:
        """Delete what is older than a time: at most so many messages, in one transaction, with the summaries
        over them; and once no such message is left also facts, files, past reminders, finished orders and
        titles of empty chats. Returns how many rows; 0 once nothing is left."""
        ...

    async def expire_buttons(self, channel: str, before: float) -> int:
        """Delete buttons stored before a time; returns how many."""
        ...

    async def left(self, server: str, at: float) -> None:
        """The bot is no longer there; an earlier time stays."""
        ...

    async def returned(self, server: str) -> bool:
        """The bot is there again; False where it had not left."""
        ...

    async def departed(self) -> list[Departure]:
        """The servers that were left, the earliest first."""
        ...

    async def servers(self, platform: str) -> list[str]:
        """The servers (keys of `Place`) of which anything is kept that `remove_server` deletes, those that
        were left among them. That one may come in is no sign of the bot having been there."""
        ...

    async def remove_server(self, server: str, limit: int, *, key: bool = True) -> int:
        """Delete everything of a server that was left, its settings and permissions included, and at last
        that it was left: at most so many messages in one transaction. Returns how many rows; 0 once nothing
        is left, or where it was come back to. Without `key` its Venice key stays, and that it was left."""
        ...

    async def scrub(self) -> None:
        """Have what was deleted leave the disk, too, as far as the database can."""
        ...


class HasRetention(Protocol):
    """A store that forgets in time."""

    @property
    def retention(self) -> Retention: ...
