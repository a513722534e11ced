"""The tree as one flow of styled text, for platforms whose messages are a text with marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from markdown_it.token import Token

from adapters.text.lists import Numbering
from adapters.text.measure import is_blank
from adapters.text.runs import PLAIN, Dialect, Run, Style, inline_runs, joined, merged
from adapters.text.tables import aligned, listed, read_rows

RULE = "─" * 10
"""What a thematic break looks like."""

_LANGUAGE = re.compile(r"[\w+\-.#]{1,32}", re.ASCII)
_WIDEST_INDENT = 4


class Flow:
    """Styled text with positions in code points."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = merged([run for run in runs if run.text])
        self._starts = [0, *accumulate(len(run.text) for run in self.runs)]
        self.text = joined(self.runs)
        self._links = self._find_links()

    def style_at(self, index: int) -> Style:
        """The style of the character at an index."""
        return self.runs[bisect_right(self._starts, index) - 1].style

    def run_start(self, index: int) -> int:
        """Where the run of the character at an index starts."""
        return self._starts[bisect_right(self._starts, index) - 1]

    def run_end(self, index: int) -> int:
        """Where the run of the character at an index ends."""
        return self._starts[bisect_right(self._starts, index)]

    def slice(self, start: int, end: int) -> Iterator[Run]:
        """The runs between two positions, `start < end`."""
        for number in range(bisect_right(self._starts, start) - 1, len(self.runs)):
            first, run = self._starts[number], self.runs[number]
            if first >= end:
                return
            yield Run(run.text[max(0, start - first) : end - first], run.style)

    def link_around(self, index: int) -> tuple[int, int] | None:
        """The link that a cut before `index` would break."""
        number = bisect_right(self._links, (index,)) - 1
        if number < 0:
            return None
        start, end = self._links[number]
        return (start, end) if start < index < end else None

    def _find_links(self) -> list[tuple[int, int]]:
        links: list[tuple[int, int]] = []
        previous = ""
        for start, run in zip(self._starts, self.runs, strict=False):
            if run.style.link:
                joins = run.style.link == previous
                end = start + len(run.text)
                links.append((links.pop()[0] if joins else start, end))
            previous = run.style.link
        return links


def language_of(info: str) -> str:
    """The language named after a fence, "" for none or nonsense."""
    words = info.split(maxsplit=1)
    return words[0] if words and _LANGUAGE.fullmatch(words[0]) else ""


class _Builder:
    def __init__(self, dialect: Dialect) -> None:
        self.runs: list[Run] = []
        self._dialect = dialect
        self._numbering = Numbering()
        self._indents: list[int] = []
        self._quotes: list[bool] = []
        self._quote = 0
        self._quote_count = 0
        self._block_quote = 0
        self._heading = 0
        self._line = 0
        self._last_line = 0
        self._after_marker = False
        self._compact = False

    def build(self, tokens: Sequence[Token]) -> Flow:
        index = 0
        while index < len(tokens):
            index = self._take(tokens, index)
        return Flow(self.runs)

    def _take(self, tokens: Sequence[Token], index: int) -> int:
        token = tokens[index]
        match token.type:
            case "inline":
                self._text(token)
            case "paragraph_open" | "heading_open":
                self._open_text(token)
            case "heading_close":
                self._heading, self._compact = 0, True
            case "list_item_open":
                self._open_item(token)
            case "fence":
                self._code(token)
            case "hr":
                self._begin(token)
                self._add(RULE, self._base())
            case "table_open":
                return self._table(tokens, index)
            case _:
                self._nesting(token.type)
        return index + 1

    def _nesting(self, kind: str) -> None:
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._numbering.open()
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._numbering.close()
        elif kind == "list_item_close":
            self._indents.pop()
            self._after_marker = False
        elif kind == "blockquote_open":
            self._open_quote()
        elif kind == "blockquote_close":
            self._quotes.pop()
            self._quote = self._quote if any(self._quotes) else 0

    # --- blocks ----------------------------------------------------------------------------------------

    def _base(self) -> Style:
        return Style(quote=self._quote > 0) if self._quote else PLAIN

    def _add(self, text: str, style: Style) -> None:
        self.runs.append(Run(text, style))

    def _indent(self) -> str:
        return " " * sum(self._indents)

    def _begin(self, token: Token, *, own_line: bool = False) -> None:
        """Part the block from what stands before it: by a blank line where the source has one."""
        first, last = token.map or (self._last_line, self._last_line)
        if self.runs and (own_line or not self._after_marker):
            blank = first > self._last_line and not self._compact
            within = self._quote > 0 and self._quote == self._block_quote
            self._add("\n\n" if blank else "\n", replace(PLAIN, quote=within))
            if not own_line:
                self._add(self._indent(), self._base())
        self._last_line = last
        self._block_quote = self._quote
        self._after_marker = self._compact = False

    def _open_text(self, token: Token) -> None:
        if token.type == "heading_open":
            # Only a heading at the left edge can be one where headings are a mark on the line.
            self._heading = 6 if self._indents else int(token.tag[1:])
        self._begin(token)

    def _text(self, token: Token) -> None:
        style = replace(self._base(), heading=self._heading)
        self.runs += inline_runs(token.children or [], style, self._dialect, "\n" + self._indent())

    def _open_item(self, token: Token) -> None:
        label = self._numbering.label(token)
        self._begin(token)
        text = label.text or self._dialect.bullet
        self._add(text + " ", replace(self._base(), marker=label.in_order))
        self._indents.append(min(_WIDEST_INDENT, len(text) + 1))
        self._last_line = (token.map or [0, 0])[0] + 1
        self._after_marker = True

    def _open_quote(self) -> None:
        # A quote within a list item would start in the middle of a line; it stays plain text.
        counts = not self._indents or any(self._quotes)
        if counts and not self._quote:
            self._quote_count += 1
            self._quote = self._quote_count
        self._quotes.append(counts)

    def _code(self, token: Token) -> None:
        content = token.content.rstrip("\n")
        if not is_blank(content):
            self._pre(token, content, language_of(token.info))

    def _pre(self, token: Token, content: str, language: str) -> None:
        self._begin(token, own_line=True)
        self._add(content, Style(pre=True, language=language))

    def _table(self, tokens: Sequence[Token], start: int) -> int:
        end = start + 1
        while tokens[end].type != "table_close":
            end += 1
        opening, base = tokens[start], self._base()
        rows = read_rows(tokens[start:end], base, self._dialect)
        text = aligned(rows, opening.meta["aligns"])
        if text is not None:
            self._pre(opening, text, "")
        else:
            bullet = Run(self._dialect.bullet + " ", replace(base, marker=True))
            for line in listed(rows, bullet, Run("  ", base)):
                self._begin(opening)
                self.runs += line
        return end + 1


def flow_of(tokens: Sequence[Token], dialect: Dialect) -> Flow:
    """The tree as a flow."""
    return _Builder(dialect).build(tokens)
