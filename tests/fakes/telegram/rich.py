"""Rich Markdown as the server reads it: GFM, formulas in ```math fences, and HTML of the kinds it allows.

It is parsed by the library's own rules, not by those of the bot, so that both must agree on what is text.
"""

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.shapes import JsonObject, as_array, as_object
from tests.fakes.telegram.text import Formatted

CHARACTERS = 32_768
BLOCKS = 500
LEVELS = 16
COLUMNS = 20

_TAG = re.compile(r"<(/?)([a-z-]+)>")
_TAGS = {"b": "bold", "i": "italic", "s": "strikethrough", "u": "underline", "tg-spoiler": "spoiler"}
_MARKS = {"strong": "bold", "em": "italic", "s": "strikethrough"}
_BOX = re.compile(r"\[([ x])\] ")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def rich_text(message: JsonObject) -> Formatted:
    """An InputRichMessage as content with blocks. Raises 400 for what the server refuses."""
    markdown = message.get("markdown")
    if not isinstance(markdown, str) or "html" in message:
        raise bad_request("can't parse rich message: exactly one of html and markdown must be used")
    reader = _Reader(_parser().parse(markdown))
    blocks = reader.blocks("")
    text = "\n".join(_plain(block) for block in blocks).strip()
    if not text:
        raise bad_request("rich message is empty")
    if len(text) > CHARACTERS:
        raise bad_request("rich message is too long")
    if reader.count > BLOCKS:
        raise bad_request("rich message has too many blocks")
    if reader.deepest > LEVELS:
        raise bad_request("rich message is nested too deep")
    return Formatted(text, (), blocks)


class _Reader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._level = 0
        self.count = 0
        self.deepest = 0

    def blocks(self, closing: str) -> list[JsonObject]:
        """The blocks up to a closing token."""
        self._level += 1
        self.deepest = max(self.deepest, self._level)
        found: list[JsonObject] = []
        while self._next < len(self._tokens):
            token = self._take()
            if token.type == closing:
                break
            self.count += 1
            found.append(self._block(token))
        self._level -= 1
        return found

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _block(self, token: Token) -> JsonObject:
        match token.type:
            case "paragraph_open":
                return {"type": "paragraph", "text": self._text()}
            case "heading_open":
                return {"type": "heading", "text": self._text(), "size": int(token.tag[1:])}
            case "fence" if token.info == "math":
                return {"type": "mathematical_expression", "expression": token.content.strip()}
            case "fence" | "code_block":
                return {"type": "pre", "text": token.content.rstrip("\n"), "language": token.info}
            case "hr":
                return {"type": "divider"}
            case "blockquote_open":
                return {"type": "blockquote", "blocks": self.blocks("blockquote_close")}
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token)
            case "table_open":
                return self._table()
            case _:
                raise bad_request(f"can't parse rich message: unsupported {token.type}")

    def _text(self) -> object:
        inline = self._take()
        self._take()
        return _inline(inline.children or [])

    def _list(self, opening: Token) -> JsonObject:
        items: list[JsonObject] = []
        number = int(opening.attrs.get("start", 1))
        while self._take().type == "list_item_open":
            self.count += 1
            ordered = opening.type == "ordered_list_open"
            item: JsonObject = {"label": f"{number}." if ordered else "•"}
            box = _BOX.match(self._tokens[self._next + 1].content) if not ordered else None
            if box is not None:
                item |= {"has_checkbox": True, "is_checked": box[1] == "x"}
                first = (self._tokens[self._next + 1].children or [])[0]
                first.content = first.content[4:]
            items.append({**item, "blocks": self.blocks("list_item_close")})
            number += 1
        return {"type": "list", "items": items}

    def _table(self) -> JsonObject:
        rows: list[list[JsonObject]] = []
        while (token := self._take()).type != "table_close":
            if token.type == "tr_open":
                self.count += 1
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                style = str(token.attrs.get("style", "text-align:left"))
                cell: JsonObject = {"align": style.rpartition(":")[2], "valign": "top"}
                rows[-1].append({**cell, "text": _inline(self._take().children or [])})
                if token.type == "th_open":
                    rows[-1][-1]["is_header"] = True
        if max(len(row) for row in rows) > COLUMNS:
            raise bad_request("rich message has a table with too many columns")
        return {"type": "table", "cells": rows}


def _inline(tokens: Sequence[Token]) -> object:
    """A RichText: a string where nothing is formatted, else an array."""
    stack: list[tuple[JsonObject, list[object]]] = [({}, [])]
    for token in tokens:
        kind, _, edge = token.type.rpartition("_")
        tag = _TAG.fullmatch(token.content) if token.type == "html_inline" else None
        if token.type == "html_inline" and (tag is None or tag[2] not in _TAGS):
            raise bad_request(f"can't parse rich message: unsupported tag {token.content}")
        if edge == "close" or (tag is not None and tag[1]):
            done, inside = stack.pop()
            stack[-1][1].append({**done, "text": _joined(inside)})
        elif tag is not None:
            stack.append(({"type": _TAGS[tag[2]]}, []))
        elif token.type == "link_open":
            stack.append(({"type": "url", "url": str(token.attrs["href"])}, []))
        elif kind in _MARKS:
            stack.append(({"type": _MARKS[kind]}, []))
        elif token.type == "code_inline":
            stack[-1][1].append({"type": "code", "text": token.content})
        elif token.type == "image":
            raise bad_request("can't parse rich message: wrong media URL")
        else:
            stack[-1][1].append({"softbreak": " ", "hardbreak": "\n"}.get(token.type, token.content))
    return _joined(stack[0][1])


def _joined(pieces: Sequence[object]) -> object:
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(str(piece) for piece in pieces)
    return [piece for piece in pieces if piece != ""]


def _plain(value: object) -> str:
    """What can be read of a block or RichText."""
    array, item = as_array(value), as_object(value)
    if array is not None:
        return "".join(_plain(one) for one in array)
    if item is None:
        return str(value)
    if item.get("type") == "table":
        rows = as_array(item["cells"]) or []
        return "\n".join(" | ".join(_plain(cell) for cell in as_array(row) or []) for row in rows)
    for field in ("items", "blocks"):
        if field in item:
            label = str(item.get("label", "•")).removeprefix("•")
            return f"{label} " * bool(label) + "\n".join(_plain(one) for one in as_array(item[field]) or [])
    return _plain(item.get("text", item.get("expression", "")))
