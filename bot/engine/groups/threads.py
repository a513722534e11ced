"""A thread for each question, where the channel asks for it and the platform has threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.errors import PlatformError
from bot.messages import Addressed, Incoming, Place
from bot.ports import Door, OpensThreads
from bot.storing import Marks

log: structlog.stdlib.BoundLogger = structlog.get_logger()

NAME_CHARS = 80
_MOST_KNOWN = 2_000
_ASKED = (Addressed.MENTION, Addressed.REPLY)


class Threads:
    """Opens threads and remembers which ones are ours, by a mark."""

    def __init__(self, doors: Mapping[str, Door], marks: Marks) -> None:
        self._doors = doors
        self._marks = marks
        self._known: OrderedDict[str, bool] = OrderedDict()

    def wanted(self, incoming: Incoming, activation: str) -> bool:
        """Whether this question should get a thread of its own."""
        place = incoming.place
        return (
            activation == "thread"
            and incoming.addressed in _ASKED
            and not place.direct
            and not place.thread
            and self._opener(place) is not None
        )

    async def opened(self, incoming: Incoming) -> Incoming:
        """The question in its own thread; unchanged where the platform refuses one."""
        opener = self._opener(incoming.place)
        if opener is None:
            return incoming
        try:
            place = await opener.open_thread(incoming.place, incoming.message_id, thread_name(incoming.text))
        except PlatformError as error:
            log.info("thread.refused", platform=incoming.place.platform, reason=error.detail)
            return incoming
        await self._marks.put(_mark(place), "1")
        self._know(place, ours=True)
        return replace(incoming, place=place)

    async def ours(self, place: Place) -> bool:
        """Whether the bot opened this thread for a question."""
        if not place.thread:
            return False
        known = self._known.get(place.thread_key)
        if known is None:
            known = bool(await self._marks.get(_mark(place)))
            self._know(place, ours=known)
        return known

    def _opener(self, place: Place) -> OpensThreads | None:
        door = self._doors.get(place.platform)
        return door if isinstance(door, OpensThreads) and door.capabilities.threads else None

    def _know(self, place: Place, *, ours: bool) -> None:
        self._known[place.thread_key] = ours
        self._known.move_to_end(place.thread_key)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


def thread_name(question: str) -> str:
    """A name from the question's first words."""
    words = " ".join(question.split())
    return words if len(words) <= NAME_CHARS else words[: NAME_CHARS - 1].rstrip() + "…"


def _mark(place: Place) -> str:
    return f"own-{place.thread_key}"
