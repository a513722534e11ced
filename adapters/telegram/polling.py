"""The poll loop: updates are committed as events before Telegram is told to forget them."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TypeGuard

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.errors import describe, seconds_of
from adapters.telegram.request import Connection
from adapters.telegram.taking import ALLOWED_UPDATES, Taker
from bot.errors import OperatorError
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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

    def __init__(self, connection: Connection, front: Front, taker: Taker, timing: Timing) -> None:
        self._connection = connection
        self._front = front
        self._taker = taker
        self._timing = timing
        self._offset: int | None = None
        self._failures = 0
        self._contested = False

    async def run(self) -> None:
        """The loop."""
        while True:
            await self._once()

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
        updates = [update for update in batch if _is_object(update)]
        await self._taker.take(updates)
        ids = [number for update in updates if isinstance(number := update.get("update_id"), int)]
        if ids:
            self._offset = max(ids) + 1

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


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
