"""The seams of what a door keeps by itself of a talk: files on its disk, and what its page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.messages import Place


@dataclass(frozen=True, slots=True)
class DoorFile:
    """A file a door keeps, sent by somebody or made for them. `created_at` is a Unix time, `size` bytes."""

    id: str
    name: str
    mime: str
    size: int
    created_at: float


@runtime_checkable
class KeepsFiles(Protocol):
    """A door that keeps files by itself. Whose they are is told by whose place it is; calls raise
    PlatformError."""

    async def kept_places(self) -> Sequence[Place]:
        """The places of which anything is kept."""
        ...

    async def forget_place(self, place: Place) -> int:
        """Delete everything of a place; returns how many files."""
        ...

    async def expire_place(self, place: Place, before: float) -> int:
        """Delete what is from before a time; returns how many files."""
        ...

    async def files_of(self, speakers: frozenset[str]) -> Sequence[DoorFile]:
        """The files of people (keys, of any platform), oldest first."""
        ...

    async def file_bytes(self, file_id: str) -> bytes:
        """The bytes of a file; GONE where it is no more."""
        ...
