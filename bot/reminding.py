"""Reminders: what is kept of one until its time, and the seam to storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something somebody wants to be told at `due_at` (Unix seconds) where they asked for it.

    `conversation` is `Place.conversation`. `person` is the keyed hash of who asked; `speaker` their key
    ("platform:id") and `name`, because whoever is reminded is mentioned. `zone` is the IANA name of the
    time zone that the time was understood in. `begun_at` is when its message was handed to the platform
    by a process that never said how that ended, None for one that was not.
    """

    id: str
    conversation: str
    person: str
    speaker: str
    name: str
    text: str
    due_at: float
    made_at: float
    zone: str = "UTC"
    begun_at: float | None = None

    @property
    def platform(self) -> str:
        """Where it goes."""
        return self.conversation.partition(":")[0]


class Reminders(Protocol):
    """Open reminders in storage. One that was delivered or cancelled is deleted with its words."""

    async def add(self, reminder: Reminder, most: int) -> bool:
        """Keep it; False, and nothing is kept, when the person has `most` open ones."""
        ...

    async def open_of(self, person: str, room: str = "") -> list[Reminder]:
        """What a person waits for, the next first: everywhere, or in one room (`Place.room`) with the
        conversations that people have of their own there."""
        ...

    async def cancel(self, reminder_id: str) -> bool:
        """Delete one that is not being delivered; True when there was one."""
        ...

    async def claim(self, platforms: Sequence[str], limit: int) -> list[Reminder]:
        """Take what is due on these platforms and held by no living instance, oldest first. It is this
        instance's until the lease runs out; exactly one instance gets it."""
        ...

    async def begin(self, reminder_id: str) -> bool:
        """Write down that its message is about to leave; False when it is no longer this instance's."""
        ...

    async def finish(self, reminder_id: str) -> None:
        """It was delivered, or never can be: delete it."""
        ...

    async def put_off(self, reminder_id: str, until: float) -> None:
        """It surely did not arrive: free it to be tried again at that time."""
        ...

    async def next_at(self, platforms: Sequence[str]) -> float | None:
        """When the next one is to be looked at, None for never."""
        ...


class HasReminders(Protocol):
    """A store that keeps reminders."""

    @property
    def reminders(self) -> Reminders: ...
