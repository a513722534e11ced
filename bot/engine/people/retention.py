"""Forgetting in time: what is older than the place says, and servers that were left some time ago."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog

from bot.engine.oversight.chores import Ran, come_round
from bot.engine.people.doorfiles import DoorFiles
from bot.engine.people.revoking import Revoker
from bot.engine.settings.book import SettingsBook
from bot.messages import Place
from bot.ports import Clock
from bot.storing import Store

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SETTING = "retention"
REMOVAL = "removal_retention"
DAY = 86_400.0
LOOK_SECONDS = 60.0
BATCH = 500
"""Messages deleted in one transaction."""
DONE, BEGUN = "retention.done", "retention.begun"
"""Marks: the hour whose round is over, and the stretch of so many seconds in which one was begun. A round
whose process died is begun anew by whoever looks in the next stretch."""
STRETCH = 300.0


class Retention:
    """Has old words deleted once an hour, by one process of all."""

    def __init__(
        self,
        store: Store,
        settings: SettingsBook,
        revoker: Revoker,
        door_files: DoorFiles,
        clock: Clock,
        reload: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        """`reload` are books in memory that read anew what is left of a server that was deleted."""
        self._store = store
        self._settings = settings
        self._revoker = revoker
        self._reload = reload
        self._door_files = door_files
        self._clock = clock
        self._departed: set[str] = set()

    # --- servers ---

    async def load(self) -> None:
        """Read which servers were left."""
        self._departed = {one.server for one in await self._store.retention.departed()}

    async def left(self, place: Place) -> None:
        """The bot was removed from a server: from now on its time runs."""
        if place.server_key:
            self._departed.add(place.server_key)
            await self._store.retention.left(place.server_key, self._clock())

    async def present(self, place: Place) -> None:
        """The bot is in a server: whatever time ran there has stopped."""
        if place.server_key in self._departed:
            await self._store.retention.returned(place.server_key)
            self._departed.discard(place.server_key)

    async def servers(self, platform: str) -> list[Place]:
        """The servers of which anything is kept."""
        keys = await self._store.retention.servers(platform)
        return [Place(platform, key.split(":", 2)[2], "") for key in keys]

    # --- rounds ---

    async def watch(self, ran: Ran) -> None:
        """Look every minute whether it is time, until cancelled; `ran` hears of every look."""
        await come_round("retention", self.look, ran, every=LOOK_SECONDS)

    async def look(self) -> bool:
        """Do this hour's round, unless it is done or somebody is at it; True for the one who did."""
        now, marks = self._clock(), self._store.marks
        hour = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H}"
        if await marks.get(DONE) >= hour:
            return False
        if not await marks.advance(BEGUN, f"{int(now / STRETCH):012d}"):
            return False
        await self.enforce()
        await marks.put(DONE, hour)
        return True

    async def enforce(self) -> int:
        """Delete everything whose time is over; returns how many rows and files."""
        await self._settings.load()
        gone = await self._expired() + await self._removed()
        gone += await self._door_files.expire(self._before)
        # Also what other ways have deleted since the last round leaves the disk now.
        await self._store.retention.scrub()
        if gone:
            log.info("retention.deleted", rows=gone)
        return gone

    async def _expired(self) -> int:
        retention = self._store.retention
        places = [Place.of_conversation(one) for one in await retention.conversations()]
        gone = 0
        for place in places:
            before = self._before(place)
            if before is not None:
                gone += await _repeated(
                    lambda place=place, before=before: retention.expire(place.conversation, before, BATCH)
                )
        for channel, server in (await retention.channels()).items():
            befores = [self._before(one) for one in places if one.channel_key == channel]
            befores += [self._before(_place(channel, server))]
            known = [one for one in befores if one is not None]
            if known:
                gone += await retention.expire_buttons(channel, max(known))
        return gone

    async def _removed(self) -> int:
        days = self._settings.everywhere().number(REMOVAL)
        gone = 0
        for one in await self._store.retention.departed():
            if days is None or self._clock() - one.left_at < days * DAY:
                continue
            server = one.server
            key = await self._revoker.revoke(server)
            gone += await _repeated(
                lambda server=server, key=key: self._store.retention.remove_server(server, BATCH, key=key)
            )
            if key:
                self._departed.discard(server)
                log.info("retention.server_deleted", platform=server.split(":")[1])
        if gone:
            for read in self._reload:
                await read()
        return gone

    def _before(self, place: Place) -> float | None:
        """What is older than this is to go; None to keep it."""
        days = self._settings.of_place(place, SETTING)
        return self._clock() - float(days) * DAY if days else None


async def _repeated(work: Callable[[], Awaitable[int]]) -> int:
    """Batch after batch until nothing is left; others get their turn in between."""
    total = 0
    while gone := await work():
        total += gone
        await asyncio.sleep(0)
    return total


def _place(channel: str, server: str) -> Place:
    """The place of a channel key and a server key, "" for a direct chat."""
    _, platform, name = channel.split(":", 2)
    return Place(platform, server.split(":", 2)[2] if server else "", name)
