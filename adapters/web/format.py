"""CommonMark to safe HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markdown_it.token import Token

from adapters.text.flow import flow_of, language_of
from adapters.text.lists import Numbering
from adapters.text.measure import is_blank
from adapters.text.nest import Close, Key, Open, nest
from adapters.text.parse import parse
from adapters.text.runs import PLAIN, Dialect, Style, inline_runs
from bot.messages import Part

_DIALECT = Dialect(bullet="•", schemes=frozenset({"http", "https", "mailto"}), longest_url=2048)
_TAGS = {
    "bold": ("<strong>", "</strong>"),
    "italic": ("<em>", "</em>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ('<span class="spoiler" tabindex="0">', "</span>"),
    "code": ("<code>", "</code>"),
}
_SIMPLE = {
    "blockquote_open": "<blockquote>\n",
    "blockquote_close": "</blockquote>\n",
    "bullet_list_open": "<ul>\n",
    "bullet_list_close": "</ul>\n",
    "ordered_list_close": "</ol>\n",
    "list_item_close": "</li>\n",
    "hr": "<hr>\n",
}


def compose(markdown: str) -> list[Part]:
    """A text, or any prefix of one, as one part of HTML; empty for text without anything visible.

    Nothing but the tags made here is in it: no raw HTML, no address other than http, https and mailto,
    no picture of another site (pictures become links)."""
    tokens = parse(markdown)
    plain = flow_of(tokens, _DIALECT).text
    if is_blank(plain):
        return []
    return [Part(_Page().write(tokens), (), plain)]


class _Page:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._numbering = Numbering()
        self._aligns: Sequence[str] = ()
        self._cell = -1
        self._row = 0

    def write(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            self._take(token)
        return "".join(self._out)

    def _take(self, token: Token) -> None:
        kind = token.type
        if kind in _SIMPLE:
            self._out.append(_SIMPLE[kind])
        if kind == "inline":
            self._inline(token)
        elif kind == "fence":
            self._out.append(_fence(token))
        elif kind.startswith(("paragraph", "heading")):
            self._text_block(token)
        elif kind.startswith(("table", "tr")):
            self._table(token)
        else:
            self._list(token)

    def _text_block(self, token: Token) -> None:
        if not token.hidden:
            self._out.append(f"<{token.tag}>" if token.nesting > 0 else f"</{token.tag}>\n")

    def _list(self, token: Token) -> None:
        match token.type:
            case "ordered_list_open":
                self._out.append("<ol>\n")
                self._numbering.open()
            case "bullet_list_open":
                self._numbering.open()
            case "ordered_list_close" | "bullet_list_close":
                self._numbering.close()
            case "list_item_open":
                label = self._numbering.label(token)
                self._out.append(f'<li value="{label.number}">' if label.text else "<li>")
            case _:
                pass

    def _table(self, token: Token) -> None:
        match token.type:
            case "table_open":
                self._aligns, self._row = token.meta["aligns"], -1
                self._out.append("<table>\n")
            case "table_close":
                self._cell = -1
                self._out.append("</table>\n")
            case "tr_open":
                self._cell = 0
                self._row += 1
                self._out.append("<tr>")
            case _:
                self._cell = -1
                self._out.append("</tr>\n")

    def _inline(self, token: Token) -> None:
        text = _inline(token)
        if self._cell < 0:
            self._out.append(text)
            return
        tag = "td" if self._row else "th"
        align = self._aligns[self._cell] if self._cell < len(self._aligns) else "left"
        self._out.append(f'<{tag} class="{align}">{text}</{tag}>')
        self._cell += 1


def _fence(token: Token) -> str:
    language = language_of(token.info)
    name = f' class="language-{escape(language)}"' if language else ""
    return f"<pre><code{name}>{escape(token.content)}</code></pre>\n"


def _inline(token: Token) -> str:
    out: list[str] = []
    for event in nest(inline_runs(token.children or [], PLAIN, _DIALECT), _keys):
        match event:
            case Open(key=key):
                out.append(_link(key.value) if key.kind == "link" else _TAGS[key.kind][0])
            case Close(key=key):
                out.append("</a>" if key.kind == "link" else _TAGS[key.kind][1])
            case _:
                out.append(escape(event.text).replace("\n", "<br>\n"))
    return "".join(out)


def _keys(style: Style) -> tuple[Key, ...]:
    link = (Key("link", style.link),) if style.link else ()
    return (*link, *(Key(mark) for mark in style.marks))


def _link(url: str) -> str:
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer nofollow">'
