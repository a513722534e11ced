"""The first card near a cap: it starts from a cheaper way to make the thing, and says so."""

from __future__ import annotations

from bot.engine.account.thrift import SHARE, Thrift, saved_words
from bot.engine.making.allowance import Allowance
from bot.engine.making.brief import Brief
from bot.engine.making.quoting import Offer, Quoter, Wish
from bot.engine.money.caps import cap_words
from bot.engine.money.resets import reset_words
from bot.engine.turns.turn import Turn
from bot.records import CapLine

STEPS = 4
"""How often a way is made cheaper."""
CHEAPER = "this card starts from a cheaper way than you asked for"


class Frugal:
    """Looks for what can be paid."""

    def __init__(self, quoter: Quoter, allowance: Allowance, thrift: Thrift) -> None:
        self._quoter = quoter
        self._allowance = allowance
        self._thrift = thrift

    async def first(self, turn: Turn, brief: Brief, wish: Wish) -> tuple[Offer, str]:
        """The offer to begin with, and what there is to say about it. One that cannot be paid is made cheaper
        as far as that goes; near a cap also one that takes more than a tenth of what is left, unless model,
        length or size were chosen. Nothing is ordered. Raises UserError and VeniceError as `Quoter.offer`."""
        offer = await self._quoter.offer(brief, wish)
        if not self._thrift.wanted(turn):
            return offer, ""
        medium = brief.craft.medium.value
        left = await self._allowance.left(turn.incoming.place, turn.person, medium, turn.now)
        if left.money is None or left.cap is None or left.count == 0:
            return offer, ""
        if offer.quote > left.money:
            other = await self._below(offer, left.money, wish)
            return (offer, "") if other is None else (other, saved_words(turn, left.cap, CHEAPER))
        near = self._thrift.near(turn, medium)
        if near is None or offer.quote <= near.left // SHARE:
            return offer, ""
        chosen = brief.model or brief.duration or brief.resolution or brief.seconds
        other = None if chosen else await self._below(offer, near.left // SHARE, wish)
        if other is None:
            return offer, _near_words(turn, near.line)
        return other, saved_words(turn, near.line, CHEAPER)

    async def _below(self, offer: Offer, most: int, wish: Wish) -> Offer | None:
        """A way that costs at most so much, else the cheapest that is found; None where there is none."""
        found = None
        for _ in range(STEPS):
            cheaper = await self._quoter.cheaper(found or offer, wish)
            if cheaper is None:
                break
            found = cheaper
            if found.quote <= most:
                break
        return found


def _near_words(turn: Turn, line: CapLine) -> str:
    until = reset_words(line.resets_at, turn.now, turn.settings.text("timezone"))
    return f"*{cap_words(line)} is nearly used; it resets at {until}.*"
