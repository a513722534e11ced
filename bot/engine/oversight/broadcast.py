"""What happens in the house, told to whoever watches just now. Nothing is kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable

from bot.dashboard import LiveEvent, LiveKind
from bot.errors import UserError
from bot.ports import Clock

MOST_WAITING = 200
"""Events that wait for a slow reader; what comes then is left out and counted."""
MOST_READERS = 50
MOST_EACH = 5
"""Readers of one person, so that nobody takes all the places."""
Wanted = Callable[[LiveEvent], bool]


class Broadcast:
    """Hands every event to the readers who may see it, and never waits for one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._readers: set[_Reader] = set()
        self._closed = False

    def publish(self, event: LiveEvent) -> None:
        """Tell everybody who wants to hear it."""
        for reader in self._readers:
            reader.offer(event)

    async def read(self, wanted: Wanted, person: str = "") -> AsyncGenerator[LiveEvent]:
        """What happens from the first step of the iteration on, until the house closes. Raises UserError when
        too many read already, or the person (keyed hash) too often."""
        own = sum(reader.person == person for reader in self._readers) if person else 0
        if len(self._readers) >= MOST_READERS or own >= MOST_EACH:
            raise UserError("Too many people are watching right now. Please close another window first.")
        reader = _Reader(wanted, person, self._clock)
        self._readers.add(reader)
        try:
            while not self._closed:
                await reader.something.wait()
                for event in reader.take():
                    yield event
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """Let every reader end."""
        self._closed = True
        for reader in self._readers:
            reader.something.set()


class _Reader:
    """One who watches, and what waits for them."""

    def __init__(self, wanted: Wanted, person: str, clock: Clock) -> None:
        self.person = person
        self.something = asyncio.Event()
        self._wanted = wanted
        self._clock = clock
        self._waiting: deque[LiveEvent] = deque()
        self._skipped = 0

    def offer(self, event: LiveEvent) -> None:
        """Let it wait, or count it where too much does."""
        if not self._wanted(event):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._skipped += 1
        else:
            self._waiting.append(event)
        self.something.set()

    def take(self) -> list[LiveEvent]:
        """What waits, with a note of what does not any more."""
        taken = list(self._waiting)
        if self._skipped:
            taken.append(LiveEvent(self._clock(), LiveKind.SKIPPED, count=self._skipped))
        self._waiting.clear()
        self._skipped = 0
        self.something.clear()
        return taken
