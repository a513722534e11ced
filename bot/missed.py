"""The seams of what was missed: how far channels were read, and what can no longer be answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bot.messages import Incoming
from bot.records import ReadMark


@runtime_checkable
class NamesLost(Protocol):
    """A door at which an event can become unanswerable."""

    def lost(self, incoming: Incoming) -> str:
        """What people read in place of the answer, "" while there can be one."""
        ...


class FollowsReading(Protocol):
    """The part of the engine's front that adapters need to catch up."""

    def admits(self, incoming: Incoming) -> bool:
        """Whether the door lets an event in; nothing is kept. An author without id stands for anybody."""
        ...

    async def read_marks(self, platform: str, limit: int) -> Sequence[ReadMark]:
        """How far the channels of a platform were read, the last active first."""
        ...

    async def keep_read(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str]) -> None:
        """Remember how far channels were read, and forget the channels `gone`."""
        ...


class Reading(Protocol):
    """How far channels were read, in storage. Ids only, never a word."""

    async def newest(self, platform: str, limit: int) -> list[ReadMark]:
        """The channels of a platform, the last active first."""
        ...

    async def keep(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str] = ()) -> None:
        """Store marks in place of those of the same channels; delete those of the channels `gone`."""
        ...

    async def purge(self, before: float) -> int:
        """Delete the marks of channels last active before a time; returns how many."""
        ...


class HasReading(Protocol):
    """A store that keeps how far channels were read."""

    @property
    def reading(self) -> Reading: ...
