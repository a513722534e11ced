"""Styled runs as the text of one Discord message."""

from __future__ import annotations

import re
from collections.abc import Iterable

from adapters.text.nest import Close, Key, Open, mark_keys, nest
from adapters.text.runs import Run, Style

_PAIRS = {"bold": "**", "italic": "*", "strikethrough": "~~", "spoiler": "||"}
_HEAVY = re.compile(r"[\\*_`~|\]#>-]|(?<=\d)\.|[\U00010000-\U0010ffff]")
_SPECIAL = re.compile(r"<a?:\w+:\d+>|[\\*_`~|]|\](?=\()")
_LINE_END = re.compile(r"\n")
_LINE_MARK = re.compile(r"(\s*)(#{1,3}|-#?|>{1,3})(?=\s|\Z)")
_LINE_NUMBER = re.compile(r"(\s*\d+)(\.)(?=\s|\Z)")
_BIGGEST_HEADING = 3
_HIDDEN = "\u200b"


def render(runs: Iterable[Run]) -> str:
    """One message. Every visible character takes at least one character."""
    writer = _Writer()
    for event in nest(runs, _keys):
        match event:
            case Open():
                writer.open(event)
            case Close(key=key):
                writer.close(key)
            case Run():
                writer.write(event)
    return "".join(writer.out)


def _keys(style: Style) -> tuple[Key, ...]:
    if style.pre:
        return ()
    if style.bare:
        return (Key("spoiler"),) if "spoiler" in style.marks else ()
    link = (Key("link", style.link),) if style.link else ()
    return (*link, *mark_keys(style, bold=style.heading > _BIGGEST_HEADING))


def weigh(run: Run) -> Iterable[int]:
    """At most what each character of a run takes, escaped and in UTF-16 units; a new line may bring a
    quote mark. Each weighs at least one."""
    weights = [1] * len(run.text)
    for heavy in _HEAVY.finditer(run.text):
        weights[heavy.start()] = 2
    if run.style.quote:
        for line in _LINE_END.finditer(run.text):
            weights[line.start()] = len("\n> ")
    return weights


def overhead(style: Style) -> int:
    """At most what the marks of one run take, where it does not begin the message."""
    if style.pre:
        return len(style.language) + len("```\n\n```")
    pairs = sum(2 * len(_PAIRS.get(key.kind, "")) + len(_HIDDEN) for key in _keys(style))
    code = len("``  ``") if "code" in style.marks else 0
    link = len("[](<>)") + len(style.link) if style.link and not style.bare else 0
    heading = style.heading + 1 if 0 < style.heading <= _BIGGEST_HEADING else 0
    return pairs + code + link + heading


MESSAGE_START = len("> ")
"""At most what the first line of a message takes besides."""


class _Writer:
    """Writes text, knowing where a line begins."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._empty_line = True
        self._no_text_yet = True
        self._just_closed = False

    def open(self, event: Open) -> None:
        self._begin_line(event.style)
        if self._just_closed and event.key.kind in ("bold", "italic"):
            # `*a***b**` would be read differently: an invisible character parts the marks.
            self.out.append(_HIDDEN)
        self._just_closed = False
        self.out.append("[" if event.key.kind == "link" else _PAIRS[event.key.kind])

    def close(self, key: Key) -> None:
        self.out.append(f"](<{key.value}>)" if key.kind == "link" else _PAIRS[key.kind])
        self._just_closed = key.kind in ("bold", "italic")

    def write(self, run: Run) -> None:
        self._just_closed = False
        if run.style.pre:
            self._fence(run)
            return
        for number, line in enumerate(run.text.split("\n")):
            if number:
                self._break_line(run.style)
            if line:
                self._words(line, run.style)

    def _break_line(self, style: Style) -> None:
        if self._empty_line and style.quote:
            self.out.append("> ")
        self.out.append("\n")
        self._empty_line = self._no_text_yet = True

    def _begin_line(self, style: Style) -> None:
        if self._empty_line:
            self.out.append("> " if style.quote else "")
            self._empty_line = False
        if self._no_text_yet and 0 < style.heading <= _BIGGEST_HEADING:
            self.out.append("#" * style.heading + " ")
        self._no_text_yet = False

    def _words(self, text: str, style: Style) -> None:
        if text.isspace():
            self._spaces(text, style)
            return
        starts_line = self._no_text_yet
        self._begin_line(style)
        if "code" in style.marks:
            self.out.append(_code(text))
        elif style.bare or style.marker:
            self.out.append(text)
        else:
            self.out.append(_escape(text, starts_line))
        # After a bullet of its own Discord still reads a heading or a quote.
        self._no_text_yet = style.marker and starts_line

    def _spaces(self, text: str, style: Style) -> None:
        if self._empty_line and style.quote:
            self.out.append("> ")
            self._empty_line = False
        self.out.append(text)

    def _fence(self, run: Run) -> None:
        content = run.text.replace("``", f"`{_HIDDEN}`")
        self.out.append(f"```{run.style.language}\n{content}\n```")
        self._empty_line = self._no_text_yet = False


def _code(text: str) -> str:
    if "`" not in text:
        return f"`{text}`"
    inner = text.replace("``", f"`{_HIDDEN}`").replace("``", f"`{_HIDDEN}`")
    return f"`` {inner} ``"


def _escape(text: str, starts_line: bool) -> str:
    escaped = _SPECIAL.sub(_escaped, text)
    if not starts_line:
        return escaped
    found = _LINE_MARK.match(escaped) or _LINE_NUMBER.match(escaped)
    return f"{found[1]}\\{escaped[found.end(1) :]}" if found else escaped


def _escaped(found: re.Match[str]) -> str:
    # An emoji of a server stays as it is.
    return found[0] if len(found[0]) > 1 else "\\" + found[0]
