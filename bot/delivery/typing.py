"""The sign that an answer is being written: shown when there is room to spare, and never in the way."""

from __future__ import annotations

import asyncio

from bot.capabilities import CallKind
from bot.delivery.courier import Courier
from bot.delivery.limits import Grade, Lane, Limiter
from bot.errors import PlatformError, PlatformFailure
from bot.ports import Door, Sleeper

RENEW = 0.8
"""The signal is renewed after this share of the time the platform shows it."""

LOOK_AGAIN = 1.0
"""Seconds until the next try where there was no room."""


UNWELCOME = frozenset({PlatformFailure.FORBIDDEN, PlatformFailure.GONE, PlatformFailure.RATE_LIMITED})
"""After one of these the answer shows no more typing: another penalty would delay its text."""


class TypingSignal:
    """Runs beside the answer, so that a slow typing call never delays its first text."""

    def __init__(self, door: Door, limiter: Limiter, sleep: Sleeper, courier: Courier) -> None:
        self._door = door
        self._limiter = limiter
        self._sleep = sleep
        self._courier = courier
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Show it from now on, if the platform has such a sign."""
        if self._task is None and self._door.capabilities.pacing.typing_lasts > 0:
            self._task = asyncio.ensure_future(self._show())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _show(self) -> None:
        renew = self._door.capabilities.pacing.typing_lasts * RENEW
        welcome = True
        while welcome:
            lane = self._limiter.lane(self._courier.target)
            permit = self._limiter.may(lane, CallKind.TYPING, Grade.SPARE)
            if permit is not None:
                with permit:
                    welcome = await self._call(lane)
            await self._sleep(LOOK_AGAIN if permit is None else renew)

    async def _call(self, lane: Lane) -> bool:
        """One signal; False where the platform does not want any more of them."""
        self._courier.calls += 1
        try:
            await self._door.typing(self._courier.target)
        except PlatformError as error:
            if error.failure is PlatformFailure.RATE_LIMITED:
                self._limiter.penalise(lane, error.retry_after or LOOK_AGAIN)
            return error.failure not in UNWELCOME
        return True
