"""The poll loop: updates are committed as events before Telegram is told to forget them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.authority import Managers
from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.errors import describe, seconds_of
from adapters.telegram.inbound import Inbound, Joined, Migrated, Reading
from adapters.telegram.request import Connection
from bot.errors import OperatorError
from bot.messages import Incoming
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""Named in full: Telegram remembers the last list, whoever sent it."""

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, TelegramError)
"""What the library raises for an update that is not as it expects."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: how long one poll waits, the least and longest pause after a failed one, and the pause after
    another process took the poll away."""

    poll: int = 25
    first_pause: float = 0.5
    longest_pause: float = 30.0
    conflict_pause: float = 5.0


def refused_token() -> OperatorError:
    """Telegram does not know the token."""
    return OperatorError("Telegram refuses TELEGRAM_TOKEN: copy the bot's token anew from @BotFather.")


class Poller:
    """Polls until cancelled. Raises OperatorError when Telegram refuses the token."""

    def __init__(self, connection: Connection, front: Front, inbound: Inbound, timing: Timing) -> None:
        self._connection = connection
        self._front = front
        self._inbound = inbound
        self._timing = timing
        self._managers = Managers(connection.bot)
        self._offset: int | None = None
        self._failures = 0
        self._contested = False
        self._moved: set[Migrated] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """The loop."""
        try:
            while True:
                await self._once()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _once(self) -> None:
        try:
            batch = await self._connection.get_updates(self._offset, self._timing.poll, ALLOWED_UPDATES)
        except TelegramError as error:
            await asyncio.sleep(self._pause(error))
            return
        if self._failures:
            log.info("telegram.polling_again", failures=self._failures)
        self._failures, self._contested = 0, False
        self._front.handled(PLATFORM)
        await self._take([update for update in batch if _is_object(update)])

    # --- trouble ---

    def _pause(self, error: TelegramError) -> float:
        """How long to wait before the next poll; says what is wrong at the first of a row of failures."""
        if isinstance(error, InvalidToken):
            raise refused_token() from None
        if isinstance(error, Conflict):
            return self._contest(error)
        if isinstance(error, RetryAfter):
            return seconds_of(error)
        self._failures += 1
        if self._failures == 1:
            log.warning("telegram.poll_failed", reason=describe(error))
        longest = self._timing.first_pause * 2 ** min(self._failures - 1, 10)
        return min(longest, self._timing.longest_pause) * random.uniform(0.8, 1.0)

    def _contest(self, error: Conflict) -> float:
        if not self._contested:
            self._contested = True
            log.error(
                "telegram.conflict",
                hint="Another process polls with this token; stop it, or give this one a token of its own.",
                reason=describe(error),
            )
        return self._timing.conflict_pause

    # --- one batch ---

    async def _take(self, batch: Sequence[dict[str, object]]) -> None:
        readings = await asyncio.gather(*[self._judged(self._read(update)) for update in batch])
        await self._commit(readings)
        ids = [number for update in batch if isinstance(number := update.get("update_id"), int)]
        if ids:
            self._offset = max(ids) + 1

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
                case Joined():
                    await self._front.welcome(reading.place, reading.title)
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


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
