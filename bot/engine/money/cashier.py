"""The one door to paid calls: reserve, call, settle (design section 3)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.engine.batching import Batcher
from bot.engine.money.caps import CapsBook, refusal
from bot.engine.money.purse import Purse
from bot.errors import GondolaError, VeniceError
from bot.messages import Place
from bot.ports import Clock
from bot.records import Admission, CapLine, Outdated, Refusal, Settlement
from bot.storing import Money
from bot.venice import HOUSE, acting

MOST_CHANGES = 20
"""So often may caps change while one call waits to be admitted."""
CHANGING = "The spending limits are being changed just now. Please ask again in a moment."


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays and where: `person` is the keyed hash. `begin` journals that Venice is called now; `purse`
    is a bound of its own, besides the caps, on what may be spent; `permit` refuses a medium the person may
    not use."""

    turn_id: str
    place: Place
    person: str
    begin: Callable[[], Awaitable[None]] | None = None
    purse: Purse | None = None
    permit: Callable[[str], None] | None = None


Admissible = Callable[[Place, str, str], Awaitable[None]]
"""Refuses a call by its place, medium and model."""


async def _anything(place: Place, medium: str, model: str) -> None:
    """Everything may be called everywhere."""


def _unwatched(lines: Sequence[CapLine], refused: Refusal | None, payer: Payer) -> None:
    """Nobody watches the caps."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation in force. `estimate` is micro-USD."""

    reservation_id: str
    medium: str
    model: str
    estimate: int


@dataclass(slots=True)
class Bill:
    """What a call turned out to cost. Left empty, the way the call ended decides. `prompt` is how many tokens
    were sent, where Venice said it, and `cached` how many of them it had kept."""

    cost: int | None = None
    count: int = 1
    uncertain: bool = False
    request_id: str | None = None
    prompt: int = 0
    cached: int = 0

    def wait(self) -> None:
        """Nothing is asked of Venice yet: who only waits in line, and is cancelled there, pays nothing."""
        self.charge(0, count=0)

    def start(self, count: int = 1) -> None:
        """Now it is: from here on the way the call ends decides."""
        self.cost, self.count = None, count

    def charge(
        self, cost: int, *, count: int = 1, uncertain: bool = False, request_id: str | None = None
    ) -> None:
        """The real price in micro-USD; `count` 0 when nothing was delivered."""
        self.cost, self.count, self.uncertain, self.request_id = cost, count, uncertain, request_id


Told = Callable[[Payer, Hold, Bill, float], None]
"""Hears of a settled call and of how many seconds it took."""


def _nobody(payer: Payer, hold: Hold, bill: Bill, took: float) -> None:
    """Nobody wants to know."""


class Cashier:
    """Reserves before a call and words its settlement after it. Everyone waiting is admitted in one
    transaction."""

    def __init__(
        self,
        money: Money,
        caps: CapsBook,
        clock: Clock,
        admissible: Admissible = _anything,
        told: Told = _nobody,
    ) -> None:
        """`admissible` refuses what may not be called in a place, whatever it costs."""
        self._told = told
        self._admissible = admissible
        self._caps = caps
        self._clock = clock
        self.drawn: Callable[[Sequence[CapLine], Refusal | None, Payer], None] = _unwatched
        """Hears which counters a call draws on, what refused it, and whose it is; must not wait."""
        self._admit: Batcher[Admission, Refusal | Outdated | None] = Batcher(money.admit)

    async def hold(
        self,
        payer: Payer,
        medium: str,
        model: str,
        estimate: int,
        *,
        count: int = 1,
        reservation_id: str = "",
    ) -> Hold:
        """Reserve the worst-case price; raises CapReached when any cap would be passed, NotAllowed where the
        place's privacy rule forbids the model."""
        await self._allowed(payer, medium, model)
        return await self._reserved(payer, medium, model, estimate, count, reservation_id)

    async def _allowed(self, payer: Payer, medium: str, model: str) -> None:
        if payer.permit is not None:
            payer.permit(medium)
        await self._admissible(payer.place, medium, model)

    async def _reserved(
        self, payer: Payer, medium: str, model: str, estimate: int, count: int, reservation_id: str
    ) -> Hold:
        key = acting()
        call = Admission(
            reservation_id=reservation_id or secrets.token_hex(8),
            turn_id=payer.turn_id,
            medium=medium,
            server=payer.place.server_key,
            channel=self._caps.channel(payer.place),
            person=self._caps.canonical(payer.person),
            model=model,
            estimate=estimate,
            lines=(),
            at=self._clock(),
            key=key.name if key is not None else HOUSE,
        )
        refused = await self._admitted(call, payer, count, foreign=key is not None and key.foreign)
        if refused is not None:
            raise refusal(refused, call.at, self._caps.zone(payer.person))
        return Hold(call.reservation_id, medium, model, estimate)

    async def _admitted(self, call: Admission, payer: Payer, count: int, *, foreign: bool) -> Refusal | None:
        """By the caps as they are at the very moment of the reservation: where one was set meanwhile, by this
        process or another, the counters are looked up anew."""
        cost = call.estimate
        for _ in range(MOST_CHANGES):
            version = self._caps.version
            lines = self._caps.lines(
                payer.place, payer.person, call.medium, cost=cost, count=count, at=call.at, foreign=foreign
            )
            counted = self._caps.counting(
                lines, payer.person, call.medium, cost=cost, count=count, at=call.at
            )
            verdict = await self._admit(replace(call, lines=counted, caps=version))
            if not isinstance(verdict, Outdated):
                self.drawn(lines, verdict, payer)
                return verdict
            await self._caps.load()
        raise GondolaError(CHANGING, detail="caps change all the time")

    @asynccontextmanager
    async def paying(
        self,
        payer: Payer,
        settlements: list[Settlement],
        medium: str,
        model: str,
        estimate: int,
        *,
        count: int = 1,
    ) -> AsyncGenerator[Bill]:
        """Hold the estimate around a call and append its settlement, however the call ends.
        Raises PurseEmpty and CapReached before anything is called.

        Refused by Venice, it is free. Without an answer (cut off, cancelled) Venice may have done the
        work, so the estimate stands, flagged uncertain.
        """
        await self._allowed(payer, medium, model)
        key = secrets.token_hex(8)
        purse = payer.purse or Purse(estimate)
        purse.take(estimate)
        try:
            hold = await self._reserved(payer, medium, model, estimate, count, key)
        except asyncio.CancelledError:
            # Once queued the reservation is made all the same, and nobody else would end it.
            settlements.append(Settlement(key, 0, 0, uncertain=False, request_id="", at=self._clock()))
            raise
        except GondolaError:
            purse.settle(estimate, 0)
            raise
        bill, began = Bill(count=count), time.monotonic()
        try:
            if payer.begin is not None:
                await payer.begin()
            yield bill
        except VeniceError as error:
            if bill.cost is None and error.status is not None:
                bill.charge(0, count=0, request_id=error.request_id)
            raise
        finally:
            if bill.cost is None:
                bill.charge(estimate, count=count, uncertain=True)
            purse.settle(estimate, bill.cost or 0)
            settlements.append(self._settled(hold, bill))
            self._told(payer, hold, bill, time.monotonic() - began)

    def _settled(self, hold: Hold, bill: Bill) -> Settlement:
        return Settlement(
            hold.reservation_id,
            bill.cost or 0,
            bill.count,
            bill.uncertain,
            bill.request_id or "",
            self._clock(),
        )
