"""What the caps still leave to somebody."""

from __future__ import annotations

from dataclasses import dataclass

from bot.engine.caps import CapsBook, dollars
from bot.messages import Place
from bot.records import CapLine, CapPeriod, CapUnit
from bot.storing import Store


@dataclass(frozen=True, slots=True)
class Left:
    """What the tightest caps leave: `money` in micro-USD and `count` in calls, None where nothing limits
    it, each with whether it is counted by the day (else by the month)."""

    money: int | None = None
    money_daily: bool = True
    count: int | None = None
    count_daily: bool = True

    def pays(self, cost: int) -> bool:
        """Whether one more call of that price fits."""
        return (self.money is None or cost <= self.money) and (self.count is None or self.count >= 1)

    @property
    def words(self) -> str:
        """As the second half of a sentence about a price, "" where nothing limits it."""
        said: list[str] = []
        if self.money is not None:
            said.append(f"{dollars(self.money)} left {_period(self.money_daily)}")
        if self.count is not None:
            said.append(f"{self.count} of these left {_period(self.count_daily)}")
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
        money, money_daily = _tightest(lines, used, CapUnit.MONEY)
        count, count_daily = _tightest(lines, used, CapUnit.COUNT)
        return Left(money, money_daily, count, count_daily)


def _tightest(lines: tuple[CapLine, ...], used: dict[str, int], unit: CapUnit) -> tuple[int | None, bool]:
    rest = [
        (max(0, line.limit - used.get(line.counter, 0)), line.period is CapPeriod.DAY)
        for line in lines
        if line.unit is unit
    ]
    return min(rest, default=(None, True))


def _period(daily: bool) -> str:
    return "today" if daily else "this month"
