"""The figures of a scene beside those of the bare loop, and beside what is demanded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.delivery.scenes import ALWAYS, Act, Demand
from benchmarks.stand.figures import high, middle
from benchmarks.stand.play import Played

NOT_ALL = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a play."""

    title: str
    cell: Callable[[Played], str]


def _spread(pick: Callable[[Played], list[float]]) -> Callable[[Played], str]:
    def cell(played: Played) -> str:
        values = [1_000 * value for value in pick(played)]
        return f"{middle(values):,.0f} / {high(values):,.0f} / {max(values):,.0f}" if values else NOT_ALL

    return cell


ROWS = (
    Row("message received → Venice called, ms", _spread(lambda one: one.to_venice)),
    Row("24 characters (or 250 ms) → first visible text, ms", _spread(lambda one: one.to_visible)),
    Row("last token → complete text, ms", _spread(lambda one: one.to_complete)),
    Row("first question → last answer whole, s", lambda one: f"{one.took:.1f}"),
    Row("CPU per answer, ms", lambda one: f"{1_000 * middle(one.cpu):,.0f}"),
    Row("platform calls per answer", lambda one: f"{middle(one.calls):.2f}"),
    Row("of these refused as too many", lambda one: f"{middle(one.refused):.2f}"),
    Row("answers missing", lambda one: str(one.missing)),
)


def title(act: Act, own: Played) -> str:
    """What was measured, in one line."""
    scene = act.scene
    times = f", {scene.rounds} times" if scene.rounds > 1 else ""
    tokens = middle(own.chars) / 4 if own.chars else 0
    return f"{act.title}{times}: {tokens:.0f} tokens at {scene.pace:g} a second"


def verdicts(act: Act, own: Played, bare: Played) -> list[tuple[str, str, str, bool]]:
    """Each demand: what, measured, at most, whether it holds."""
    return [_verdict(demand, own, bare) for demand in (*act.demands, *ALWAYS)]


def _verdict(demand: Demand, own: Played, bare: Played) -> tuple[str, str, str, bool]:
    try:
        value = demand.figure(own, bare)
    except ValueError:  # not one answer came
        return demand.title, NOT_ALL, f"{demand.most:,g}", False
    return demand.title, f"{value:,.{demand.digits}f}", f"{demand.most:,g}", value <= demand.most


def plain(act: Act, own: Played, bare: Played) -> str:
    """For a terminal."""
    lines = [title(act, own), f"  {'median / p95 / worst':<54}{'Gondola':>24}{'bare loop':>24}"]
    lines += [f"  {row.title:<54}{row.cell(own):>24}{row.cell(bare):>24}" for row in ROWS]
    for name, value, most, holds in verdicts(act, own, bare):
        lines.append(f"  {'holds' if holds else 'FAILS':<6} {name}: {value} (at most {most})")
    return "\n".join([*lines, ""])


def markdown(act: Act, own: Played, bare: Played) -> str:
    """For docs/performance.md."""
    lines = [f"**{title(act, own)}**", "", *_table(("median / p95 / worst", "Gondola", "bare loop"))]
    lines += [f"| {row.title} | {row.cell(own)} | {row.cell(bare)} |" for row in ROWS]
    lines += ["", *_table(("wanted", "at most", "measured", ""))]
    for name, value, most, holds in verdicts(act, own, bare):
        lines.append(f"| {name} | {most} | {value} | {'holds' if holds else '**fails**'} |")
    return "\n".join([*lines, ""])


def _table(head: Sequence[str]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
