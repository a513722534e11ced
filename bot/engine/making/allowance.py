"""What the caps still leave to somebody."""

from __future__ import annotations

from dataclasses import dataclass

from bot.engine.money.caps import CapsBook, dollars
from bot.engine.money.resets import reset_words
from bot.messages import Place
from bot.records import CapLine, CapPeriod, CapUnit
from bot.storing import Store

_PERIODS = {CapPeriod.DAY: "today", CapPeriod.WEEK: "this week", CapPeriod.MONTH: "this month"}


@dataclass(frozen=True, slots=True)
class Left:
    """What the tightest caps leave: `money` in micro-USD and `count` in calls, None where nothing limits
    it, each with its period and when it resets, in words. `cap` is the one on money."""

    money: int | None = None
    money_until: str = ""
    count: int | None = None
    count_until: str = ""
    cap: CapLine | None = None

    def pays(self, cost: int) -> bool:
        """Whether one more call of that price fits."""
        return (self.money is None or cost <= self.money) and (self.count is None or self.count >= 1)

    @property
    def words(self) -> str:
        """As the second half of a sentence about a price, "" where nothing limits it."""
        said: list[str] = []
        if self.money is not None:
            said.append(f"{dollars(self.money)} left {self.money_until}")
        if self.count is not None:
            said.append(f"{self.count} of these left {self.count_until}")
        return f"you have {' and '.join(said)}" if said else ""


class Allowance:
    """Looks it up."""

    def __init__(self, store: Store, caps: CapsBook) -> None:
        self._money = store.money
        self._credits = store.credits
        self._caps = caps

    async def left(self, place: Place, person: str, medium: str, at: float) -> Left:
        """What is left for calls of a medium, what is reserved counting as spent; credits add to a person's
        allowance."""
        lines = self._caps.lines(place, person, medium, cost=1, count=1, at=at)
        used = {one.counter: one.used for one in await self._money.counters([one.counter for one in lines])}
        free = (await self._credits.account(person)).free
        for line in lines:
            if line.personal:
                used[line.counter] = min(used.get(line.counter, 0), line.limit) - free
        zone = self._caps.zone(person)
        money, money_line = _tightest(lines, used, CapUnit.MONEY)
        count, count_line = _tightest(lines, used, CapUnit.COUNT)
        return Left(money, _until(money_line, at, zone), count, _until(count_line, at, zone), money_line)


def _tightest(
    lines: tuple[CapLine, ...], used: dict[str, int], unit: CapUnit
) -> tuple[int | None, CapLine | None]:
    """What the tightest cap of a unit leaves, and which it is; of several the last to reset."""
    rest = [(max(0, line.limit - used.get(line.counter, 0)), line) for line in lines if line.unit is unit]
    return min(rest, key=lambda one: (one[0], -one[1].resets_at), default=(None, None))


def _until(line: CapLine | None, at: float, zone: str) -> str:
    """In which period, and when it resets."""
    return f"{_PERIODS[line.period]} until {reset_words(line.resets_at, at, zone)}" if line else ""
