"""Styled text: what the tree becomes before a platform gives it its own form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from markdown_it.token import Token

Mark = Literal["bold", "italic", "strikethrough", "spoiler", "code"]

_MARKS: dict[str, Mark] = {"strong": "bold", "em": "italic", "s": "strikethrough", "spoiler": "spoiler"}


@dataclass(frozen=True, slots=True)
class Style:
    """How a run looks. `link` is an address ("" for none), `bare` one that is shown as typed.
    `heading` is 1 to 6, 0 for none. `pre` is a code block in `language`. `marker` is a list bullet or
    number of the platform's own."""

    marks: frozenset[Mark] = frozenset()
    link: str = ""
    bare: bool = False
    quote: bool = False
    heading: int = 0
    pre: bool = False
    language: str = ""
    marker: bool = False


PLAIN = Style()


@lru_cache(maxsize=256)
def _marked(style: Style, marks: frozenset[Mark]) -> Style:
    return replace(style, marks=marks)


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style."""

    text: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between platforms before rendering. `longest_url` is in characters; a longer address
    is shown instead of linked. `plain_labels` says that a label looking like an address cannot be a link."""

    bullet: str
    schemes: frozenset[str]
    longest_url: int = 1000
    plain_labels: bool = False

    def links_to(self, url: str) -> bool:
        """May this address become a link?"""
        scheme = url.partition(":")[0].lower()
        return scheme in self.schemes and len(url) <= self.longest_url


def joined(runs: Sequence[Run]) -> str:
    """The visible text of runs."""
    return "".join(run.text for run in runs)


class _Inline:
    """Walks the children of one inline token. Depths are counted, never recursed into."""

    def __init__(self, base: Style, dialect: Dialect, newline: str) -> None:
        self.runs: list[Run] = []
        self._base = base
        self._dialect = dialect
        self._newline = newline
        self._depths: dict[Mark, int] = {}
        self._style = base
        self._href: str | None = None
        self._link_start = 0

    def take(self, token: Token) -> None:
        kind, _, edge = token.type.rpartition("_")
        mark = _MARKS.get(kind)
        if mark is not None:
            self._shift(mark, 1 if edge == "open" else -1)
        elif token.type == "link_open":
            self._href, self._link_start = str(token.attrs.get("href", "")), len(self.runs)
        elif token.type == "link_close":
            self._end_link(token.markup)
        else:
            self._leaf(token)

    def _shift(self, mark: Mark, step: int) -> None:
        self._depths[mark] = self._depths.get(mark, 0) + step
        marks = frozenset(name for name, depth in self._depths.items() if depth > 0)
        self._style = _marked(self._base, marks)

    def _leaf(self, token: Token) -> None:
        if token.type == "code_inline":
            self._add(token.content, _marked(self._style, self._style.marks | {"code"}))
        elif token.type == "image":
            self._image(token)
        elif token.type in ("softbreak", "hardbreak"):
            self._add(self._newline if self._href is None else " ", self._style)
        else:
            self._add(token.content, self._style)

    def _add(self, text: str, style: Style) -> None:
        if text:
            self.runs.append(Run(text, style))

    def _image(self, token: Token) -> None:
        url, start = str(token.attrs.get("src", "")), len(self.runs)
        label = "".join(child.content or " " * (child.type == "softbreak") for child in token.children or [])
        self._add(label, self._style)
        if self._href is None:
            self._finish(url, start, "")

    def _end_link(self, markup: str) -> None:
        url = self._href or ""
        self._href = None
        self._finish(url, self._link_start, markup)

    def _finish(self, url: str, start: int, markup: str) -> None:
        """Turn the runs from `start` on into a link, or show the address where it cannot be one."""
        label = joined(self.runs[start:]).strip()
        if markup == "autolink" and not url.lower().startswith(("http:", "https:", "mailto:", "tg:")):
            self.runs[start:] = [Run(f"<{label}>", self._style)]
        elif not self._dialect.links_to(url) or (self._masks_address(label, url) and not markup):
            if url.removeprefix("mailto:") not in ("", label) and not url.startswith("#"):
                self._add(f" ({url})" if label else url, self._style)
        else:
            bare = bool(markup) or not label or label.rstrip("/") == url.rstrip("/")
            runs = self.runs[start:] if label else [Run(url, self._style)]
            self.runs[start:] = [Run(run.text, replace(run.style, link=url, bare=bare)) for run in runs]

    def _masks_address(self, label: str, url: str) -> bool:
        return self._dialect.plain_labels and "://" in label and label.rstrip("/") != url.rstrip("/")


def inline_runs(tokens: Sequence[Token], base: Style, dialect: Dialect, newline: str = "\n") -> list[Run]:
    """The children of an inline token as runs upon a base style; line breaks become `newline`."""
    walker = _Inline(base, dialect, newline)
    for token in tokens:
        walker.take(token)
    return merged(walker.runs)


def merged(runs: Sequence[Run]) -> list[Run]:
    """Neighbours of equal style joined."""
    groups: list[tuple[Style, list[str]]] = []
    for run in runs:
        if groups and groups[-1][0] == run.style:
            groups[-1][1].append(run.text)
        else:
            groups.append((run.style, [run.text]))
    return [Run("".join(texts), style) for style, texts in groups]
