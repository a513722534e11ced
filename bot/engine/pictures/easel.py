"""Paid calls that make pictures: reserved, called, settled, and what Venice's filters said of the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.declarations import Medium
from bot.engine.money.cashier import Cashier
from bot.engine.turns.turn import Turn
from bot.errors import Fault, UserError, VeniceError, VeniceFailure
from bot.venice import ImageResult, Model, VeniceClient

FORBIDDEN = "Venice's rules forbid this picture. It cost nothing; please describe another."
BLURRED = "Venice blurred this picture, because this place is not marked for adults."
_FREE = "It cost nothing."

Price = Callable[[ImageResult], int]


class Easel:
    """Makes the calls."""

    def __init__(self, client: VeniceClient, cashier: Cashier) -> None:
        self.client = client
        self._cashier = cashier

    async def order(
        self,
        turn: Turn,
        model: Model,
        call: Callable[[], Awaitable[ImageResult]],
        *,
        ceiling: int,
        price: Price,
        count: int = 1,
    ) -> tuple[ImageResult, int]:
        """The result, and what it cost in micro-USD. `ceiling` is reserved first; `price` says what a
        result really cost. A UserError where Venice forbids the picture, which is free."""
        paying = self._cashier.paying(
            turn.payer, turn.settlements, Medium.IMAGE, model.id, ceiling, count=count
        )
        async with paying as bill:
            bill.wait()
            async with self.client.limits.turn(model.id, turn.person, 0):
                bill.start(count)
                try:
                    result = await call()
                except VeniceError as error:
                    if error.status is None and error.fault is Fault.USER:
                        bill.charge(0, count=0)  # found before anything was sent
                    if error.failure is VeniceFailure.CONTENT_POLICY:
                        error.reader_text = f"{error.reader_text} {_FREE}"
                    raise
                violation = result.notices.content_violation
                cost = 0 if violation else price(result)
                made = 0 if violation else len(result.images)
                bill.charge(cost, count=made, request_id=result.request_id)
        if violation:
            raise UserError(FORBIDDEN, request_id=result.request_id)
        return result, cost
