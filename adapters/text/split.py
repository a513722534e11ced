"""Where to cut a flow into messages."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain

from adapters.text.flow import Flow
from adapters.text.measure import boundary_before, is_blank, is_boundary
from adapters.text.runs import Run, Style
from bot.messages import Part

_BLANK_LINE = re.compile(r"\n[^\S\n]*(?=\n)")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？][\"'”’」』）]*")
_SPACE = re.compile(r"\s+")
_BLANK_CODE_LINES = re.compile(r"(?:[^\S\n]*\n)+")

Reach = Callable[[int], int]


class Scale:
    """What characters weigh in a message: each its own weight, and each run what its marks take."""

    def __init__(
        self, flow: Flow, weigh: Callable[[Run], Iterable[int]], overhead: Callable[[Style], int]
    ) -> None:
        self._flow = flow
        self._overhead = overhead
        weights = (_with_overhead(weigh(run), overhead(run.style)) for run in flow.runs)
        self._sums = list(accumulate(chain.from_iterable(weights), initial=0))

    def reach(self, start: int, limit: int) -> int:
        """The furthest end, above `start`, within the limit."""
        broken = start > self._flow.run_start(start)
        spent = self._sums[start] + (-self._overhead(self._flow.style_at(start)) if broken else 0)
        return max(start + 1, bisect_right(self._sums, spent + limit) - 1)


def _with_overhead(weights: Iterable[int], overhead: int) -> Iterator[int]:
    first = iter(weights)
    yield next(first) + overhead
    yield from first


def split(
    flow: Flow, reach: Reach, make: Callable[[int, int], Part], fits: Callable[[Part], bool]
) -> list[Part]:
    """The flow as parts, from the front, none blank; only white space is left out between them.

    `reach(start)` is the furthest end (above `start`) that should fit into a message; `fits` has the last
    word on what `make(start, end)` made. A cut depends only on what stands before it and a little behind
    it, so it stays when a text grows."""
    parts: list[Part] = []
    start = _skip(flow, 0)
    while start < len(flow.text):
        cut = reach(start)
        if cut < len(flow.text):
            cut = _cut(flow, start, cut)
        end = _trim(flow, start, cut)
        while not fits(part := make(start, end)) and end > start + 1:
            cut = _cut(flow, start, end - max(1, (end - start) // 16))
            end = _trim(flow, start, cut)
        if not is_blank(flow.text[start:end]):
            parts.append(part)
        start = _skip(flow, cut)
    return parts


def _skip(flow: Flow, start: int) -> int:
    """Past white space, but not past the indentation of code."""
    text = flow.text
    while start < len(text) and text[start].isspace():
        if not flow.style_at(start).pre:
            start += 1
            continue
        blank = _BLANK_CODE_LINES.match(text, start, flow.run_end(start))
        if blank is None:
            return start
        start = blank.end()
    return start


def _trim(flow: Flow, start: int, end: int) -> int:
    return start + max(1, len(flow.text[start:end].rstrip()))


def _cut(flow: Flow, start: int, end: int) -> int:
    """The best place in (start, end]: blank line, line or sentence in the second half, else a space,
    else any character."""
    middle = start + (end - start) // 2
    for pattern, low in ((_BLANK_LINE, middle), (_LINE, middle), (_SENTENCE, middle), (_SPACE, start + 1)):
        cut = _last(flow, pattern, max(low, start + 1), end)
        if cut:
            return cut
    link = flow.link_around(end)
    if link is not None and link[0] > start:
        end = link[0]
    return boundary_before(flow.text, end, start)


def _last(flow: Flow, pattern: re.Pattern[str], low: int, end: int) -> int:
    """The last acceptable cut of a kind, 0 for none."""
    limit = end
    for found in reversed(list(pattern.finditer(flow.text, low, end + 1))):
        cut = found.end() if pattern is _SENTENCE else found.start()
        if cut > limit:
            continue
        link = flow.link_around(cut)
        if link is not None:
            limit = link[0]
        elif is_boundary(flow.text, cut) and is_boundary(flow.text, found.end()):
            return cut
    return 0
