"""Near a cap: what people ask for is done smaller, shorter or by a cheaper model, and said, before a refusal.

The same rule as for questions (`saving`): once a cap on money is nearly used, one thing may take at most a
tenth of what is left; what costs less anyway is done as ever. What does not fit at all is made to fit. Each
try is an ordinary reservation, so the caps hold exactly. A cap in numbers is not saved on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.declarations import Medium
from bot.engine.money.caplevels import CapLevels, Filling
from bot.engine.money.caps import CapsBook, cap_words
from bot.engine.money.resets import reset_words
from bot.engine.turns.turn import Turn
from bot.errors import CapInfo, CapReached
from bot.records import CapLine, CapPeriod, CapUnit

Result = TypeVar("Result")

SHARE = 10
"""The part of what is left that one thing may take near a cap is one of so many."""
TRIES = 4
"""How often a thing is made smaller: several caps may hold, and others draw on them meanwhile."""
MOST_OTHERS = 3
"""How many cheaper models are looked at."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a thing may cost, in micro-USD. `refused` says that nothing dearer can be paid at all; else it
    could, and what was asked for by name is left alone."""

    most: int
    refused: bool


@dataclass(frozen=True, slots=True)
class Way(Generic[Result]):
    """One way to do a thing: the most it can cost in micro-USD, and how it is then done, as the middle of a
    sentence ("Venice SD35 draws"), "" for what was asked."""

    ceiling: int
    do: Callable[[], Awaitable[Result]]
    words: str = ""


Smaller = Callable[[Bound], Awaitable[Sequence[Way[Result]]]]
"""The smaller ways there are within a bound, those that take the least away first."""


class Thrift:
    """Knows how near the caps are, and tries smaller ways."""

    def __init__(self, caps: CapsBook, levels: CapLevels) -> None:
        self._caps = caps
        self._levels = levels

    def wanted(self, turn: Turn) -> bool:
        """Whether people here want less rather than nothing."""
        return turn.settings.flag("saving")

    def near(self, turn: Turn, medium: str) -> Filling | None:
        """The fullest of the caps on money that are nearly used, where that makes a difference."""
        if not self.wanted(turn):
            return None
        found = self._levels.near(self._caps, turn.incoming.place, turn.person, medium, turn.now)
        return found[0] if found else None

    async def spend(self, turn: Turn, medium: Medium, asked: Way[Result], smaller: Smaller[Result]) -> Result:
        """What comes of the thing as asked, or of a smaller way, which is said. Raises CapReached where not
        even the smallest way fits, and whatever the ways raise."""
        way, line = await self._spared(turn, medium, asked, smaller)
        for _ in range(TRIES):
            try:
                return await self._done(turn, way, line)
            except CapReached as error:
                other = await self._within(turn, error.cap, way, smaller)
                if other is None:
                    raise
                way, line = other, line_of(error.cap)
        return await self._done(turn, way, line)

    async def _spared(
        self, turn: Turn, medium: Medium, asked: Way[Result], smaller: Smaller[Result]
    ) -> tuple[Way[Result], CapLine | None]:
        """The way to begin with, and the cap on whose account it is not the one that was asked for."""
        near = self.near(turn, medium.value)
        most = near.left // SHARE if near is not None else 0
        if near is None or asked.ceiling <= most:
            return asked, None
        ways = [way for way in await smaller(Bound(most, refused=False)) if way.ceiling < asked.ceiling]
        least = min(ways, key=lambda way: way.ceiling, default=None)
        best = next((way for way in ways if way.ceiling <= most), least)
        return (asked, None) if best is None else (best, near.line)

    async def _within(
        self, turn: Turn, cap: CapInfo, tried: Way[Result], smaller: Smaller[Result]
    ) -> Way[Result] | None:
        """The next way, one that fits what a cap has left."""
        if cap.unit != CapUnit.MONEY.value or not self.wanted(turn):
            return None
        ways = await smaller(Bound(cap.left, refused=True))
        return next((way for way in ways if way.ceiling <= cap.left and way.ceiling < tried.ceiling), None)

    async def _done(self, turn: Turn, way: Way[Result], line: CapLine | None) -> Result:
        result = await way.do()
        if line is not None:
            turn.notice(saved_words(turn, line, way.words))
        return result


def saved_words(turn: Turn, line: CapLine, what: str) -> str:
    """What is done differently near a cap, and until when."""
    until = reset_words(line.resets_at, turn.now, turn.settings.text("timezone"))
    return f"*{cap_words(line)} is nearly used, so {what} until {until}.*"


def line_of(cap: CapInfo) -> CapLine:
    """The line of a cap that refused, to be named."""
    unit, period = CapUnit(cap.unit), CapPeriod(cap.period)
    return CapLine("", cap.scope, cap.medium, unit, period, 0, cap.limit, cap.resets_at)
