"""A fair waiting line: round robin over people, first come first served inside one person."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

PERSON_MAX = 10
LINE_MAX = 500


class Waiter(Generic[T]):
    """One turn in the line. `place` is 1 for the next one in, 0 before it is known."""

    def __init__(self, person: str, tokens: int, on_place: Callable[[int], None] | None = None) -> None:
        self.person = person
        self.tokens = tokens
        self.place = 0
        self.admitted: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._on_place = on_place

    @property
    def gone(self) -> bool:
        """Whether the one who waited was cancelled."""
        return self.admitted.done()

    def tell(self, place: int) -> None:
        """Tell a changed place."""
        if place != self.place:
            self.place = place
            if self._on_place is not None:
                self._on_place(place)


class FairQueue(Generic[T]):
    """People take turns, so one person with many requests delays the others by one at a time."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Waiter[T]]] = {}  # first key is whose turn it is

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def put(self, waiter: Waiter[T]) -> bool:
        """Queue up; False when the person or the whole line has too many waiting."""
        line = self._lines.get(waiter.person, deque())
        if len(line) >= PERSON_MAX or len(self) >= LINE_MAX:
            return False
        line.append(waiter)
        self._lines[waiter.person] = line
        return True

    def head(self) -> Waiter[T] | None:
        """Who is next, or None."""
        return next((line[0] for line in self._lines.values()), None)

    def pop(self) -> None:
        """Take the next one out; that person's other requests go behind everybody's first."""
        person = next(iter(self._lines))
        line = self._lines.pop(person)
        line.popleft()
        if line:
            self._lines[person] = line

    def remove(self, waiter: Waiter[T]) -> bool:
        """Forget one that no longer waits; False when it was not in the line."""
        line = self._lines.get(waiter.person)
        if line is None or waiter not in line:
            return False
        line.remove(waiter)
        if not line:
            del self._lines[waiter.person]
        return True

    def in_order(self) -> Iterator[Waiter[T]]:
        """Everyone waiting, in the order they will be let in."""
        lines = list(self._lines.values())
        for depth in range(max(map(len, lines), default=0)):
            yield from (line[depth] for line in lines if depth < len(line))

    def tell_places(self) -> None:
        """Tell everyone whose place has changed."""
        for place, waiter in enumerate(list(self.in_order()), start=1):
            waiter.tell(place)
