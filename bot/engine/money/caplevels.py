"""How far the caps are used that this process draws on, in memory. A call only notes here that it drew; the
figures come from `capwatch`, which reads them beside the turns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.engine.money.caps import CapsBook, period_at
from bot.engine.money.cashier import Payer
from bot.messages import Place
from bot.records import CapLine, CapUnit, Refusal, Standing, counter_key

LEVELS = (100, 80, 50)
"""Per cent of a cap at which somebody is told, the highest first."""
NEAR = 80
USED_UP = 90
"""Per cent of a cap beyond which a refusal means that it is used up: what is left pays for nothing."""


@dataclass(frozen=True, slots=True)
class Filling:
    """A cap's line and what of it is settled, in the cap's unit. `refused` says that a call was refused."""

    line: CapLine
    settled: int
    refused: bool = False

    @property
    def percent(self) -> int:
        """How much of the limit is used, rounded down."""
        return 100 * self.settled // self.line.limit if self.line.limit else 100

    @property
    def left(self) -> int:
        """What is left, in the cap's unit."""
        return max(0, self.line.limit - self.settled)

    @property
    def level(self) -> int:
        """The highest level it has reached, 0 for none."""
        if self.refused and self.percent >= USED_UP:
            return LEVELS[0]
        return next((level for level in LEVELS if self.percent >= level), 0)


class CapLevels:
    """Which counters may have changed, and how they stood when last read."""

    def __init__(self) -> None:
        self._lines: dict[str, CapLine] = {}
        self._refused: set[str] = set()
        self._fillings: dict[str, Filling] = {}
        self._chats: dict[str, Payer] = {}

    def drawn(self, lines: Sequence[CapLine], refused: Refusal | None, payer: Payer | None = None) -> None:
        """A call drew on these counters, or one of them refused it. Of a direct chat money's books have only
        a hidden name, so who drew there is noted."""
        if refused is not None:
            self._refused.add(refused.line.counter)
            lines = (refused.line,)
        for line in lines:
            if not line.limit:
                continue
            self._lines[line.counter] = line
            if payer is not None and payer.place.direct and line.scope.startswith("channel:"):
                self._chats[line.counter] = payer

    def chat(self, line: CapLine) -> Payer | None:
        """Who drew last on the cap of a direct chat; None for any other cap."""
        return self._chats.get(line.counter)

    def waiting(self) -> dict[str, CapLine]:
        """The counters to be read, with the lines that drew on them last."""
        return dict(self._lines)

    def read(self, standings: Collection[Standing], now: float) -> list[Filling]:
        """Take in how counters stand. One stays to be read again until nothing of it is only reserved."""
        found: list[Filling] = []
        for one in standings:
            line = self._lines.get(one.counter)
            if line is None:
                continue
            filling = Filling(line, one.settled, one.counter in self._refused)
            self._fillings[one.counter] = filling
            found.append(filling)
            if not one.reserved:
                del self._lines[one.counter]
                self._refused.discard(one.counter)
        self._forget(now)
        return found

    def near(self, caps: CapsBook, place: Place, person: str, medium: str, at: float) -> list[Filling]:
        """The caps on money for a medium that are nearly used, as far as that is known, the fullest first."""
        lines = caps.lines(place, person, medium, cost=1, count=0, at=at)
        found = [self._now(line) for line in lines if line.unit is CapUnit.MONEY]
        near = [one for one in found if one is not None and one.percent >= NEAR]
        return sorted(near, key=lambda one: one.left)

    def own(self, caps: CapsBook, place: Place, person: str, at: float) -> list[Filling]:
        """Of the caps that are a person's own, those that are nearly used."""
        found: list[Filling] = []
        for scope, cap in caps.applying(place, person):
            if not scope.startswith("user:"):
                continue
            period = period_at(cap.period, at).name
            known = self._fillings.get(counter_key(scope, cap.medium, cap.unit, cap.period, period))
            if known is None or not cap.limit:
                continue
            filling = Filling(replace(known.line, limit=cap.limit), known.settled)
            if filling.percent >= NEAR:
                found.append(filling)
        return found

    def _now(self, line: CapLine) -> Filling | None:
        known = self._fillings.get(line.counter)
        return Filling(line, known.settled) if known is not None else None

    def _forget(self, now: float) -> None:
        for fillings in (self._fillings, self._lines):
            for counter in [key for key, one in fillings.items() if _ends(one) < now]:
                del fillings[counter]
                self._chats.pop(counter, None)


def _ends(one: Filling | CapLine) -> float:
    return one.line.resets_at if isinstance(one, Filling) else one.resets_at
