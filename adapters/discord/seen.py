"""How far each channel was read. Kept in memory and stored now and then, so that no message costs a write."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import structlog

from adapters.discord.capabilities import PLATFORM
from bot.errors import GondolaError
from bot.ports import Front
from bot.records import ReadMark

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST = 5_000
"""Channels known at once; the one that was silent longest is let go first."""

STORE_SECONDS = 5.0
"""After a crash a mark is so old at most. What lies between is known by its event ids."""

NEW_SECONDS = 0.25
"""A channel that has just become known is stored sooner: of a direct chat nothing else tells."""


class Seen:
    """Channels are known by id, threads and direct chats among them. Only channels in which somebody did
    something whom the door lets in are known; a stranger's server leaves nothing."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._marks: OrderedDict[int, ReadMark] = OrderedDict()
        self._changed: dict[int, ReadMark] = {}
        self._gone: set[int] = set()
        self._new = asyncio.Event()
        self.newest = 0
        """The last message taken in anywhere since the start."""

    async def load(self) -> None:
        """Read what is stored. Raises GondolaError."""
        stored = await self._front.read_marks(PLATFORM, MOST)
        self._marks = OrderedDict((int(mark.channel), mark) for mark in reversed(stored))

    def upto(self, channel: int) -> int | None:
        """The last message read in a channel; None for one that is not known."""
        mark = self._marks.get(channel)
        return int(mark.message) if mark is not None else None

    def by_space(self) -> dict[str, list[int]]:
        """The known channels of each server and, under "", the direct chats."""
        found: dict[str, list[int]] = {}
        for channel, mark in self._marks.items():
            found.setdefault(mark.space, []).append(channel)
        return found

    def note(self, channel: int, space: str, message: int, *, admitted: bool) -> None:
        """A message was taken in. One whose author the door keeps out makes no channel known."""
        self.newest = max(self.newest, message)
        known = self._marks.get(channel)
        if known is None and not admitted:
            return
        if known is None:
            self._new.set()
        mark = known or ReadMark(str(channel), space, "0", 0.0)
        if admitted:
            mark = replace(mark, active_at=time.time())
        mark = replace(mark, message=str(max(message, int(mark.message))))
        self._marks[channel] = self._changed[channel] = mark
        self._gone.discard(channel)
        if admitted:
            self._marks.move_to_end(channel)
        if len(self._marks) > MOST:
            self._marks.popitem(last=False)

    def forget(self, channels: Iterable[int]) -> None:
        """Channels that are gone, or closed to the bot."""
        for channel in channels:
            self._changed.pop(channel, None)
            if self._marks.pop(channel, None) is not None:
                self._gone.add(channel)

    async def worth_storing(self) -> None:
        """Wait until it is time to store."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STORE_SECONDS):
                await self._new.wait()
                await asyncio.sleep(NEW_SECONDS)
        self._new.clear()

    async def store(self) -> None:
        """Store what changed, in one write. What cannot be stored waits for the next time."""
        changed, gone = self._changed, self._gone
        if not changed and not gone:
            return
        self._changed, self._gone = {}, set()
        try:
            await self._front.keep_read(PLATFORM, list(changed.values()), [str(one) for one in gone])
        except GondolaError as error:
            log.warning("discord.read_marks_not_stored", reason=error.detail)
            # What happened meanwhile is newer.
            self._gone |= gone - self._changed.keys()
            merged = changed | self._changed
            self._changed = {channel: mark for channel, mark in merged.items() if channel not in self._gone}
