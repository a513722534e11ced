"""Series over time, as the page's script draws them and as its tables tell them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.web.dashboard import words
from bot.dashboard import Overview, Step

_MICRO_CENT = 10_000


@dataclass(frozen=True, slots=True)
class Series:
    """One line or row of bars: for each step its value and its text (None and "": nothing was measured)."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure over steps that began at `at` (Unix time) and lasted `seconds` each. `summary` says in words
    what it shows, `peak` the most of a step; `ticks` are values of the upright axis with their texts, from
    nothing to its upper edge."""

    title: str
    summary: str
    peak: str
    bars: bool
    tone: str
    span: str
    seconds: float
    at: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]
    empty: bool

    @property
    def drawn(self) -> Mapping[str, object]:
        """What the script needs, for JSON."""
        return {
            "title": self.title,
            "bars": self.bars,
            "tone": self.tone,
            "span": self.span,
            "seconds": self.seconds,
            "at": self.at,
            "ticks": self.ticks,
            "series": [{"name": one.name, "values": one.values, "texts": one.texts} for one in self.series],
        }


Reading = Callable[[Step], float | None]
Wording = Callable[[float], str]


def plots_of(overview: Overview) -> tuple[Plot, ...]:
    """The figures of an overview."""
    whole = overview.whole
    return (
        _plot("Messages", f"{whole.messages:,}", overview, [("Messages", lambda s: s.messages)], _number),
        _plot("Spend", words.money(whole.cost), overview, [("Spend", lambda s: s.cost)], _money),
        _plot(
            "Time to answer",
            f"{words.seconds(whole.p50)} median",
            overview,
            [("Median", lambda s: s.p50), ("95 % within", lambda s: s.p95)],
            words.seconds,
            bars=False,
        ),
        _plot(
            "From the cache",
            words.share(whole.cached),
            overview,
            [("Cached", lambda s: s.cached)],
            words.share,
            bars=False,
            top=1.0,
        ),
        _plot(
            "Errors", f"{whole.errors:,}", overview, [("Errors", lambda s: s.errors)], _number, tone="danger"
        ),
    )


def _plot(
    title: str,
    total: str,
    overview: Overview,
    readings: Sequence[tuple[str, Reading]],
    wording: Wording,
    *,
    bars: bool = True,
    tone: str = "accent",
    top: float = 0.0,
) -> Plot:
    rows = [tuple(read(step) for step in overview.steps) for _, read in readings]
    known = [value for row in rows for value in row if value is not None]
    highest = max(known, default=0.0)
    empty = not known or (bars and highest == 0)
    series = tuple(
        Series(name, row, tuple("" if value is None else wording(value) for value in row))
        for (name, _), row in zip(readings, rows, strict=True)
    )
    peak = f"at most {wording(highest)}{f' in {words.away(overview.seconds)}' if bars else ''}"
    summary = f"{title} in the last {words.SPANS[overview.span]}: {total}, "
    summary += "nothing measured." if empty else f"{peak}."
    ticks = _ticks(top or _nice(highest, wording), wording)
    at = tuple(step.at for step in overview.steps)
    return Plot(
        title, summary, peak, bars, tone, overview.span.value, overview.seconds, at, ticks, series, empty
    )


def _nice(highest: float, wording: Wording) -> float:
    """A round number at or above the highest value."""
    if highest <= 0:
        return _MICRO_CENT if wording is _money else 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    found = next(step * power for step in (1, 2, 3, 4, 6, 8, 10) if highest <= step * power * (1 + 1e-9))
    return max(found, 1.0) if wording is _number else found


def _ticks(top: float, wording: Wording) -> tuple[tuple[float, str], ...]:
    """Nothing, the upper edge, and the middle where it can be said exactly."""
    unit = 1 if wording is _number else _MICRO_CENT if wording is _money and top > _MICRO_CENT else 0
    exact = not unit or top / 2 % unit == 0
    return tuple((value, wording(value)) for value in ((0.0, top / 2, top) if exact else (0.0, top)))


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _money(value: float) -> str:
    return words.money(round(value))
