"""Runs as properly nested marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters.text.runs import Run, Style


class Key(NamedTuple):
    """A mark: its kind, and its address or language."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A mark begins before a run of this style."""

    key: Key
    style: Style


@dataclass(frozen=True, slots=True)
class Close:
    """The mark opened last ends."""

    key: Key


Event = Open | Close | Run
KeysOf = Callable[[Style], tuple[Key, ...]]

_OUTER_FIRST = ("pre", "quote", "spoiler", "link", "bold", "strikethrough", "italic", "code")


def mark_keys(style: Style, *, bold: bool) -> tuple[Key, ...]:
    """The marks of a style but code; `bold` adds that one."""
    if not style.marks and not bold:
        return ()
    marks = style.marks | {"bold"} if bold else style.marks
    return tuple(Key(mark) for mark in marks if mark != "code")


def nest(runs: Iterable[Run], keys_of: KeysOf) -> Iterator[Event]:
    """Marks never overlap, are never empty, and neither begin nor end with white space; runs of white
    space between them come as runs of their own."""
    pieces = [(run, keys_of(run.style)) for run in runs]
    stack: list[Key] = []
    gap: list[Run] = []
    for index, (run, wanted) in enumerate(pieces):
        yield from _close(stack, wanted)
        before, core, after = _edges(run)
        gap += before
        if core is None:
            continue
        yield from gap
        gap = after
        for key in _order([key for key in wanted if key not in stack], pieces, index):
            stack.append(key)
            yield Open(key, run.style)
        yield core
    yield from _close(stack, ())
    yield from gap


def _close(stack: list[Key], wanted: tuple[Key, ...]) -> Iterator[Event]:
    keep = next((depth for depth, key in enumerate(stack) if key not in wanted), len(stack))
    while len(stack) > keep:
        yield Close(stack.pop())


def _edges(run: Run) -> tuple[list[Run], Run | None, list[Run]]:
    """White space, the rest, white space. Code blocks keep theirs."""
    if run.style.pre:
        return [], run, []
    text = run.text.lstrip()
    lead = run.text[: len(run.text) - len(text)]
    core = text.rstrip()
    trail = text[len(core) :]
    before, after = ([Run(space, run.style)] if space else [] for space in (lead, trail))
    return before, Run(core, run.style) if core else None, after


def _order(new: list[Key], pieces: Sequence[tuple[Run, tuple[Key, ...]]], index: int) -> list[Key]:
    """What lasts longest goes outside."""
    if len(new) < 2:
        return new

    def extent(key: Key) -> int:
        end = index
        while end < len(pieces) and key in pieces[end][1]:
            end += 1
        return end

    return sorted(new, key=lambda key: (-extent(key), _OUTER_FIRST.index(key.kind)))
