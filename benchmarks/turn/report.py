"""The figures side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.stand.conditions import machine
from benchmarks.stand.figures import high, middle
from benchmarks.stand.play import Played, Scene


@dataclass(frozen=True, slots=True)
class Pair:
    """One setting, measured with both bots."""

    scene: Scene
    gondola: Played
    bare: Played


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: which, how it is written, and how many of its unit are one of `Played`'s."""

    title: str
    pick: Callable[[Played], list[float]]
    factor: float = 1_000.0
    digits: int = 0
    spread: bool = True


ROWS = (
    Row("message received → Venice called, ms", lambda m: m.to_venice),
    Row("24 characters (or 250 ms) → first visible text, ms", lambda m: m.to_visible),
    Row("last token → complete text, ms", lambda m: m.to_complete),
    Row("CPU per answer, ms", lambda m: m.cpu, spread=False),
    Row("platform calls per answer", lambda m: m.calls, 1.0, 2, spread=False),
    Row("of these refused as too many", lambda m: m.refused, 1.0, 2, spread=False),
)


def _cell(row: Row, measured: Played) -> str:
    values = [value * row.factor for value in row.pick(measured)]
    usual = f"{middle(values):,.{row.digits}f}"
    return f"{usual} / {high(values):,.{row.digits}f}" if row.spread else usual


def _ratio(row: Row, pair: Pair) -> str:
    own, bare = middle(row.pick(pair.gondola)), middle(row.pick(pair.bare))
    return f"{own / bare:.3g}" if bare > 0 else ""


def title(pair: Pair) -> str:
    """What was measured, in one line."""
    at_once = "one conversation" if pair.scene.people == 1 else f"{pair.scene.people} conversations at once"
    times = "" if pair.scene.rounds == 1 else f", {pair.scene.rounds} times"
    took, tokens = middle(pair.gondola.streaming), middle(pair.gondola.chars) / 4
    return (
        f"{pair.scene.platform.capitalize()}, {at_once}{times}: {tokens:.0f} tokens, "
        f"streamed in {took:.1f} s (bare: {middle(pair.bare.streaming):.1f} s)"
    )


def _cells(pair: Pair) -> list[tuple[str, str, str, str]]:
    head = ("median / p95", "Gondola", "bare loop", "ratio")
    return [head] + [
        (row.title, _cell(row, pair.gondola), _cell(row, pair.bare), _ratio(row, pair)) for row in ROWS
    ]


def plain(pair: Pair) -> str:
    """For a terminal."""
    rows = _cells(pair)
    lines = [f"  {a:<52}{b:>18}{c:>18}{d:>10}" for a, b, c, d in rows]
    return "\n".join([title(pair), *lines, ""])


def markdown(pair: Pair) -> str:
    """For docs/performance.md."""
    head, *rows = ["| " + " | ".join(row) + " |" for row in _cells(pair)]
    return "\n".join([f"**{title(pair)}**", "", head, "|---|---:|---:|---:|", *rows, ""])


def conditions(scene: Scene) -> str:
    """On what it was measured."""
    limits = "as the real platforms have them" if scene.limits else "off"
    return (
        f"{machine()} Venice writes {scene.pace:g} tokens a second after {scene.thinking:g} s; "
        f"platform limits {limits}."
    )
