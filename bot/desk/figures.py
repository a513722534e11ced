"""The overview: what was counted, as steps of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.dashboard import SPAN_STEPS, Span, Step
from bot.figures import (
    ENDS,
    LATENCY_BOUNDS,
    TROUBLES,
    Figure,
    Figures,
    Measure,
    latency_range,
    percentile,
)
from bot.overseeing import Overseen


class Chronicle:
    """Puts counts and the ledger together."""

    def __init__(self, figures: Figures, overseen: Overseen) -> None:
        self._figures = figures
        self._overseen = overseen

    async def steps(
        self, span: Span, now: float, servers: Sequence[str] | None
    ) -> tuple[tuple[Step, ...], Step, int]:
        """Every step of a span that ends now, the sum of them, and how many people asked."""
        number, seconds = SPAN_STEPS[span]
        since = begin(span, now)
        figures = await self._figures.steps(since=since, seconds=seconds, servers=servers)
        spent = dict(await self._overseen.spent(since=since, seconds=seconds, servers=servers))
        people = await self._overseen.askers(since=since, servers=servers)
        counted = _counted(figures)
        steps = tuple(
            _step(since + index * seconds, counted.get(index, Counter()), spent.get(index, 0))
            for index in range(number)
        )
        whole = _step(since, _sum(counted.values()), sum(spent.values()))
        return steps, whole, people


def begin(span: Span, now: float) -> int:
    """When the first step of a span begins: the last one is the one that runs."""
    number, seconds = SPAN_STEPS[span]
    return int(now // seconds - number + 1) * seconds


def _counted(figures: Iterable[Figure]) -> Mapping[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    for one in figures:
        found.setdefault(one.step, Counter())[one.measure] += one.amount
    return found


def _sum(parts: Iterable[Counter[str]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for one in parts:
        whole.update(one)
    return whole


def _step(at: float, counts: Counter[str], cost: int) -> Step:
    ranges = [0] * (len(LATENCY_BOUNDS) + 1)
    for measure, amount in counts.items():
        index = latency_range(measure)
        if index is not None and index < len(ranges):
            ranges[index] += amount
    prompt = counts[Measure.PROMPT.value]
    return Step(
        at=at,
        messages=sum(counts[one.value] for one in ENDS),
        errors=sum(counts[one.value] for one in TROUBLES),
        cost=cost,
        p50=percentile(ranges, 0.5),
        p95=percentile(ranges, 0.95),
        cached=counts[Measure.CACHED.value] / prompt if prompt else None,
    )
