"""Block rules added to CommonMark: tables that cost what they show, display maths, a floor for nesting."""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit

DEEPEST = 16
"""Token level from which nested blocks become plain paragraphs. The parser's own limit drops the text."""

_DELIMITER_ROW = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_MATHS_LINES = 60


def line_of(state: StateBlock, line: int) -> str:
    """A source line without its indentation and trailing spaces."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()


def too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Below the deepest level everything is one paragraph."""
    if silent or state.level < DEEPEST:
        return False
    token = state.push("paragraph_open", "p", 1)
    token.map = [start, end]
    token = state.push("inline", "", 0)
    token.content = state.getLines(start, end, state.blkIndent, False).strip()
    token.map = [start, end]
    token.children = []
    state.push("paragraph_close", "p", -1)
    state.line = end
    return True


# --- maths ---------------------------------------------------------------------------------------------


def display_maths(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""`\[ .. \]` and `$$ .. $$` on lines of their own become a code block, but only once closed."""
    first = line_of(state, start)
    opener = first[:2]
    if opener not in ("\\[", "$$"):
        return False
    closer = "\\]" if opener == "\\[" else "$$"
    body: list[str] = []
    for line in range(start, min(end, start + _MATHS_LINES)):
        text = first[2:] if line == start else line_of(state, line)
        if line > start and (not text or state.sCount[line] < state.blkIndent):
            return False
        where = text.find(closer)
        if where >= 0:
            closed = where == len(text) - 2
            return closed and _finish_maths(state, start, line + 1, [*body, text[:where]], silent)
        body.append(text)
    return False


def _finish_maths(state: StateBlock, start: int, end: int, body: list[str], silent: bool) -> bool:
    content = "\n".join(body).strip()
    if not content:
        return False
    if not silent:
        token = state.push("fence", "code", 0)
        token.info = "latex"
        token.content = content + "\n"
        token.map = [start, end]
        state.line = end
    return True


# --- tables --------------------------------------------------------------------------------------------


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in escapedSplit(line)]
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return cells


def _alignment(cell: str) -> str:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def _heads_table(state: StateBlock, start: int, end: int) -> bool:
    if start + 2 > end or state.sCount[start + 1] < state.blkIndent:
        return False
    head, delimiter = line_of(state, start), line_of(state, start + 1)
    if "|" not in head or "|" not in delimiter or not _DELIMITER_ROW.fullmatch(delimiter):
        return False
    return 0 < len(_cells(head)) == len(_cells(delimiter))


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A GFM table. Unlike the library's rule, short rows are not filled up (that makes a small text
    huge) and a line without a bar ends the table. `meta["aligns"]` of table_open holds left, center or
    right for each column; between tr_open and tr_close stand the inline tokens of the cells."""
    if not _heads_table(state, start, end):
        return False
    if silent:
        return True
    opening = state.push("table_open", "table", 1)
    opening.meta = {"aligns": [_alignment(cell) for cell in _cells(line_of(state, start + 1))]}
    _push_row(state, start)
    parent, state.parentType = state.parentType, "table"
    line = start + 2
    while line < end and _continues(state, line, end):
        _push_row(state, line)
        line += 1
    state.parentType = parent
    state.push("table_close", "table", -1)
    opening.map = [start, line]
    state.line = line
    return True


def _continues(state: StateBlock, line: int, end: int) -> bool:
    if state.sCount[line] < state.blkIndent or "|" not in line_of(state, line):
        return False
    return not any(rule(state, line, end, True) for rule in state.md.block.ruler.getRules("blockquote"))


def _push_row(state: StateBlock, line: int) -> None:
    state.push("tr_open", "tr", 1)
    for cell in _cells(line_of(state, line)):
        token = state.push("inline", "", 0)
        token.content = cell
        token.map = [line, line + 1]
        token.children = []
    state.push("tr_close", "tr", -1)
