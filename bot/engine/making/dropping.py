"""Giving up all orders of somebody at once."""

from __future__ import annotations

import asyncio

from bot.engine.making.ends import Ends
from bot.engine.making.workshop import Workshop
from bot.orders import WORKING, Advance, Order, Orders, OrderState

MOST = 1_000
PATIENCE = 20.0
"""Seconds to wait for orders just being sent."""
CLEARING = 3.0
"""Seconds to wait for media to be deleted at Venice; what it still makes is deleted later, by its slip."""
_LOOK = 0.1


class Dropping:
    """Cancels what waits and what is being made; what Venice has made is deleted there."""

    def __init__(self, orders: Orders, ends: Ends, workshop: Workshop) -> None:
        self._orders = orders
        self._ends = ends
        self._workshop = workshop

    async def all_of(self, person: str) -> None:
        """Give up the orders of a person (keyed hash), each settled: for nothing before Venice has it."""
        left = {order.id for order in await self._orders.of_person(person, MOST)}
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while left and loop.time() < begun + PATIENCE:
            cleared = loop.time() > begun + CLEARING
            for order_id in sorted(left):
                if await self._over(order_id, cleared=cleared):
                    left.discard(order_id)
            if left:
                await asyncio.sleep(_LOOK)

    async def _over(self, order_id: str, *, cleared: bool) -> bool:
        """Take an order towards its end; True once nothing is left to wait for. `cleared` takes it for
        deleted at Venice."""
        order = await self._orders.get(order_id)
        if order is None:
            return True
        if order.state in (OrderState.ACCEPTED, OrderState.QUEUED):
            order = await self._cancelled(order) or order
        return order.state not in WORKING and (cleared or not order.uncleared)

    async def _cancelled(self, order: Order) -> Order | None:
        cost = 0 if order.state is OrderState.ACCEPTED else order.quote
        dropped = await self._orders.advance(
            Advance(
                order.id,
                frozenset({order.state}),
                OrderState.CANCELLED,
                settlement=self._ends.settlement(order, cost) if order.reservation else None,
                request="",
            )
        )
        if dropped is not None:
            self._workshop.take(dropped)
        return dropped
