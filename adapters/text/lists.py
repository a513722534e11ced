"""Numbers of list items, as typed."""

from __future__ import annotations

from dataclasses import dataclass

from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Label:
    """What stands before an item: "" for a bullet, else a number with its stop. `in_order` is false
    where a list that counts by itself would show another number."""

    text: str
    number: int = 0
    in_order: bool = True


class Numbering:
    """Follows nested lists. Items all typed alike (`1. 1. 1.`) are counted; others stay as typed, so
    that `1986.` and then `1990.` do not become 1986 and 1987."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, int] | None] = []

    def open(self) -> None:
        self._stack.append(None)

    def close(self) -> None:
        self._stack.pop()

    def label(self, item: Token) -> Label:
        """The label of a list_item_open token."""
        if not item.info:
            return Label("")
        typed, previous = int(item.info), self._stack[-1]
        number = previous[1] + 1 if previous is not None and previous[0] == typed else typed
        self._stack[-1] = (typed, number)
        text = item.info if number == typed else str(number)
        return Label(text + item.markup, number, previous is None or number == previous[1] + 1)
