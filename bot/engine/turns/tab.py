"""One reservation for several calls in a row, each paid for as it is answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from bot.declarations import Medium
from bot.engine.money.cashier import Bill, Cashier
from bot.engine.turns.turn import Turn
from bot.errors import VeniceError
from bot.venice import Model, VeniceClient


class Tab:
    """Adds up what was answered. A call that Venice refused costs nothing; of one that ended without an
    answer the price stands, flagged uncertain. Prices are micro-USD."""

    def __init__(self, bill: Bill) -> None:
        self._bill = bill
        self._paid = 0
        self._calls = 0
        self._request_ids: list[str] = []
        self._write()

    @contextmanager
    def call(self, price: int) -> Generator[Tab]:
        """Around one call."""
        self._bill.charge(self._paid + price, count=self._calls + 1, uncertain=True, request_id=self._named)
        try:
            yield self
        except VeniceError as error:
            if error.status is not None:
                self._write()
            raise
        self._paid += price
        self._calls += 1
        self._write()

    def answered(self, request_id: str | None) -> None:
        """Which request it was; all of them stand in the ledger, with spaces between."""
        if request_id:
            self._request_ids.append(request_id)

    @property
    def _named(self) -> str | None:
        return " ".join(self._request_ids) or None

    def _write(self) -> None:
        self._bill.charge(self._paid, count=self._calls, request_id=self._named)


class Payments:
    """Opens tabs, and gives each call its fair turn on the model."""

    def __init__(self, client: VeniceClient, cashier: Cashier) -> None:
        self._client = client
        self._cashier = cashier

    @asynccontextmanager
    async def tab(self, turn: Turn, medium: Medium, model: Model, prices: list[int]) -> AsyncGenerator[Tab]:
        """The sum of the prices is reserved; raises CapReached before anything is called."""
        paying = self._cashier.paying(
            turn.payer, turn.settlements, medium, model.id, sum(prices), count=len(prices)
        )
        async with paying as bill:
            yield Tab(bill)

    @asynccontextmanager
    async def call(self, turn: Turn, tab: Tab, model: Model, price: int) -> AsyncGenerator[Tab]:
        """One call on a tab; waiting for its turn costs nothing."""
        async with self._client.limits.turn(model.id, turn.person, 0):
            with tab.call(price):
                yield tab
