"""When a call may be repeated, and after how long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import VeniceError, VeniceFailure

T = TypeVar("T")

BEFORE_WORK = frozenset(
    {VeniceFailure.CONNECTION, VeniceFailure.RATE_LIMITED, VeniceFailure.OVERLOADED, VeniceFailure.OFFLINE}
)
"""Failures that Venice reports before it does anything, so that repeating cannot bill twice."""

NEVER_ARRIVED = frozenset({VeniceFailure.CONNECTION})
"""The one failure after which even a call that creates something may be sent again."""


@dataclass(frozen=True, slots=True)
class Retry:
    """`tries` in all; no repeat whose waiting would exceed `budget` seconds in sum. `sleep` is injected.

    The budget is below the 30 seconds Venice asks for on overload: there a fallback model serves better.
    """

    tries: int = 3
    budget: float = 20.0
    first_delay: float = 0.5
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def delay(
        self,
        error: VeniceError,
        tried: int,
        waited: float,
        *,
        idempotent: bool,
        safe: frozenset[VeniceFailure] = BEFORE_WORK,
    ) -> float | None:
        """Seconds to wait before the next try, or None to give up. `tried` counts from 1; what is not
        idempotent is only repeated after the failures in `safe`."""
        ours = error.failure is VeniceFailure.RATE_LIMITED and error.status is None
        allowed = error.retryable and not ours and (idempotent or error.failure in safe)
        if not allowed or tried >= self.tries:
            return None
        backoff = self.first_delay * 2 ** (tried - 1) * random.uniform(1.0, 1.5)
        delay = backoff if error.retry_after is None else max(backoff, error.retry_after)
        return delay if waited + delay <= self.budget else None

    async def run(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        idempotent: bool,
        safe: frozenset[VeniceFailure] = BEFORE_WORK,
    ) -> T:
        """Call until it succeeds or a VeniceError may not be repeated."""
        tried, waited = 0, 0.0
        while True:
            try:
                return await call()
            except VeniceError as error:
                tried += 1
                delay = self.delay(error, tried, waited, idempotent=idempotent, safe=safe)
                if delay is None:
                    raise
            waited += delay
            await self.sleep(delay)
