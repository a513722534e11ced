"""Lengths, blanks and grapheme boundaries of text."""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ZWJ = "\u200d"
_LOOKS_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc")
_REPLACEMENT = "\ufffd"
_VIRAMA = 9
_LONGEST_CLUSTER = 64


def clean(text: str) -> str:
    """The text with line feeds only, surrogate pairs joined, lone surrogates and control characters
    replaced by U+FFFD. It can always be encoded."""
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub(_REPLACEMENT, _LINE_ENDS.sub("\n", text))


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, never less than the number of code points."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def has_astral(text: str) -> bool:
    """Does any character take two UTF-16 units?"""
    return not text.isascii() and _ASTRAL.search(text) is not None


def is_blank(text: str) -> bool:
    """Is there nothing to see? Platforms refuse messages of spaces and invisible characters."""
    return all(char.isspace() or _is_invisible(char) for char in text)


def _is_invisible(char: str) -> bool:
    if char in _LOOKS_EMPTY:
        return True
    return not char.isascii() and (unicodedata.category(char) in ("Cf", "Cc") or _is_selector(char))


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or char == "\u034f"


def display_width(text: str) -> int:
    """Columns in a fixed-width font."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def is_boundary(text: str, index: int, floor: int = 0) -> bool:
    """May the text be cut before `index` without breaking what a reader sees as one character? `floor`
    is a boundary known already."""
    if index <= 0 or index >= len(text):
        return True
    before, after = text[index - 1], text[index]
    if after.isascii() and before.isascii():
        return True
    if before == "\n":
        return True
    if _extends(after) or before == _ZWJ or _is_hangul_pair(before, after):
        return False
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, index, floor) % 2 == 0
    return not (unicodedata.combining(before) == _VIRAMA and after.isalpha())


def boundary_before(text: str, index: int, floor: int) -> int:
    """The last boundary at or before `index` and after `floor`. A cluster of absurd length is cut anyway."""
    for candidate in range(index, max(floor, index - _LONGEST_CLUSTER), -1):
        if is_boundary(text, candidate, floor):
            return candidate
    return index


def _extends(char: str) -> bool:
    if char == _ZWJ or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    return char in "\uff9e\uff9f\u200c" or unicodedata.category(char) in ("Mn", "Mc", "Me")


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_letters_before(text: str, index: int, floor: int) -> int:
    start = index
    while start > floor and _is_flag_letter(text[start - 1]):
        start -= 1
    return index - start


def _is_hangul_pair(before: str, after: str) -> bool:
    leading = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    syllable = "\uac00" <= before <= "\ud7a3"
    vowel = "\u1160" <= before <= "\u11a7"
    trailing = "\u11a8" <= before <= "\u11ff"
    if leading:
        return "\u1100" <= after <= "\u11a7" or "\uac00" <= after <= "\ud7a3"
    if syllable or vowel:
        return "\u1160" <= after <= "\u11ff"
    return trailing and "\u11a8" <= after <= "\u11ff"
