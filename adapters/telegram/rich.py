"""CommonMark to Telegram's Rich Markdown: one message with tables, formulas, headings and task lists.

The markup is written anew from our own tree. What the server would read as more than text (its dialect
takes HTML with buttons and remote media) is escaped, so that a text cannot bring anything along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from markdown_it.token import Token

from adapters.telegram.format import DIALECT, names_person, quiet
from adapters.text.flow import language_of
from adapters.text.lists import Numbering
from adapters.text.measure import utf16_length
from adapters.text.nest import Close, Key, Open, mark_keys, nest
from adapters.text.parse import parse
from adapters.text.runs import PLAIN, Run, Style, inline_runs, joined
from bot.capabilities import RichLimits
from bot.messages import Part

_TAGS = {"bold": "b", "italic": "i", "strikethrough": "s", "spoiler": "tg-spoiler"}
_COUNTED = frozenset(
    {
        "heading_open",
        "paragraph_open",
        "fence",
        "hr",
        "bullet_list_open",
        "ordered_list_open",
        "list_item_open",
        "blockquote_open",
        "table_open",
        "tr_open",
    }
)
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")
_BOX = re.compile(r"\[[ xX]\]\s+")
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_SPECIAL = re.compile(r"[<>&\\`*_~\[\]|=$^]")
_LINE_START = re.compile(r"([-+#]|(?<=\d)[.)])")
_NUMBER = re.compile(r"\d{1,9}(?=[.)])")
_TICKS = re.compile(r"`+")
_DASHES = {"left": "---", "center": ":-:", "right": "--:"}


def rich(markdown: str, limits: RichLimits) -> Part | None:
    """The text as one rich part; None where an ordinary message shows as much, or beyond the limits."""
    tokens = parse(markdown)
    if not _gains(tokens) or sum(token.type in _COUNTED for token in tokens) > limits.blocks:
        return None
    writer = _Writer(tokens)
    markup = "\n".join(writer.lines())
    fits = (
        utf16_length(markup) <= limits.units
        and writer.depth <= limits.depth
        and writer.columns <= limits.columns
    )
    return Part(markdown, plain=markdown, rich=markup) if fits else None


def _gains(tokens: Sequence[Token]) -> bool:
    """Whether the rich form shows something that text with marks cannot."""
    levels = {token.tag for token in tokens if token.type == "heading_open"}
    return len(levels) > 1 or any(
        token.type == "table_open" or _is_maths(token) or _is_task(tokens, index)
        for index, token in enumerate(tokens)
    )


def _is_maths(token: Token) -> bool:
    """A formula on lines of its own: the only fence that was written without one."""
    return token.type == "fence" and not token.markup


def _is_task(tokens: Sequence[Token], index: int) -> bool:
    inside = [token.type for token in tokens[index : index + 3]]
    starts = inside == ["list_item_open", "paragraph_open", "inline"]
    return starts and _TASK.match(tokens[index + 2].content) is not None


class _Writer:
    """Walks the tree once. The parser bounds its depth, so blocks may recurse."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._numbering = Numbering()
        self._mark = ""  # of the list just before or just written
        self.depth = 0
        self.columns = 0

    def lines(self) -> list[str]:
        return _apart(self._blocks(""))

    def _blocks(self, closing: str) -> list[list[str]]:
        """The blocks up to a closing token, each as lines."""
        blocks: list[list[str]] = []
        mark = ""
        while self._next < len(self._tokens):
            token = self._take()
            if token.type == closing:
                break
            # Two lists in a row would be one, were their marks the same.
            self._mark = mark
            block = self._block(token)
            mark = self._mark if token.type in _LISTS else ""
            if block:
                blocks.append(block)
        return blocks

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _block(self, token: Token) -> list[str]:
        match token.type:
            case "paragraph_open":
                return self._paragraph("paragraph_close")
            case "heading_open":
                (text,) = self._paragraph("heading_close")
                return [f"{'#' * int(token.tag[1:])} {text}"]
            case "fence":
                return _fence(token)
            case "hr":
                return ["---"]
            case "blockquote_open":
                return [f"> {line}".rstrip() for line in _apart(self._blocks("blockquote_close"))]
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token.type.replace("open", "close"))
            case "table_open":
                return self._table(token)
            case _:
                return []

    def _paragraph(self, closing: str) -> list[str]:
        text = ""
        while (token := self._take()).type != closing:
            text += self._inline(token, "\n")
        # A lone new line would be read as a space.
        first, *rest = text.rstrip().split("\n")
        return [f"{line}  " for line in [first, *rest][:-1]] + [first, *rest][-1:]

    def _list(self, closing: str) -> list[str]:
        self._numbering.open()
        lines: list[str] = []
        bullet = "*" if self._mark == "-" else "-"
        stop = ")" if self._mark == "." else "."
        while (token := self._take()).type != closing:
            label = self._numbering.label(token)
            # Numbers that do not follow each other are lists of their own, told apart by their stop.
            stop = stop if label.in_order else ")" if stop == "." else "."
            marker = f"{label.number}{stop}" if label.text else bullet
            task = _TASK.match(self._tokens[self._next + 1].content) if self._at_task() else None
            box = f" [{task[1].lower()}]" if task is not None else ""
            lines += _item(f"{marker}{box}", " " * (len(marker) + 1), _apart(self._blocks("list_item_close")))
        self._numbering.close()
        self._mark = bullet if closing.startswith("bullet") else stop
        return lines

    def _at_task(self) -> bool:
        return _is_task(self._tokens, self._next - 1)

    def _table(self, opening: Token) -> list[str]:
        rows: list[list[str]] = []
        while (token := self._take()).type != "table_close":
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self._inline(token, " ", cell=True))
        width = max(len(row) for row in rows)
        self.columns = max(self.columns, width)
        aligns = [*opening.meta["aligns"], *["left"] * width][:width]
        # What goes beyond the header's columns would be dropped.
        header, *body = [_row([*row, *[""] * (width - len(row))]) for row in rows]
        return [header, _row([_DASHES[align] for align in aligns]), *body]

    def _inline(self, token: Token, newline: str, *, cell: bool = False) -> str:
        runs = inline_runs(token.children or [], PLAIN, DIALECT, newline)
        index = self._next - 3
        if runs and index >= 0 and _is_task(self._tokens, index) and self._tokens[index + 2] is token:
            runs[0] = replace(runs[0], text=_BOX.sub("", runs[0].text, count=1))
        if not joined(runs).strip():
            return ""
        writer = _InlineWriter(cell)
        for event in nest(runs, _keys):
            writer.take(event)
        self.depth = max(self.depth, token.level + writer.depth)
        return "".join(writer.out)


def _keys(style: Style) -> tuple[Key, ...]:
    link = (Key("link", style.link),) if style.link and not names_person(style.link) else ()
    return (*link, *mark_keys(style, bold=False))


class _InlineWriter:
    """Writes the text of one block. Marks are tags: unlike stars they can stand between any characters."""

    def __init__(self, cell: bool) -> None:
        self.out: list[str] = []
        self.depth = 0
        self._cell = cell
        self._open = 0
        self._line_start = True

    def take(self, event: Open | Close | Run) -> None:
        match event:
            case Open(key=key):
                self._open += 1
                self.depth = max(self.depth, self._open)
                self._add("[" if key.kind == "link" else f"<{_TAGS[key.kind]}>")
            case Close(key=key):
                self._open -= 1
                self._add(f"]({_address(key.value)})" if key.kind == "link" else f"</{_TAGS[key.kind]}>")
            case Run():
                self._run(event)

    def _add(self, text: str) -> None:
        self.out.append(text)
        self._line_start = False

    def _run(self, run: Run) -> None:
        if "code" in run.style.marks and not run.text.isspace():
            # Even in code a bar would end the cell of a table.
            self._add(_code(run.text.replace("|", "\\|") if self._cell else run.text))
            return
        for number, line in enumerate(run.text.split("\n")):
            if number:
                self.out.append("\n")
                self._line_start = True
            text = line.lstrip() if self._line_start else line
            if text:
                self._add(_escape(text, self._line_start))


def _escape(text: str, line_start: bool) -> str:
    escaped = _SPECIAL.sub(lambda found: _HTML.get(found[0], "\\" + found[0]), quiet(text))
    if not line_start:
        return escaped
    number = _NUMBER.match(escaped)
    return _LINE_START.sub(r"\\\1", escaped, count=1) if number or escaped[0] in "-+#" else escaped


def _code(text: str) -> str:
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _address(url: str) -> str:
    return quote(url, safe="!#%&'*+,-./:;=?@_~[]")


def _fence(token: Token) -> list[str]:
    content = token.content.rstrip("\n")
    if not content.strip():
        return []
    language = "math" if _is_maths(token) else language_of(token.info)
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(content)), default=0))
    return [ticks + language, *content.split("\n"), ticks]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _item(marker: str, indent: str, lines: Sequence[str]) -> list[str]:
    first, *rest = lines or [""]
    return [f"{marker} {first}" if first else marker, *(indent + line if line else "" for line in rest)]


def _apart(blocks: Sequence[Sequence[str]]) -> list[str]:
    """Blocks with an empty line between them."""
    lines: list[str] = []
    for block in blocks:
        lines += ["", *block] if lines else block
    return lines
