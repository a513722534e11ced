"""The one door to paid calls: reserve, call, settle (design section 3)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.engine.batching import Batcher
from bot.engine.caps import CapsBook, refusal
from bot.messages import Place
from bot.ports import Clock, Money
from bot.records import Admission, Refusal, Settlement


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays and where: `person` is the keyed hash."""

    turn_id: str
    place: Place
    person: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation in force. `estimate` is micro-USD."""

    reservation_id: str
    medium: str
    model: str
    estimate: int


class Cashier:
    """Reserves before a call and words its settlement after it. Everyone waiting is admitted in one
    transaction."""

    def __init__(self, money: Money, caps: CapsBook, clock: Clock) -> None:
        self._caps = caps
        self._clock = clock
        self._admit: Batcher[Admission, Refusal | None] = Batcher(money.admit)

    async def hold(self, payer: Payer, medium: str, model: str, estimate: int, *, count: int = 1) -> Hold:
        """Reserve the worst-case price; raises CapReached when any cap would be passed."""
        at = self._clock()
        lines = self._caps.lines(payer.place, payer.person, medium, cost=estimate, count=count, at=at)
        admission = Admission(
            reservation_id=secrets.token_hex(8),
            turn_id=payer.turn_id,
            medium=medium,
            server=payer.place.server_key,
            channel=payer.place.channel_key,
            person=payer.person,
            model=model,
            estimate=estimate,
            lines=lines,
            at=at,
        )
        refused = await self._admit(admission)
        if refused is not None:
            raise refusal(refused, at)
        return Hold(admission.reservation_id, medium, model, estimate)

    def settle(
        self, hold: Hold, cost: int, *, count: int = 1, uncertain: bool = False, request_id: str | None = None
    ) -> Settlement:
        """The real price of a held call, to be written when its turn closes."""
        return Settlement(hold.reservation_id, cost, count, uncertain, request_id or "", self._clock())
