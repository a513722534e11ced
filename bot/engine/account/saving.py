"""Near a cap: a shorter answer, less of the talk, a cheaper model, in this order, and said, before a refusal.

Once a cap on money is nearly used, one question may take at most a tenth of what is left, so that the rest
lasts; what costs less than that anyway is answered as ever. What does not fit at all is made to fit. Whatever
is chosen is reserved like any other call, so the caps hold exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.declarations import Medium
from bot.engine.account.capwatch import first_to_tell
from bot.engine.account.thrift import MOST_OTHERS, SHARE, TRIES, Thrift, line_of, saved_words
from bot.engine.models.choosing import Chooser, Lineup
from bot.engine.money.caplevels import NEAR, CapLevels, Filling
from bot.engine.money.caps import CapsBook, amount_words, cap_words
from bot.engine.money.resets import reset_words
from bot.engine.turns.aside import Aside
from bot.engine.turns.turn import Turn
from bot.errors import CapReached, UserError
from bot.records import CapLine, CapUnit
from bot.storing import Marks
from bot.venice import ChatRequest, Model
from bot.venice.pricing import chat_ceiling


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of everything a question gets: most tokens of answer and of the talk before it (0 as set), and
    whether the model may think and search the web by itself."""

    answer: int = 0
    context: int = 0
    spare: bool = False

    @property
    def words(self) -> str:
        """How an answer is then given."""
        how = "shortly and from less of our talk" if self.context else "shortly"
        return f"{how}, without searching the web" if self.spare else how


AS_SET = Measure()
SMALLER = (Measure(600), Measure(600, 3_000), Measure(300, 1_000, spare=True))
Build = Callable[[Model, Measure], ChatRequest]


@dataclass(frozen=True, slots=True)
class _Way:
    model: Model
    measure: Measure
    ceiling: int


class Economy:
    """How one question is made to fit. `note` is said with the answer, "" while it is asked as ever."""

    def __init__(self, saver: Saver, turn: Turn, lineup: Lineup, build: Build) -> None:
        self.measure = AS_SET
        self.note = ""
        self._saver = saver
        self._turn = turn
        self._lineup = lineup
        self._build = build
        self._tries = 0

    async def begin(self) -> None:
        """Spare what is left of a cap that is nearly used."""
        near = self._saver.near(self._turn)
        if near is None:
            return
        most = near.left // SHARE
        now = _way(self._lineup.model, AS_SET, self._build)
        if now is None or now.ceiling <= most:
            return
        ways = [way for way in await self._ways() if way.ceiling < now.ceiling]
        fit = next((way for way in ways if way.ceiling <= most), None)
        best = fit or min(ways, key=lambda way: way.ceiling, default=None)
        if best is not None:
            self._take(best, near.line)

    async def tighten(self, error: CapReached) -> bool:
        """Make the question fit what a cap has left; False where nothing does, or a cap counts calls."""
        self._tries += 1
        cap = error.cap
        if cap.unit != CapUnit.MONEY.value or self._tries > TRIES or not self._saver.wanted(self._turn):
            return False
        fit = next((way for way in await self._ways() if way.ceiling <= cap.left), None)
        if fit is None:
            return False
        self._take(fit, line_of(cap))
        return True

    async def _ways(self) -> list[_Way]:
        """Every smaller way to ask, those that take the least away first."""
        model = self._lineup.model
        others = await self._saver.cheaper(self._turn, self._lineup)
        return [way for one in (model, *others) for way in _all(one, SMALLER, self._build)]

    def _take(self, way: _Way, line: CapLine) -> None:
        other = way.model is not self._lineup.model
        self._lineup.model, self.measure = way.model, way.measure
        who = f"a cheaper model, {way.model.name}, answers" if other or "cheaper" in self.note else "I answer"
        self.note = saved_words(self._turn, line, f"{who} {way.measure.words}")


class Saver:
    """Knows how near the caps are, and what is cheaper."""

    def __init__(
        self,
        chooser: Chooser,
        thrift: Thrift,
        caps: CapsBook,
        levels: CapLevels,
        marks: Marks,
        aside: Aside,
    ) -> None:
        self._chooser = chooser
        self._thrift = thrift
        self._caps = caps
        self._levels = levels
        self._marks = marks
        self._aside = aside

    def economy(self, turn: Turn, lineup: Lineup, build: Build) -> Economy:
        """For one question."""
        return Economy(self, turn, lineup, build)

    def wanted(self, turn: Turn) -> bool:
        """Whether people here want less rather than nothing."""
        return self._thrift.wanted(turn)

    def near(self, turn: Turn) -> Filling | None:
        """The fullest of the caps that are nearly used, where that makes a difference."""
        return self._thrift.near(turn, Medium.CHAT.value)

    async def cheaper(self, turn: Turn, lineup: Lineup) -> Sequence[Model]:
        """The few cheapest models that may answer for less, the cheapest first."""
        return (await self._chooser.cheaper(turn, lineup.model, lineup.job))[:MOST_OTHERS]

    async def tell(self, turn: Turn) -> None:
        """Tell the asker alone, once, that a cap of their own is nearly used."""
        if not self._aside.reaches_alone(turn):
            return
        for filling in self._levels.own(self._caps, turn.incoming.place, turn.person, turn.now):
            if await first_to_tell(self._marks, filling.line, NEAR):
                await self._aside.hint(turn, own_words(filling, turn.now, self._zone(turn)))

    def _zone(self, turn: Turn) -> str:
        return turn.settings.text("timezone")


def own_words(filling: Filling, now: float, zone: str) -> str:
    """How far somebody's own cap is used."""
    line = filling.line
    return (
        f"{cap_words(line)} is {filling.percent} % used "
        f"({amount_words(line.unit, filling.settled)} so far). "
        f"It resets at {reset_words(line.resets_at, now, zone)}."
    )


def _all(model: Model, measures: Sequence[Measure], build: Build) -> Iterator[_Way]:
    for measure in measures:
        way = _way(model, measure, build)
        if way is not None:
            yield way


def _way(model: Model, measure: Measure, build: Build) -> _Way | None:
    """What asking like this may cost at most; None where the question does not fit the model."""
    try:
        return _Way(model, measure, chat_ceiling(model, build(model, measure)))
    except UserError:
        return None
