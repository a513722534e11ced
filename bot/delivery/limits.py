"""Platform limits as sliding windows: one lane per chat, one set of windows per bot token.

A slot is taken when a call starts and comes back `seconds` after the call has *ended*. Wherever in
between the platform counts the call, it never sees more than a window allows.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from types import TracebackType
from typing import Self

from bot.capabilities import ALL_CALLS, CallKind, Capabilities, Window
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Place, Target
from bot.ports import Sleeper

HANDLE_WINDOWS = (Window(ALL_CALLS, 5, 5.0),)
"""The budget of one reply handle where the platform counts those apart."""

LONGEST_PENALTY = 300.0
"""Seconds of enforced silence that a final call waits for; beyond that it fails."""

UNKNOWN_WAIT = 0.2
"""Seconds to look again when every slot is held by a call still under way."""


class Grade(Enum):
    """How important a call is: MUST waits its turn, COSMETIC leaves room for MUST, SPARE needs plenty and
    leaves room for every first text still to come."""

    MUST = 0
    COSMETIC = 1
    SPARE = 2


def chat_key(place: Place) -> str:
    """Which budget a place draws on.

    A thread is a channel of its own, unless the server is itself the chat or the chat is private: then
    topics share the budget of the whole chat.
    """
    own_bucket = place.thread and place.space and place.space != place.channel
    return f"{place.platform}:{place.thread if own_bucket else place.channel}"


class Gauge:
    """How full one window is."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._under_way = 0
        self._ended: deque[float] = deque()

    def take(self) -> None:
        self._under_way += 1

    def end(self, now: float) -> None:
        self._under_way -= 1
        self._ended.append(now + self.window.seconds)

    def give_back(self) -> None:
        self._under_way -= 1

    def room(self, now: float) -> int:
        while self._ended and self._ended[0] <= now:
            self._ended.popleft()
        return self.window.calls - self._under_way - len(self._ended)

    def reserve(self, grade: Grade, answers: int) -> int:
        """Slots that a call of this grade must leave free, given the answers that will need a final call."""
        if grade is Grade.MUST:
            return 0
        if grade is Grade.SPARE:
            return max(1, self.window.calls // 2, answers)
        return min(self.window.calls // 2, max(1, self.window.calls // 5, answers))

    def free_at(self, now: float, reserve: int) -> float:
        """When a call that leaves `reserve` slots free may start; infinite if never."""
        missing = reserve + 1 - self.room(now)
        if missing <= 0:
            return now
        if reserve >= self.window.calls:
            return math.inf
        return self._ended[missing - 1] if missing <= len(self._ended) else now + UNKNOWN_WAIT

    def idle(self, now: float) -> bool:
        return self.room(now) == self.window.calls


class Lane:
    """The limits one chat is under. `answers` counts the answers being streamed there."""

    def __init__(self, chat: Iterable[Gauge], token: Iterable[Gauge]) -> None:
        self.chat = tuple(chat)
        self.token = tuple(token)
        self.answers = 0
        self._penalty_until = -math.inf

    def penalty_left(self, now: float) -> float:
        return max(0.0, self._penalty_until - now)

    def penalise(self, until: float) -> None:
        """The platform asked for silence in this chat."""
        self._penalty_until = max(self._penalty_until, until)

    def gauges(self, kind: CallKind) -> list[Gauge]:
        return [*_counting(self.chat, kind), *_counting(self.token, kind)]

    def free_at(self, kind: CallKind, grade: Grade, now: float, answers: int = 1) -> float:
        """When the windows and the penalty let such a call start; `now` or earlier means at once. `answers`
        are those under the token that the call must leave room for."""
        token = (gauge.free_at(now, gauge.reserve(grade, answers)) for gauge in _counting(self.token, kind))
        return max(self.chat_free_at(kind, grade, now), *token, now)

    def chat_free_at(self, kind: CallKind, grade: Grade, now: float) -> float:
        """The same for the windows of the chat alone."""
        reserves = ((gauge, gauge.reserve(grade, self.answers)) for gauge in _counting(self.chat, kind))
        return max(self._penalty_until, *(gauge.free_at(now, kept) for gauge, kept in reserves), now)

    def idle(self, now: float) -> bool:
        return not self.answers and not self.penalty_left(now) and all(gauge.idle(now) for gauge in self.chat)


def _counting(gauges: Iterable[Gauge], kind: CallKind) -> Iterator[Gauge]:
    return (gauge for gauge in gauges if kind in gauge.window.kinds)


class Permit:
    """Room for one call. Use it around the call, or `discard` it."""

    def __init__(self, gauges: list[Gauge], clock: Callable[[], float], freed: Callable[[], None]) -> None:
        self._gauges = gauges
        self._clock = clock
        self._freed = freed
        for gauge in gauges:
            gauge.take()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        now = self._clock()
        for gauge in self._gauges:
            gauge.end(now)
        self._freed()

    def discard(self) -> None:
        """The call is not made after all."""
        for gauge in self._gauges:
            gauge.give_back()
        self._freed()


class Ticket:
    """A MUST call waiting for its turn."""

    def __init__(self, lane: Lane, kind: CallKind) -> None:
        self.lane = lane
        self.kind = kind
        self.granted: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()


class Limiter:
    """All limits of one platform. `answers` counts the answers being streamed under its token, `unseen`
    those of which nothing is visible yet."""

    def __init__(self, capabilities: Capabilities, clock: Callable[[], float], sleep: Sleeper) -> None:
        self._pacing = capabilities.pacing
        self.answers = 0
        self.unseen = 0
        self._handles_apart = capabilities.handle_outside_limits
        self._clock = clock
        self._sleep = sleep
        self._token = tuple(Gauge(window) for window in self._pacing.token)
        self._lanes: dict[str, Lane] = {}
        self._sweep_at = 256
        self._queue: list[Ticket] = []
        self._alarm: asyncio.Future[None] | None = None

    def join(self, lane: Lane) -> None:
        """One more answer streams in this chat."""
        lane.answers += 1
        self.answers += 1

    def leave(self, lane: Lane) -> None:
        lane.answers -= 1
        self.answers -= 1

    def lane(self, target: Target) -> Lane:
        """The lane a target draws on now. Ask again for every call: quiet lanes are forgotten."""
        apart = bool(target.reply_handle) and self._handles_apart
        key = f"handle:{target.reply_handle}" if apart else chat_key(target.place)
        lane = self._lanes.get(key)
        if lane is None:
            self._sweep()
            lane = self._lanes[key] = self._new_lane(target.place, apart)
        return lane

    def _new_lane(self, place: Place, apart: bool) -> Lane:
        if apart:
            return Lane(map(Gauge, HANDLE_WINDOWS), ())
        windows = self._pacing.direct if place.direct else self._pacing.group
        return Lane(map(Gauge, windows), self._token)

    def _sweep(self) -> None:
        """Forget quiet chats, at a cost that stays constant per new chat."""
        if len(self._lanes) < self._sweep_at:
            return
        now = self._clock()
        waiting = {id(ticket.lane) for ticket in self._queue}
        self._lanes = {
            key: lane for key, lane in self._lanes.items() if not lane.idle(now) or id(lane) in waiting
        }
        self._sweep_at = max(256, 2 * len(self._lanes))

    def may(self, lane: Lane, kind: CallKind, grade: Grade) -> Permit | None:
        """Room for a call that can be left out, or None: it never waits."""
        now = self._clock()
        answers = self.unseen if grade is Grade.SPARE else 1
        if (
            any(ticket.lane is lane for ticket in self._queue)
            or lane.free_at(kind, grade, now, answers) > now
        ):
            return None
        return self._permit(lane, kind)

    async def must(self, lane: Lane, kind: CallKind) -> Permit:
        """Wait for room, first come first served within a chat. Other chats do not wait for this one.

        Raises PlatformError RATE_LIMITED where the chat must stay silent for more than LONGEST_PENALTY."""
        self._check_penalty(lane)
        ticket = Ticket(lane, kind)
        self._queue.append(ticket)
        self._grant()
        try:
            return await ticket.granted
        except asyncio.CancelledError:
            self._withdraw(ticket)
            raise

    def penalise(self, lane: Lane, seconds: float) -> None:
        """The platform refused a call in this chat for so many seconds."""
        lane.penalise(self._clock() + seconds)
        if seconds > LONGEST_PENALTY:
            self._turn_away(lane, seconds)

    def _check_penalty(self, lane: Lane) -> None:
        left = lane.penalty_left(self._clock())
        if left > LONGEST_PENALTY:
            raise PlatformError(PlatformFailure.RATE_LIMITED, retry_after=left)

    def _turn_away(self, lane: Lane, seconds: float) -> None:
        for ticket in self._queue:
            if ticket.lane is lane and not ticket.granted.done():
                ticket.granted.set_exception(PlatformError(PlatformFailure.RATE_LIMITED, retry_after=seconds))
        self._queue = [ticket for ticket in self._queue if not ticket.granted.done()]

    def _permit(self, lane: Lane, kind: CallKind) -> Permit:
        return Permit(lane.gauges(kind), self._clock, self._grant)

    def _withdraw(self, ticket: Ticket) -> None:
        if ticket in self._queue:
            self._queue.remove(ticket)
            self._grant()
        elif not ticket.granted.cancelled() and ticket.granted.exception() is None:
            ticket.granted.result().discard()

    def _grant(self) -> None:
        """Let waiting calls start in order. A ticket that cannot start bars the windows it waits for."""
        if not self._queue and self._alarm is None:
            return
        now = self._clock()
        barred: set[int] = set()
        soonest = math.inf
        waiting: list[Ticket] = []
        for ticket in self._queue:
            if not barred.isdisjoint(map(id, ticket.lane.gauges(ticket.kind))):
                waiting.append(ticket)
                continue
            at = ticket.lane.free_at(ticket.kind, Grade.MUST, now)
            if at > now:
                waiting.append(ticket)
                soonest = min(soonest, at)
                barred.update(map(id, self._awaited(ticket, now)))
            elif not ticket.granted.done():
                ticket.granted.set_result(self._permit(ticket.lane, ticket.kind))
        self._queue = waiting
        self._set_alarm(soonest - now)

    def _awaited(self, ticket: Ticket, now: float) -> Iterable[Gauge]:
        """The windows kept for this ticket; the token's only if nothing else holds it up."""
        lane = ticket.lane
        if lane.chat_free_at(ticket.kind, Grade.MUST, now) > now:
            return lane.chat
        return lane.gauges(ticket.kind)

    def _set_alarm(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if seconds < math.inf:
            self._alarm = asyncio.ensure_future(self._grant_after(seconds))

    async def _grant_after(self, seconds: float) -> None:
        await self._sleep(seconds)
        # Granting sets the next alarm, which must not cancel the task it runs in.
        self._alarm = None
        self._grant()
