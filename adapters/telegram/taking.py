"""Updates on their way in: read, judged and committed in order, however Telegram hands them over."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

import structlog
from telegram import Update
from telegram.error import TelegramError

from adapters.telegram.authority import Managers
from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.errors import describe
from adapters.telegram.inbound import Inbound, Joined, Left, Migrated, Ranked, Reading
from adapters.telegram.request import Connection
from bot.messages import Incoming
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "chat_member")
"""Named in full: Telegram remembers the last list, whoever sent it."""

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, TelegramError)
"""What the library raises for an update that is not as it expects."""


class Taker:
    """Takes updates to the engine."""

    def __init__(self, connection: Connection, front: Front, inbound: Inbound, managers: Managers) -> None:
        self._connection = connection
        self._front = front
        self._inbound = inbound
        self._managers = managers
        self._moved: set[Migrated] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, batch: Sequence[dict[str, object]]) -> None:
        """Returns once everything in the batch is journalled, or was not readable. Raises GondolaError when
        it cannot be journalled."""
        read = [self._read(update) for update in batch]
        for reading in read:
            if isinstance(reading, Ranked):
                self._managers.forget(reading.chat)  # before anybody in the batch is judged
        readings = await asyncio.gather(*[self._judged(reading) for reading in read])
        await self._commit(readings)

    async def close(self) -> None:
        """Give up the small calls that still run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _read(self, raw: dict[str, object]) -> Reading:
        try:
            update = Update.de_json(raw, self._connection.bot)
            if update.callback_query:
                self._spawn(self._acknowledge(update.callback_query.id))
            return self._inbound.read(update)
        except _UNREADABLE as error:
            kinds = [key for key in raw if key != "update_id"]
            log.warning(
                "telegram.unreadable",
                update_id=raw.get("update_id"),
                kinds=kinds,
                error=type(error).__name__,
            )
            return None

    async def _judged(self, reading: Reading) -> Reading:
        return await self._managers.judged(reading) if isinstance(reading, Incoming) else reading

    async def _commit(self, readings: Sequence[Reading]) -> None:
        """Everything in order: what was said in a group before it moved belongs to its old id."""
        events: list[Incoming] = []
        for reading in readings:
            match reading:
                case Incoming():
                    events.append(reading)
                case Migrated() if reading not in self._moved:
                    await self._submit(events)
                    events = []
                    self._moved.add(reading)
                    await self._front.moved(PLATFORM, reading.old, reading.new)
                case Ranked(change=Left() as left):
                    await self._submit(events)
                    events = []
                    await self._front.membership(left.place, member=False)
                case Ranked(change=Joined() as joined):
                    await self._front.membership(joined.place, member=True)
                    await self._front.welcome(joined.place, joined.title)
                case _:
                    pass
        await self._submit(events)

    async def _submit(self, events: Sequence[Incoming]) -> None:
        if events:
            await self._front.submit(events)

    # --- small calls beside the loop ---

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _acknowledge(self, query_id: str) -> None:
        """Until it is answered, a pressed button keeps spinning."""
        try:
            await self._connection.bot.answer_callback_query(query_id)
        except TelegramError as error:
            log.info("telegram.press_unacknowledged", reason=describe(error))
