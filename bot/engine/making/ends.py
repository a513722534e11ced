"""How orders end: the step in storage with its money, then the sentence and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.engine.making import words
from bot.engine.making.board import Asking, Board, craft_of, send_again
from bot.engine.making.brief import Brief, from_request
from bot.errors import Fault, GondolaError
from bot.messages import ButtonRows, Place
from bot.orders import Advance, Order, Orders, OrderState
from bot.ports import Clock
from bot.records import Settlement

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Trouble = Callable[[Place, BaseException, str], None]
"""Hears where something went wrong, what, and with which turn or order."""


class Ends:
    """Ends orders. Every step may come to nothing because somebody else took the order elsewhere."""

    def __init__(self, orders: Orders, board: Board, clock: Clock, trouble: Trouble) -> None:
        """`trouble` hears of what nobody who asked can mend."""
        self._trouble = trouble
        self._orders = orders
        self._board = board
        self._clock = clock

    def settlement(self, order: Order, cost: int, *, uncertain: bool = False) -> Settlement:
        """The end of an order's reservation; one that cost nothing does not count. Venice knows the request
        by the id of its queue."""
        count = 1 if cost else 0
        return Settlement(order.reservation, cost, count, uncertain, order.slip.queue_id, self._clock())

    async def end(
        self,
        order: Order,
        state: OrderState,
        text: str,
        *asked: Asking,
        cost: int | None = None,
        uncertain: bool = False,
        uncleared: bool | None = False,
        because: GondolaError | None = None,
    ) -> Order | None:
        """End an order with a sentence. `cost` in micro-USD settles it; None where that was done before.
        `because` is what went wrong, None where nothing did."""
        settlement = self.settlement(order, cost, uncertain=uncertain) if cost is not None else None
        step = Advance(
            order.id,
            frozenset({order.state}),
            state,
            mine=True,
            settlement=settlement if order.reservation else None,
            request="",
            uncleared=uncleared,
        )
        ended = await self._orders.advance(step)
        if ended is None:
            return await self._orders.get(order.id)
        log.info("order.ended", order=order.id, state=state.value, cost=cost, uncertain=uncertain)
        if because is not None:
            self.blame(order, because)
        await self.say(order, text, await self._board.asking(order, *asked) if asked else ())
        return ended

    async def keep(self, order: Order, text: str, because: GondolaError) -> Order | None:
        """The result stays in the vault, and a button sends it again."""
        step = Advance(order.id, frozenset({order.state}), OrderState.KEPT, mine=True)
        kept = await self._orders.advance(step)
        if kept is not None:
            log.warning("order.kept", order=order.id)
            self.blame(order, because)
            await self.say(kept, text, send_again(kept))
        return kept

    def blame(self, order: Order, error: Exception) -> None:
        """Note what went wrong with an order. A refusal whose reason is the person's own is none."""
        if not isinstance(error, GondolaError) or error.fault is not Fault.USER:
            self._trouble(Place.of_conversation(order.conversation), error, order.id)

    async def say(self, order: Order, text: str, rows: ButtonRows = ()) -> None:
        """Last words in the order's message, in a new one where that is gone."""
        brief = brief_of(order)
        shown = f"{words.quoted(brief)}\n\n{text}" if brief is not None else text
        await self._board.show(order, shown, rows, must=True)

    def sentence(self, text: str, order: Order) -> str:
        """A sentence of `words` about this order."""
        brief = brief_of(order)
        craft = brief.craft if brief is not None else craft_of(order)
        return words.filled(text, craft, order.quote)


def brief_of(order: Order) -> Brief | None:
    """What was asked for, None once that is forgotten."""
    return from_request(order.request) if order.request else None


def retry(order: Order, label: str = "Try again", **changes: str) -> tuple[Asking, ...]:
    """A button that asks for the price of the same once more, with these changes; none when what was asked
    for is forgotten."""
    brief = brief_of(order)
    return (Asking(label, replace(brief, **changes)),) if brief is not None else ()
