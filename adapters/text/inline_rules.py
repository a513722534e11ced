"""Inline rules added to CommonMark: bare addresses, spoilers, maths, and emphasis as chat uses it."""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_LONGEST_URL = 2048
_SCHEME = re.compile(r"(?<![^\W_])https?\Z", re.IGNORECASE)
_SPOILER_END = re.compile(r"(?<=\S)\|\|")
_LOOKS_LIKE_MATHS = re.compile(r"[\\^_={}+<>]")
_MATHS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}


class _Found(Protocol):
    raw: str


class _Finder(Protocol):
    """The part of the untyped linkify-it library used here."""

    def match_at_start(self, text: str) -> _Found | None: ...


def bare_url(state: StateInline, silent: bool) -> bool:
    """`http://..` and `https://..` as typed become links, so that underscores in them stay."""
    pos = state.pos
    finder = _finder(state)
    if state.linkLevel or finder is None or not state.src.startswith("://", pos):
        return False
    scheme = _SCHEME.search(state.src, max(0, pos - 6), pos)
    if scheme is None or not state.pending.endswith(scheme.group()):
        return False
    start = scheme.start()
    link = finder.match_at_start(state.src[start : min(start + _LONGEST_URL, state.posMax)])
    if link is None:
        return False
    typed = link.raw.rstrip("*_~|")
    href = state.md.normalizeLink(typed)
    if len(typed) <= pos + 3 - start or not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = state.pending[: start - pos]
        _push_link(state, href, typed)
    state.pos = start + len(typed)
    return True


def _finder(state: StateInline) -> _Finder | None:
    return state.md.linkify


def _push_link(state: StateInline, href: str, text: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": href}
    opening.markup = "linkify"
    state.push("text", "", 0).content = text
    closing = state.push("link_close", "a", -1)
    closing.markup = "linkify"


def spoiler(state: StateInline, silent: bool) -> bool:
    """`||hidden||` with no space just inside the bars."""
    start = state.pos + 2
    if not state.src.startswith("||", state.pos) or start >= state.posMax or state.src[start].isspace():
        return False
    end = _find_spoiler_end(state, start + 1)
    if end < 0:
        return False
    if not silent:
        outer = state.posMax
        state.pos, state.posMax = start, end
        state.push("spoiler_open", "span", 1)
        state.md.inline.tokenize(state)
        state.push("spoiler_close", "span", -1)
        state.posMax = outer
    state.pos = end + 2
    return True


def _find_spoiler_end(state: StateInline, start: int) -> int:
    vain = _vain_searches(state)
    key = ("||", state.src)
    if start >= vain.get(key, len(state.src) + 1):
        return -1
    found = _SPOILER_END.search(state.src, start)
    if found is None:
        vain[key] = start
        return -1
    return found.start() if found.end() <= state.posMax else -1


def _vain_searches(state: StateInline) -> dict[tuple[str, str], int]:
    """From where on a closer was not found in a paragraph. Remembering it keeps a text of many unclosed
    openers linear."""
    vain: dict[tuple[str, str], int] = state.env.setdefault("vain_searches", {})
    return vain


def maths(state: StateInline, silent: bool) -> bool:
    r"""`\( .. \)`, `\[ .. \]` and `$$ .. $$` become code, so that CommonMark eats no backslash."""
    opener = state.src[state.pos : state.pos + 2]
    closer = _MATHS.get(opener)
    if closer is None:
        return False
    start = state.pos + 2
    end = _find_closer(state, closer, start)
    body = state.src[start:end] if end >= 0 else ""
    if not body.strip() or (opener == "\\[" and not _LOOKS_LIKE_MATHS.search(body)):
        return False
    if not silent:
        token = state.push("code_inline", "code", 0)
        token.markup = opener
        token.content = body.replace("\n", " ").strip()
    state.pos = end + 2
    return True


def _find_closer(state: StateInline, closer: str, start: int) -> int:
    vain = _vain_searches(state)
    key = (closer, state.src)
    if start >= vain.get(key, len(state.src) + 1):
        return -1
    end = state.src.find(closer, start)
    if end < 0:
        vain[key] = start
    return end if end + 2 <= state.posMax else -1


def emphasis(state: StateInline, silent: bool) -> bool:
    """CommonMark emphasis, but `**Name:**text` closes, and so do marks between Asian letters."""
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    end = state.pos + scanned.length
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[end] if end < state.posMax else " "
    starred = marker == "*"
    opens = scanned.can_open or (starred and _is_wide_letter(before) and _opens_bracket(after))
    closes = scanned.can_close or (starred and after.isalnum() and _ends_phrase(before))
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(ord(marker), scanned.length, len(state.tokens) - 1, -1, opens, closes)
        )
    state.pos = end
    return True


def _is_wide_letter(char: str) -> bool:
    return not char.isascii() and char.isalnum()


def _opens_bracket(char: str) -> bool:
    return unicodedata.category(char) in ("Ps", "Pi") or char in "\"'"


def _ends_phrase(char: str) -> bool:
    category = unicodedata.category(char)
    return (category.startswith("P") and category not in ("Ps", "Pi")) or category == "So"
