"""How much one person may ask in a minute, wherever they are. Kept in memory only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.ports import Clock

WINDOW = 60.0
_MOST_PEOPLE = 20_000


@dataclass(slots=True)
class _Asked:
    """When somebody asked, oldest first; until when they know that it was too much; the last album."""

    times: deque[float] = field(default_factory=deque[float])
    told_until: float = 0.0
    album: str = ""


class Pace:
    """Counts in a sliding minute. What is refused does not count."""

    def __init__(self, limit: Callable[[], int], clock: Clock) -> None:
        """`limit` says how much a minute, 0 for no limit."""
        self._limit = limit
        self._clock = clock
        self._people: dict[str, _Asked] = {}

    def wait(self, person: str, album: str = "") -> float:
        """Count one question of a person (their keyed hash); the pictures of an album are one. Returns the
        seconds until they may ask again, 0 for now."""
        limit, now = self._limit(), self._clock()
        if limit <= 0:
            return 0.0
        asked = self._of(person, now)
        while asked.times and asked.times[0] <= now - WINDOW:
            asked.times.popleft()
        if album and album == asked.album:
            return 0.0
        if len(asked.times) >= limit:
            return max(asked.times[-limit] + WINDOW - now, 0.001)
        asked.times.append(now)
        asked.album = album
        return 0.0

    def first_refusal(self, person: str, seconds: float) -> bool:
        """Whether somebody who has to wait so long is to be told; once, until they may ask again."""
        asked, now = self._of(person, self._clock()), self._clock()
        if asked.told_until > now:
            return False
        asked.told_until = now + seconds
        return True

    def _of(self, person: str, now: float) -> _Asked:
        found = self._people.get(person)
        if found is None:
            if len(self._people) >= _MOST_PEOPLE:
                self._people = {
                    who: one
                    for who, one in self._people.items()
                    if one.times and one.times[-1] > now - WINDOW
                }
            found = self._people[person] = _Asked()
        return found
