"""Erasing somebody's data: written down first, then carried out, by the next process where this one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from bot.auditing import Change, ChangeKind
from bot.delivery import Delivery
from bot.engine.doors.identities import Identities
from bot.engine.making.dropping import Dropping
from bot.engine.oversight.chores import Ran
from bot.engine.side.sidecalls import Background
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError
from bot.messages import Done, Notice, Place, Target
from bot.people import Erasure
from bot.ports import Clock, Door, ForgetsPeople
from bot.storing import Store

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LOOK_SECONDS = 20.0
CLEAN_TRIES = 40
CLEAN_PAUSE = 0.25
ERASED = (
    "Done: what I had of you is erased. What you write from now on starts afresh; this message is the only "
    "trace of it here, and you can delete it."
)
Stop = Callable[[frozenset[str]], Awaitable[None]]


async def _nothing(_: frozenset[str]) -> None:
    return


class Eraser:
    """Takes requests and carries them out. `stop` ends what somebody has under way; the engine sets it."""

    def __init__(
        self,
        store: Store,
        identities: Identities,
        dropping: Dropping,
        delivery: Delivery,
        doors: Mapping[str, Door],
        background: Background,
        clock: Clock,
        reload: Sequence[Callable[[], Awaitable[None]]],
    ) -> None:
        """`reload` are books in memory that read anew what they know of people."""
        self._store = store
        self._identities = identities
        self._dropping = dropping
        self._delivery = delivery
        self._doors = doors
        self._background = background
        self._clock = clock
        self._reload = reload
        self._one = asyncio.Lock()
        self.stop: Stop = _nothing

    async def request(self, turn: Turn) -> None:
        """Have everything of the asker erased once this turn is over, by another process if this one dies."""
        incoming = turn.incoming
        whose = await self._identities.whose(incoming.author)
        told_in = incoming.place.conversation if incoming.place.direct else ""
        await self._store.people.request(Erasure(turn.person, whose, told_in, self._clock()))
        self._background.spawn(self.work())

    async def run(self, ran: Ran) -> None:
        """Carry out what dead processes left, until cancelled; `ran` hears of every look."""
        while True:
            ran("erasures", await self._look())
            await asyncio.sleep(LOOK_SECONDS)

    async def work(self) -> None:
        """Carry out what is to be done now."""
        await self._look()

    async def _look(self) -> str:
        """The same; returns why it failed, "" for well."""
        async with self._one:
            try:
                claimed = await self._store.people.claim()
            except GondolaError as error:
                log.warning("erasures.unclaimed", reason=error.detail)
                return error.detail
            failed = ""
            for erasure in claimed:
                try:
                    await self._carry_out(erasure)
                except GondolaError as error:  # it stays written down, and is tried again
                    log.warning("erasure.delayed", person=erasure.person, reason=error.detail)
                    failed = error.detail
            return failed

    async def _carry_out(self, erasure: Erasure) -> None:
        if not erasure.erased:
            await self._erase(erasure)
        for _ in range(CLEAN_TRIES):
            if await self._store.people.clean():
                await self._store.people.finish(erasure.person)
                log.info("erasure.done", person=erasure.person)
                break
            await asyncio.sleep(CLEAN_PAUSE)
        else:
            log.warning("erasure.unclean", person=erasure.person)
            return
        if erasure.conversation:
            await self._tell(Place.of_conversation(erasure.conversation))

    async def _erase(self, erasure: Erasure) -> None:
        await self.stop(erasure.whose.speakers)
        for person in sorted(erasure.whose.persons):
            await self._dropping.all_of(person)
        for door in self._doors.values():
            if isinstance(door, ForgetsPeople):
                await door.forget_people(erasure.whose.speakers)
        change = Change(
            self._clock(),
            erasure.person,
            ChangeKind.DATA,
            f"person:{erasure.person}",
            "",
            "erase",
            "",
            "erased",
        )
        await self._store.people.erase(erasure, self._identities.channel, change)
        for read in self._reload:
            await read()

    async def _tell(self, place: Place) -> None:
        if not self._delivery.reaches(place.platform):
            return
        answer = self._delivery.open(Target(place), f"erased:{self._clock():.0f}")
        answer.push(Notice(ERASED))
        answer.push(Done())
        delivered = await answer.finish()
        if delivered.failure is not None:
            log.info("erasure.untold", platform=place.platform, reason=delivered.failure.detail)
