"""Where people can be told something: their direct chat with the bot; that of owners is remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

import structlog

from bot.delivery import Delivery
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.hashing import Hasher
from bot.errors import GondolaError
from bot.messages import Done, Incoming, Notice, Place, Target
from bot.storing import Marks

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Directs:
    """Remembers the direct chats of owners, ids only, and writes there."""

    def __init__(self, marks: Marks, delivery: Delivery, doorkeeper: Doorkeeper, hasher: Hasher) -> None:
        self._marks = marks
        self._delivery = delivery
        self._doorkeeper = doorkeeper
        self._hasher = hasher
        self._known: dict[str, str] = {}
        self._busy: Counter[str] = Counter()

    @property
    def busy(self) -> frozenset[str]:
        """The direct chats in which something is being answered now."""
        return frozenset(self._busy)

    @contextmanager
    def answering(self, place: Place) -> Generator[None]:
        """Around a turn."""
        if not place.direct:
            yield
            return
        self._busy[place.room] += 1
        try:
            yield
        finally:
            self._busy[place.room] -= 1
            if not self._busy[place.room]:
                del self._busy[place.room]

    def news(self, incoming: Incoming) -> bool:
        """Whether this shows a direct chat of an owner that `heard` has to remember. A visitor who owns the
        house by being at its own machine has no lasting chat."""
        owner = self._hasher.account(incoming.author)
        direct = incoming.place.direct and owner in self._doorkeeper.owners
        return direct and self._known.get(owner) != incoming.place.room

    async def heard(self, incoming: Incoming) -> None:
        """Remember where an owner writes to us alone."""
        owner, room = self._hasher.account(incoming.author), incoming.place.room
        self._known[owner] = room
        try:
            if await self._marks.get(_mark(owner)) != room:
                await self._marks.put(_mark(owner), room)
        except GondolaError as error:
            log.warning("owner.unremembered", reason=error.detail)

    async def tell_owners(
        self,
        occasion: str,
        text: str | Callable[[str], str],
        *,
        not_now: frozenset[str] = frozenset(),
        stage: str = "",
    ) -> int:
        """Say something to every owner in their direct chat, or what `text` makes for an owner (hash of the
        account). Each is told of an occasion once, also across
        restarts: rather never than twice. The chats `not_now` are left out. An occasion with a `stage` comes
        again once that has grown, in the order of text. How many can be told of things at all."""
        known = 0
        for owner in sorted(self._doorkeeper.owners):
            place = await self._place(owner)
            if place is None or place.room in not_now:
                continue
            known += 1
            occasion_of_theirs = f"{occasion}:{owner}"
            mark = f"told:{occasion_of_theirs}"
            new = await (self._marks.advance(mark, stage) if stage else self._marks.claim(mark, "1"))
            if new:
                await self.write(place, occasion_of_theirs, text if isinstance(text, str) else text(owner))
        return known

    async def _place(self, owner: str) -> Place | None:
        room = self._known.get(owner) or await self._marks.get(_mark(owner))
        place = Place.of_conversation(room) if room else None
        return place if place is not None and self._delivery.reaches(place.platform) else None

    async def write(self, place: Place, answer_id: str, text: str) -> bool:
        """Say something in a direct chat; False where it did not arrive."""
        answer = self._delivery.open(Target(place), answer_id)
        answer.push(Notice(text))
        answer.push(Done())
        delivered = await answer.finish()
        if delivered.failure is not None:
            log.warning("direct.untold", platform=place.platform, reason=delivered.failure.detail)
        return delivered.failure is None

    def forget(self) -> None:
        """Drop what is known without asking storage."""
        self._known.clear()


def _mark(owner: str) -> str:
    return f"direct:{owner}"
