"""CommonMark to Discord's own markdown, cut into messages."""

from __future__ import annotations

from dataclasses import replace

from adapters.discord.markup import MESSAGE_START, overhead, render, weigh
from adapters.text.flow import flow_of
from adapters.text.measure import utf16_length
from adapters.text.parse import parse
from adapters.text.runs import Dialect
from adapters.text.split import Scale, split
from bot.messages import Part

LIMIT = 1950
"""Length of a message in UTF-16 units; Discord's own limit is 2,000, the rest is left for a mark."""

_DIALECT = Dialect(bullet="-", schemes=frozenset({"http", "https"}), plain_labels=True)


def compose(markdown: str, limit: int = LIMIT) -> list[Part]:
    """A text, or any prefix of one, as messages of at most `limit` UTF-16 units (at least 200)."""
    flow = flow_of(parse(markdown), replace(_DIALECT, longest_url=limit // 2))
    scale = Scale(flow, weigh, overhead)

    def make(start: int, end: int) -> Part:
        return Part(render(flow.slice(start, end)), (), flow.text[start:end])

    def fits(part: Part) -> bool:
        return utf16_length(part.text) <= limit

    def reach(start: int) -> int:
        # The weights are an upper bound, so the rest of the text gets a try as a whole.
        end, whole = scale.reach(start, limit - MESSAGE_START), len(flow.text)
        return whole if end < whole <= start + limit and fits(make(start, whole)) else end

    return split(flow, reach, make, fits)
