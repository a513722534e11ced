"""The draft of an answer being written: which frame is due, and what becomes of it.

A frame is a preview that the platform forgets by itself. One that is refused, or for which there is no
room, is left out; the next one shows as much. Frames never wait, and the answer never depends on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.capabilities import CallKind
from bot.delivery.courier import Courier
from bot.delivery.limits import Grade, Lane
from bot.delivery.seat import COSMETIC_BACKOFF, DEFAULT_PENALTY, LOOK_AGAIN, Seat
from bot.delivery.textflow import Wait
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Part

RENEW = 0.8
"""A frame is shown again after this share of the time the platform shows it."""

SPARE_AGAIN = 1.0
"""Seconds until the next try of a frame without text for which there was no room."""

THINKING = Part("")
"""A draft without a word: the platform says itself that something is being thought about."""

_PASSING = (PlatformFailure.RATE_LIMITED, PlatformFailure.UNAVAILABLE, PlatformFailure.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Frame:
    """The next state of the draft."""

    part: Part


class Frames:
    """The frames of one answer, one at a time. The next one may follow at `earliest`; `refused` says that
    the last one was, for what it is."""

    def __init__(
        self,
        seat: Seat,
        courier: Courier,
        lasts: float,
        clock: Callable[[], float],
        about_to: Callable[[], None],
    ) -> None:
        """`lasts` is how many seconds the platform shows a frame; `about_to` is called before each one
        with text."""
        self._seat = seat
        self._courier = courier
        self._renew_after = lasts * RENEW
        self._clock = clock
        self._about_to = about_to
        self._shown: Part | None = None
        self._renew_at = math.inf
        self.earliest = -math.inf
        self._spare_at = -math.inf
        self.refused = False

    def next(self, preview: Part | None, now: float) -> Frame | Wait | None:
        """The next frame, the time until it, or None while there is nothing to show."""
        if preview is None:
            return None
        due = self.earliest if preview != self._shown else max(self.earliest, self._renew_at)
        if preview == THINKING:
            due = max(due, self._spare_at)
        return Frame(preview) if now >= due else Wait(due - now)

    def gone(self) -> None:
        """A message of the answer has taken the draft's place."""
        self._shown, self._renew_at = None, math.inf

    async def show(self, frame: Frame, interval: float) -> bool:
        """Show a frame if there is room; True if that worked. The next one follows after `interval`
        seconds at the earliest."""
        lane = self._seat.lane()
        # Like the typing sign it stands for, a frame without text leaves room for every first text.
        grade = Grade.SPARE if frame.part == THINKING else Grade.COSMETIC
        permit = self._seat.limiter.may(lane, CallKind.DRAFT, grade)
        if permit is None:
            self._no_room(frame, lane)
            return False
        if frame.part != THINKING:
            self._about_to()
        try:
            with permit:
                await self._courier.frame(frame.part)
        except PlatformError as error:
            self._left_out(frame, lane, error)
            return False
        # The first word does not wait for the pace.
        self._noted(frame, 0.0 if frame.part == THINKING else interval)
        self.refused = False
        return True

    def _no_room(self, frame: Frame, lane: Lane) -> None:
        now = self._clock()
        if frame.part == THINKING:
            self._spare_at = now + SPARE_AGAIN  # text that comes meanwhile does not wait so long
        else:
            self.earliest = max(lane.free_at(CallKind.DRAFT, Grade.COSMETIC, now), now + LOOK_AGAIN)

    def _noted(self, frame: Frame, pause: float) -> None:
        now = self._clock()
        self._shown, self._renew_at = frame.part, now + self._renew_after
        self.earliest = now + pause

    def _left_out(self, frame: Frame, lane: Lane, error: PlatformError) -> None:
        self.refused = error.failure not in _PASSING
        if self.refused:
            self._noted(frame, COSMETIC_BACKOFF)  # the same would be refused again
            return
        if error.failure is PlatformFailure.RATE_LIMITED:
            self._seat.limiter.penalise(lane, error.retry_after or DEFAULT_PENALTY)
        self.earliest = self._clock() + max(COSMETIC_BACKOFF, error.retry_after or 0.0)
