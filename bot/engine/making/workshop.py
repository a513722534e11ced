"""Every order under way in this process, and those of processes that died."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from bot.engine.making.ends import Ends
from bot.engine.making.handing import Hander
from bot.engine.making.ordering import Ordering
from bot.engine.making.watching import Watcher
from bot.engine.money.keybook import KeyBook
from bot.errors import GondolaError
from bot.messages import Place
from bot.orders import WORKING, Order, Orders, OrderState

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CLAIM_SECONDS = 5.0
MOST_CLAIMED = 100
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds until an order that met trouble of our own is tried again."""
HURRIED = WORKING - {OrderState.QUEUED}
"""States that a process about to end waits to be over: the next one cannot know how far they came."""


class Workshop:
    """Follows orders, each in a task of its own, until they are over and cleared away. A process that ends
    leaves them as they are stored."""

    def __init__(
        self, orders: Orders, ordering: Ordering, watcher: Watcher, hander: Hander, ends: Ends, keys: KeyBook
    ) -> None:
        self._ends = ends
        self._orders = orders
        self._keys = keys
        self._ordering = ordering
        self._watcher = watcher
        self._hander = hander
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._nudges: dict[str, asyncio.Event] = {}
        self._states: dict[str, OrderState] = {}
        self._moved = asyncio.Event()
        self._closing = False

    def take(self, order: Order) -> None:
        """Go on with an order of this process; one that is followed already is looked up again."""
        if order.id in self._tasks:
            self._nudges[order.id].set()
            return
        if self._closing:
            return
        self._nudges[order.id] = asyncio.Event()
        self._tasks[order.id] = asyncio.create_task(self._followed(order))

    async def run(self) -> None:
        """Take over orders of processes that died, until cancelled."""
        while True:
            await self.recover()
            await asyncio.sleep(CLAIM_SECONDS)

    async def recover(self) -> int:
        """Take over what is to be had now; returns how many."""
        try:
            claimed = await self._orders.claim_expired(MOST_CLAIMED)
        except GondolaError as error:
            log.warning("orders.unclaimed", reason=error.detail)
            return 0
        for order in claimed:
            log.info("order.taken_over", order=order.id, state=order.state.value)
            self.take(order)
        return len(claimed)

    async def close(self, grace: float) -> None:
        """Wait up to `grace` seconds for what cannot well be left in the middle, then leave everything."""
        self._closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while any(state in HURRIED for state in self._states.values()):
                    self._moved.clear()
                    await self._moved.wait()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def busy(self) -> list[asyncio.Task[None]]:
        """The tasks of orders under way."""
        return list(self._tasks.values())

    async def _followed(self, order: Order) -> None:
        nudge = self._nudges[order.id]
        found: Order | None = order
        try:
            while found is not None:
                await self._follow(found)
                # A card shown again may be accepted before we have let go of the order.
                found = await self._found(order.id, None) if nudge.is_set() else None
                nudge.clear()
        finally:
            for kept in (self._tasks, self._nudges, self._states):
                kept.pop(order.id, None)
            self._moved.set()

    async def _follow(self, order: Order) -> None:
        pause = FIRST_PAUSE
        found: Order | None = order
        while found is not None and (found.state in WORKING or found.uncleared):
            self._states[order.id] = found.state
            self._moved.set()
            try:
                with self._keys.acting_for(Place.of_conversation(found.conversation)):
                    found = await self._step(found)
                continue
            except GondolaError as error:
                log.warning("order.trouble", order=order.id, reason=error.detail)
                self._ends.blame(order, error)
            except Exception as error:  # the one boundary of an order: it must not be left lying
                log.exception("order.failed_here", order=order.id)
                self._ends.blame(order, error)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
            found = await self._found(order.id, found)

    async def _step(self, order: Order) -> Order | None:
        match order.state:
            case OrderState.ACCEPTED:
                return await self._ordering.start(order)
            case OrderState.CALLED:
                return await self._ordering.interrupted(order)
            case OrderState.QUEUED:
                return await self._watcher.watch(order, self._nudges[order.id])
            case OrderState.READY | OrderState.SENDING:
                return await self._hander.hand_over(order)
            case _:
                return await self._watcher.clear(order)

    async def _found(self, order_id: str, last: Order | None) -> Order | None:
        try:
            return await self._orders.get(order_id)
        except GondolaError:
            return last
