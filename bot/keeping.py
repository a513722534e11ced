"""The seams of what is kept of results: their bytes, so that buttons work after a restart, a failed upload
can be offered again, and every version of a picture can be gone back to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

KEPT_SECONDS = 7 * 86_400.0
"""How long a file is kept."""
FILE_LIMIT = 64 * 1024 * 1024
"""Bytes; a larger file is not kept."""
ROOM_LIMIT = 256 * 1024 * 1024
"""Bytes kept for one room (`Place.room`); the oldest files go first."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that somebody asked for, or sent to have it changed.

    `id` is the caller's and cannot be guessed; `room` and `conversation` are those of the place; `person` is
    the keyed hash of who asked; `parent` is the id of the file it was made from, "" for none; `note` is JSON
    for whoever keeps it, "" for none. `message_ids` are the platform messages that show it.
    """

    id: str
    room: str
    conversation: str
    person: str
    name: str
    mime: str
    data: bytes
    created_at: float
    expires_at: float
    parent: str = ""
    note: str = ""
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A kept file without its bytes; `size` counts them."""

    id: str
    room: str
    conversation: str
    person: str
    name: str
    mime: str
    size: int
    created_at: float
    parent: str = ""
    note: str = ""
    message_ids: tuple[str, ...] = ()


class Vault(Protocol):
    """Kept files. What has expired is not found."""

    async def keep(self, files: Sequence[KeptFile]) -> set[str]:
        """Keep files, in order; returns the ids of those that are. Files over FILE_LIMIT are not, and what
        the rooms then hold beyond ROOM_LIMIT goes, oldest first."""
        ...

    async def get(self, file_id: str, now: float) -> KeptFile | None:
        """One file with its bytes."""
        ...

    async def about(self, file_ids: Sequence[str], now: float) -> list[Version]:
        """What is known of files, in the order they were kept in."""
        ...

    async def ancestors(self, file_id: str, now: float) -> list[Version]:
        """What a file was made from: its parent first, then that one's parent, as far as there are any."""
        ...

    async def children(self, file_id: str, now: float) -> list[Version]:
        """What was made from a file, oldest first."""
        ...

    async def recent(self, conversation: str, now: float, limit: int) -> list[Version]:
        """The newest of a conversation, newest first."""
        ...

    async def shown(self, file_ids: Sequence[str], message_ids: Sequence[str]) -> None:
        """Each of these files is shown by all of these messages, and by those it was shown by before."""
        ...

    async def shown_by(self, room: str, message_id: str, now: float) -> list[Version]:
        """What a message shows, in the order it was kept in."""
        ...

    async def forget(self, conversation: str) -> int:
        """Delete what a conversation keeps; returns how many files."""
        ...

    async def drop(self, file_id: str) -> None:
        """Delete one file."""
        ...

    async def purge(self, now: float) -> int:
        """Delete what has expired; returns how many files."""
        ...


class HasVault(Protocol):
    """A store that keeps files."""

    @property
    def vault(self) -> Vault: ...
