"""One answer's place under the limits that it shares with all others."""

from __future__ import annotations

from bot.capabilities import Capabilities
from bot.delivery.courier import Courier
from bot.delivery.limits import Lane, Limiter
from bot.delivery.pacing import edit_interval

DEFAULT_PENALTY = 5.0
"""Seconds of silence where the platform does not say how long."""

COSMETIC_BACKOFF = 2.0
"""Least seconds until the next streamed edit or frame after one that failed."""

LOOK_AGAIN = 0.1
"""Least seconds until the next try of a streamed edit or frame for which there was no room."""


class Seat:
    """Knows the lane of an answer, and takes part in the counts by which answers leave each other room."""

    def __init__(self, limiter: Limiter, courier: Courier, capabilities: Capabilities) -> None:
        self.limiter = limiter
        self._courier = courier
        self._pacing = capabilities.pacing
        self._joined: Lane | None = None
        self._unseen = True
        limiter.unseen += 1

    def lane(self) -> Lane:
        """The lane its calls draw on now."""
        return self.limiter.lane(self._courier.target)

    def interval(self, length: int) -> float:
        """Seconds between two streamed edits or frames of an answer of so many characters."""
        direct = self._courier.target.place.direct
        return edit_interval(self._pacing, direct, length, self.lane(), self.limiter.answers)

    def join(self) -> None:
        """From now on it will need a final call."""
        if self._joined is None:
            self._joined = self.lane()
            self.limiter.join(self._joined)

    def leave(self) -> None:
        """It needs no further call."""
        if self._joined is not None:
            self.limiter.leave(self._joined)
            self._joined = None

    def moved(self) -> None:
        """The chat has a new id, and so another lane."""
        if self._joined is not None:
            self.leave()
            self.join()

    def seen(self) -> None:
        """Something of it is visible, or nothing ever will be."""
        if self._unseen:
            self._unseen = False
            self.limiter.unseen -= 1
