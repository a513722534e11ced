"""Citation markers in streamed answers: `^1^`, `^1,3^` and `[REF]0[/REF]` become one form, then links.

Venice numbers carets from 1 and [REF] from 0. Markers may be split across deltas, and the sources come
only at the end, so the stream first shows plain `[1]` and the finished text gets the links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.messages import Source

# A single letter before the caret is mathematics (x^2^), not a source.
_MARKER = re.compile(
    r"(?<!\b[A-Za-z])(?<!\^)\^(?P<caret>\d{1,3}(?:\s*,\s*\d{1,3})*)\^(?![\w^])"
    r"|\[ref\](?P<ref>[\d\s,]*)\[/ref\]",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"(?:\^[\d,\s]{0,20}|\[(?:r(?:e(?:f(?:\](?:[\d\s,]{0,20}(?:\[(?:/(?:r(?:e(?:f)?)?)?)?)?)?)?)?)?)?)$", re.I
)
_FENCE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`)", re.DOTALL)


class MarkerFilter:
    """Holds back a possible half marker at the end of what has arrived, so that none is ever shown."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Text that is safe to show now."""
        whole = self._held + text
        complete = max((marker.end() for marker in _MARKER.finditer(whole)), default=0)
        match = _OPEN.search(whole, complete)
        cut = match.start() if match else len(whole)
        self._held = whole[cut:]
        return whole[:cut]

    def rest(self) -> str:
        """What was held back; call once at the end."""
        held, self._held = self._held, ""
        return held


def plain_markers(text: str) -> str:
    """Markers as `[1]`, for a stream whose sources are not known yet. Code is left alone."""
    return _outside_code(text, lambda numbers: "".join(f"\\[{number}\\]" for number in numbers))


def linked(text: str, sources: Sequence[Source]) -> tuple[str, tuple[Source, ...]]:
    """The finished text with numbered links and the sources it uses, renumbered in order of use.

    Markers without a source are dropped. Without any marker every source counts as used.
    """
    by_number = {source.number: source for source in sources}
    order: dict[int, Source] = {}

    def link(numbers: Sequence[int]) -> str:
        shown: list[str] = []
        for number in numbers:
            source = by_number.get(number)
            if source is None:
                continue
            kept = order.setdefault(number, Source(len(order) + 1, source.title, source.url))
            mark = f"\\[{kept.number}\\]"
            shown.append(f"[{mark}](<{_safe_url(kept.url)}>)" if kept.url else mark)
        return "".join(shown)

    result = _outside_code(text, link)
    used = tuple(order.values()) or tuple(
        Source(index, source.title, source.url) for index, source in enumerate(sources, 1)
    )
    return result, used


def source_list(sources: Sequence[Source]) -> str:
    """One list of sources under an answer, CommonMark; "" for none."""
    if not sources:
        return ""
    lines = [f"{s.number}. {_entry(s)}" for s in sources]
    return "\n\n**Sources**\n\n" + "\n".join(lines)


def _entry(source: Source) -> str:
    """A link, or the title of what has no address."""
    title = _safe_title(source)
    return f"[{title}](<{_safe_url(source.url)}>)" if source.url else title


def _outside_code(text: str, render: Callable[[Sequence[int]], str]) -> str:
    pieces = _FENCE.split(text)
    for index in range(0, len(pieces), 2):
        pieces[index] = _MARKER.sub(lambda match: render(_numbers(match)), pieces[index])
    return "".join(pieces)


def _numbers(match: re.Match[str]) -> list[int]:
    reference = match["ref"]
    found = re.findall(r"\d+", match["caret"] if reference is None else reference)
    return [int(number) + (1 if reference is not None else 0) for number in found]


def _safe_url(url: str) -> str:
    return re.sub(r"[<>\s\\|]", lambda match: f"%{ord(match[0]):02X}", url)


def _safe_title(source: Source) -> str:
    title = re.sub(r"\s+", " ", source.title).strip() or source.url
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", title[:120])
