"""Whether somebody still manages a server, asked of its platform.

A page asks with every request, so an answer is good for CHECK_SECONDS. Where the platform does not answer,
what it said last holds for KEPT_SECONDS; where it has said nothing yet (after a start), what it said at the
sign-in holds as long from the first question on. After that nobody is let in on a guess. Of a platform that
cannot be asked, what it said at the sign-in holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from bot.messages import Person, Place
from bot.ports import Clock, Door, KnowsManagers

CHECK_SECONDS = 60.0
KEPT_SECONDS = 15 * 60.0
MOST = 5_000
"""People and servers remembered."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the platform said at `said`; `asked` is when it was asked last."""

    manages: bool
    said: float
    asked: float


class Standing:
    """`doors` may fill later."""

    def __init__(self, doors: Mapping[str, Door], clock: Clock) -> None:
        self._doors = doors
        self._clock = clock
        self._said: dict[tuple[str, str], _Said] = {}
        self._asking: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def asks(self, server: str) -> bool:
        """Whether the platform of a server (its key) can be asked."""
        return isinstance(self._doors.get(_place(server).platform), KnowsManagers)

    async def manages(self, server: str, person: Person) -> bool:
        """Whether somebody manages a server."""
        door = self._doors.get(_place(server).platform)
        if not isinstance(door, KnowsManagers):
            return True
        key = server, person.key
        async with self._asking.setdefault(key, asyncio.Lock()):
            said = self._said.get(key)
            if said is None or self._clock() - said.asked >= CHECK_SECONDS:
                said = await self._ask(door, server, person, said)
                self._keep(key, said)
        return said.manages and self._clock() - said.said < KEPT_SECONDS

    async def _ask(self, door: KnowsManagers, server: str, person: Person, before: _Said | None) -> _Said:
        answer = await door.manages(_place(server), person)
        now = self._clock()
        if answer is None:
            return (
                replace(before, asked=now) if before is not None else _Said(manages=True, said=now, asked=now)
            )
        return _Said(answer, now, now)

    def _keep(self, key: tuple[str, str], said: _Said) -> None:
        if len(self._said) >= MOST and key not in self._said:
            self._said.clear()
        self._said[key] = said


def _place(server: str) -> Place:
    platform, _, space = server.partition(":")[2].partition(":")
    return Place(platform, space, "")
