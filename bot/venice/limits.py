"""Staying inside Venice's limits: windows per model, a fair queue above them, an error breaker.

Limits hold per account and model, so all turns on one account share one `Limits`. Time is injected: it is
monotonic seconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from bot.errors import VeniceFailure
from bot.venice.breaker import Breaker
from bot.venice.errors import failure
from bot.venice.listings import ModelLimits
from bot.venice.queue import FairQueue, Waiter
from bot.venice.types import Notices

MINUTE = 60.0
DAY = 86_400.0
PUSHBACK_MAX = 120.0
"""A header that would stop a model for longer is not believed; the next refusal tells anew."""
LONGEST_SLEEP = 60.0


class Handle(Protocol):
    """A timer that can be cancelled."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Monotonic time and timers."""

    def now(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Handle: ...


class LoopClock:
    """The running event loop's time."""

    def now(self) -> float:
        """Monotonic seconds."""
        return asyncio.get_running_loop().time()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Handle:
        """Run `callback` once, `delay` seconds from now."""
        return asyncio.get_running_loop().call_later(delay, callback)


class Window:
    """A sliding window: at most `limit` units in any `seconds`."""

    def __init__(self, limit: int | None, seconds: float) -> None:
        self.limit = limit
        self._seconds = seconds
        self._taken: deque[list[float]] = deque()  # [time, amount], amount may be corrected later
        self._total = 0.0

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` fits. More than the limit counts as the limit, so that it can ever fit."""
        self._drop_old(now)
        if self.limit is None:
            return 0.0
        excess = self._total + min(amount, self.limit) - self.limit
        for taken_at, taken in self._taken:
            if excess <= 0:
                break
            excess -= taken
            if excess <= 0:
                return max(0.0, taken_at + self._seconds - now)
        return 0.0

    def take(self, amount: float, now: float) -> list[float]:
        """Book `amount`; the entry is for `correct`."""
        entry = [now, amount]
        self._taken.append(entry)
        self._total += amount
        return entry

    def correct(self, entry: list[float], amount: float) -> None:
        """Replace an estimate by the real figure."""
        if any(entry is kept for kept in self._taken):
            self._total += amount - entry[1]
        entry[1] = amount

    def _drop_old(self, now: float) -> None:
        while self._taken and self._taken[0][0] <= now - self._seconds:
            self._total -= self._taken.popleft()[1]


class Slot:
    """Permission for one call. Tell it the real tokens when they are known."""

    def __init__(self, window: Window, entry: list[float]) -> None:
        self._window = window
        self._entry = entry

    def used(self, tokens: int) -> None:
        """Replace the estimate by what the answer counted."""
        self._window.correct(self._entry, tokens)


class Lane:
    """The windows and the queue of one model."""

    def __init__(self, clock: Clock) -> None:
        self.queue = FairQueue[Slot]()
        self._clock = clock
        self._requests = Window(None, MINUTE)
        self._daily = Window(None, DAY)
        self._tokens = Window(None, MINUTE)
        self._closed_until = float("-inf")
        self._timer: Handle | None = None

    def set_limits(self, limits: ModelLimits) -> None:
        """Take the limits of Venice's list."""
        self._requests.limit = limits.requests_per_minute
        self._daily.limit = limits.requests_per_day
        self._tokens.limit = limits.tokens_per_minute
        self.pump()

    def push_back(self, seconds: float) -> None:
        """Venice said wait: nobody starts before that."""
        until = self._clock.now() + min(seconds, PUSHBACK_MAX)
        self._closed_until = max(self._closed_until, until)

    def wait_for(self, tokens: int) -> float:
        """Seconds until a call of this size could start if nobody waited."""
        now = self._clock.now()
        return max(
            0.0,
            self._closed_until - now,
            self._requests.wait(1, now),
            self._daily.wait(1, now),
            self._tokens.wait(tokens, now),
        )

    def take(self, tokens: int) -> Slot:
        """Book a call that starts now."""
        now = self._clock.now()
        self._requests.take(1, now)
        if self._daily.limit is not None:
            self._daily.take(1, now)
        return Slot(self._tokens, self._tokens.take(tokens, now))

    def pump(self) -> None:
        """Let in whoever fits, in fair order; come back when the next one will."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while (waiter := self.queue.head()) is not None:
            wait = 0.0 if waiter.gone else self.wait_for(waiter.tokens)
            if wait > 0:
                self._timer = self._clock.call_later(min(wait, LONGEST_SLEEP), self.pump)
                break
            self.queue.pop()
            if not waiter.gone:
                waiter.admitted.set_result(self.take(waiter.tokens))
        self.queue.tell_places()


class Limits:
    """Everything that keeps the process from being blocked by Venice."""

    def __init__(self, clock: Clock | None = None, breaker: Breaker | None = None) -> None:
        self._clock = clock or LoopClock()
        self._lanes: dict[str, Lane] = {}
        self.breaker = breaker or Breaker(self._clock.now)

    def beside(self) -> Limits:
        """Those of another key of the same account: Venice's windows and the queue are shared, for they
        hold per account; refusals are counted apart, for they are counted per key."""
        other = Limits(self._clock)
        other._lanes = self._lanes
        return other

    def set_limits(self, models: Mapping[str, ModelLimits]) -> None:
        """Take the per-model limits of GET /api_keys/rate_limits."""
        for model_id, limits in models.items():
            self._lane(model_id).set_limits(limits)

    def observe(self, model_id: str, notices: Notices) -> None:
        """Learn from answer headers: an exhausted window closes the model until its reset."""
        windows = (
            (notices.remaining_requests, notices.reset_requests_in),
            (notices.remaining_tokens, notices.reset_tokens_in),
        )
        for remaining, reset in windows:
            if remaining is not None and remaining <= 0 and reset:
                self.push_back(model_id, reset)

    def push_back(self, model_id: str, seconds: float) -> None:
        """Start nothing on this model for so long (two minutes at most)."""
        self._lane(model_id).push_back(seconds)

    def wait_for(self, model_id: str, tokens: int = 0) -> float:
        """Seconds until a call of this size fits, not counting those who wait already."""
        return self._lane(model_id).wait_for(tokens)

    def waiting(self, model_id: str) -> int:
        """How many turns wait for this model."""
        return len(self._lane(model_id).queue)

    @asynccontextmanager
    async def turn(
        self,
        model_id: str,
        person: str,
        tokens: int,
        on_place: Callable[[int], None] | None = None,
    ) -> AsyncGenerator[Slot]:
        """Wait for a fair turn on the model. `tokens` is the estimate of prompt and answer.

        `on_place` hears the place in the queue (1 is next) whenever it changes and must not raise; a turn
        that starts at once hears nothing. Raises VeniceError RATE_LIMITED when the queue is full.
        """
        lane = self._lane(model_id)
        if len(lane.queue) == 0 and lane.wait_for(tokens) <= 0:
            yield lane.take(tokens)
            return
        waiter: Waiter[Slot] = Waiter(person, tokens, on_place)
        if not lane.queue.put(waiter):
            raise failure(VeniceFailure.RATE_LIMITED, detail="local queue is full", retry_after=MINUTE)
        lane.pump()
        yield await self._admission(lane, waiter)

    @staticmethod
    async def _admission(lane: Lane, waiter: Waiter[Slot]) -> Slot:
        try:
            return await waiter.admitted
        finally:
            if lane.queue.remove(waiter):
                lane.pump()

    def _lane(self, model_id: str) -> Lane:
        lane = self._lanes.get(model_id)
        if lane is None:
            lane = self._lanes[model_id] = Lane(self._clock)
        return lane
