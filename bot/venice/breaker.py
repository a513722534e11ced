"""Staying below Venice's error budget: past it the whole key is shut out for 30 seconds.

Venice documents 20 failed requests in 30 seconds, counted per key and, on chat, per `user` value. The
breaker refuses locally before that, one person long before everybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bot.errors import VeniceFailure
from bot.venice.errors import failure

WINDOW = 30.0
KEY_LIMIT = 18
PERSON_LIMIT = 8


class Breaker:
    """Counts failed requests of the last 30 seconds."""

    def __init__(
        self, now: Callable[[], float], key_limit: int = KEY_LIMIT, person_limit: int = PERSON_LIMIT
    ) -> None:
        """`now` gives monotonic seconds."""
        self._now = now
        self._key_limit = key_limit
        self._person_limit = person_limit
        self._failures: deque[tuple[float, str]] = deque()

    def check(self, person: str = "") -> None:
        """Raise VeniceError RATE_LIMITED while another failure would be too many."""
        wait = self.wait(person)
        if wait > 0:
            raise failure(
                VeniceFailure.RATE_LIMITED,
                "Too many requests to Venice failed just now, so I pause for a moment. "
                f"Please try again in {int(wait) + 1} seconds.",
                detail="error budget, refused before sending",
                retry_after=wait,
            )

    def wait(self, person: str = "") -> float:
        """Seconds until this person may try again; 0 when now."""
        now = self._now()
        while self._failures and self._failures[0][0] <= now - WINDOW:
            self._failures.popleft()
        everyone = [at for at, _ in self._failures]
        own = [at for at, who in self._failures if who == person and person]
        waits = [
            times[-limit] + WINDOW - now
            for times, limit in ((everyone, self._key_limit), (own, self._person_limit))
            if len(times) >= limit
        ]
        return max(waits, default=0.0)

    def record(self, person: str = "") -> None:
        """Count one answer that was not a success."""
        self._failures.append((self._now(), person))
