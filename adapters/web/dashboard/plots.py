"""Series over time as the shapes of an SVG, in a box of WIDTH by HEIGHT that is stretched to its place.

Drawn here rather than in the browser: a plot is there without scripts, and nothing is fetched for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.web.dashboard import words
from bot.dashboard import Overview, Step

WIDTH, HEIGHT = 600, 120
_GAP = 0.28
"""Share of a bar's place that is left empty."""
_MICRO_CENT = 10_000


@dataclass(frozen=True, slots=True)
class Series:
    """One line or row of bars. `path` is SVG path data, `values` one text for each step ("" for nothing)."""

    name: str
    path: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure. `summary` says in words what it shows, `top` what its upper edge stands for, `times` when
    each step began; `bars` are filled, lines are not."""

    title: str
    total: str
    summary: str
    top: str
    bars: bool
    tone: str
    times: tuple[str, ...]
    series: tuple[Series, ...]
    empty: bool


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
            [("Median", lambda s: s.p50), ("95th percentile", lambda s: s.p95)],
            words.seconds,
            bars=False,
        ),
        _plot(
            "From Venice's cache",
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
    rows = [[read(step) for step in overview.steps] for _, read in readings]
    known = [value for row in rows for value in row if value is not None]
    highest = max(known, default=0.0)
    top = top or _nice(highest, wording)
    draw = _bars if bars else _line
    series = tuple(
        Series(name, draw(row, top), tuple("" if value is None else wording(value) for value in row))
        for (name, _), row in zip(readings, rows, strict=True)
    )
    empty = not known or (bars and highest == 0)
    summary = f"{title} in the last {words.SPANS[overview.span]}: {total}, "
    summary += "nothing measured." if empty else f"at most {wording(highest)} in one step."
    times = tuple(words.when(step.at) for step in overview.steps)
    return Plot(title, total, summary, wording(top), bars, tone, times, series, empty)


def _nice(highest: float, wording: Wording) -> float:
    """A round number at or above the highest value."""
    if highest <= 0:
        return _MICRO_CENT if wording is _money else 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    found = next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if highest <= step * power * (1 + 1e-9))
    return max(found, 1.0) if wording is _number else found


def _bars(row: Sequence[float | None], top: float) -> str:
    place = WIDTH / max(1, len(row))
    wide = place * (1 - _GAP)
    parts: list[str] = []
    for index, value in enumerate(row):
        if value:
            high = max(1.0, HEIGHT * value / top)
            left = index * place + place * _GAP / 2
            parts.append(f"M{left:.1f} {HEIGHT}v{-high:.1f}h{wide:.1f}v{high:.1f}z")
    return "".join(parts)


def _line(row: Sequence[float | None], top: float) -> str:
    """A line with gaps where nothing was measured; one value alone is a short dash."""
    place = WIDTH / max(1, len(row))
    parts: list[str] = []
    before: float | None = None
    for index, value in enumerate(row):
        if value is not None:
            x, y = (index + 0.5) * place, HEIGHT - HEIGHT * min(value, top) / top
            follows = index + 1 < len(row) and row[index + 1] is not None
            alone = before is None and not follows
            parts.append(f"M{x - place / 3:.1f} {y:.1f}h{place * 2 / 3:.1f}" if alone else "")
            if not alone:
                parts.append(f"{'M' if before is None else 'L'}{x:.1f} {y:.1f}")
        before = value
    return "".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _money(value: float) -> str:
    return words.money(round(value))
