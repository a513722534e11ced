"""CommonMark to Telegram: text with entities, counted in UTF-16 units."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import repeat

from adapters.text.flow import Flow, flow_of
from adapters.text.measure import has_astral, utf16_length
from adapters.text.nest import Close, Key, Open, mark_keys, nest
from adapters.text.parse import parse
from adapters.text.runs import Dialect, Run, Style
from adapters.text.split import Reach, Scale, split
from bot.messages import Entity, Part

LIMIT = 4096
"""UTF-16 units of a message."""

MOST_ENTITIES = 100
"""Telegram shows no more formatted ranges than this in one message."""

DIALECT = Dialect(bullet="•", schemes=frozenset({"http", "https", "tg", "mailto"}))
_NAMED = re.compile(r"(?<!\w)@")
_PERSON = "tg://user"
_JOINER = "\u2060"
_TYPES = {"link": "text_link", "quote": "blockquote"}


def compose(markdown: str, limit: int = LIMIT) -> list[Part]:
    """A text, or any prefix of one, as messages of at most `limit` UTF-16 units (at least 200)."""
    flow = _calm(flow_of(parse(markdown), DIALECT))

    def make(start: int, end: int) -> Part:
        text = flow.text[start:end]
        return Part(text, _entities(flow, start, end), text)

    return split(flow, _reach(flow, limit), make, lambda part: len(part.entities) <= MOST_ENTITIES)


def quiet(text: str) -> str:
    """Text that notifies nobody: Telegram makes a mention of every `@name` it finds, whoever wrote it. An
    invisible character keeps it from that, wherever what stands before allows a name, so that the beginning
    of a text stays the beginning of it."""
    return _NAMED.sub(f"@{_JOINER}", text)


def names_person(url: str) -> bool:
    """Whether an address is a person, who is notified of a link to them."""
    return url.casefold().startswith(_PERSON)


def _calm(flow: Flow) -> Flow:
    return Flow([run if _is_literal(run.style) else Run(quiet(run.text), run.style) for run in flow.runs])


def _is_literal(style: Style) -> bool:
    """Whether Telegram looks for no names in there: in code, and in an address that is a link of itself."""
    return (style.bare and bool(style.link)) or any(key.kind in ("pre", "code") for key in _keys(style))


def _keys(style: Style) -> tuple[Key, ...]:
    if style.pre:
        return (Key("pre", style.language),)
    outer = (Key("quote"),) if style.quote else ()
    if style.link:
        outer = (*outer, Key("link", style.link))
    elif "code" in style.marks and not style.quote and "spoiler" not in style.marks:
        # Code nests with nothing: it drops other marks, and gives way to a link, a quote or a spoiler.
        return (Key("code"),)
    return (*outer, *mark_keys(style, bold=style.heading > 0))


def _entities(flow: Flow, start: int, end: int) -> tuple[Entity, ...]:
    found: list[Entity] = []
    opened: list[int] = []
    position = 0
    for event in nest(flow.slice(start, end), _keys):
        match event:
            case Run(text=text):
                position += utf16_length(text)
            case Open():
                opened.append(position)
            case Close(key=key):
                offset = opened.pop()
                found.append(_entity(key, offset, position - offset))
    # The outer of two equal ranges closes last and goes first.
    found.reverse()
    return tuple(sorted(found, key=lambda entity: (entity.offset, -entity.length)))


def _entity(key: Key, offset: int, length: int) -> Entity:
    return Entity(
        _TYPES.get(key.kind, key.kind),
        offset,
        length,
        url=key.value if key.kind == "link" else "",
        language=key.value if key.kind == "pre" else "",
    )


def _reach(flow: Flow, limit: int) -> Reach:
    """The furthest end within the limit of units and of entities."""
    scale = Scale(flow, _units, lambda _style: 0)
    openings = _openings(flow)

    def reach(start: int) -> int:
        first = bisect_right(openings, start) + MOST_ENTITIES - len(_keys(flow.style_at(start)))
        end = scale.reach(start, limit)
        return min(end, openings[first]) if first < len(openings) else end

    return reach


def _units(run: Run) -> Iterable[int]:
    if not has_astral(run.text):
        return repeat(1, len(run.text))
    return (2 if char > "\uffff" else 1 for char in run.text)


def _openings(flow: Flow) -> list[int]:
    """Where entities begin, in code points."""
    found: list[int] = []
    position, before = 0, ()
    for run in flow.runs:
        keys = _keys(run.style)
        found += [position for key in keys if key not in before]
        position, before = position + len(run.text), keys
    return found
