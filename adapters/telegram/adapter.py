"""The life of the Telegram door."""

from __future__ import annotations

import asyncio
import re

import structlog
from telegram.error import InvalidToken, TelegramError

from adapters.telegram.belonging import Belonging
from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.commands import sync_menu
from adapters.telegram.errors import platform_error
from adapters.telegram.inbound import Inbound
from adapters.telegram.outbound import TelegramDoor
from adapters.telegram.polling import Poller, Timing, refused_token
from adapters.telegram.request import Connection
from adapters.telegram.taking import Taker
from adapters.telegram.webhook import Receiving, Webhook
from bot.errors import OperatorError, PlatformError, PlatformFailure
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MENU_SECONDS = 3.0

_TOKEN = re.compile(r"[A-Za-z0-9_:-]+")


class TelegramAdapter:
    """Implements bot.ports.Adapter.

    `base_url` is the root of a Bot API server ("/bot" and "/file/bot" are appended), Telegram's own without
    one. `receiving` has Telegram post its updates instead of being polled for them. Making an adapter calls
    nobody. Raises OperatorError for a token with impossible characters.
    """

    def __init__(
        self,
        front: Front,
        token: str,
        *,
        base_url: str = "",
        timing: Timing | None = None,
        receiving: Receiving | None = None,
    ) -> None:
        if not _TOKEN.fullmatch(token):
            raise OperatorError("TELEGRAM_TOKEN is not a bot token: copy it anew from @BotFather.")
        self._front = front
        self._connection = Connection(token, base_url)
        self._belonging = Belonging(self._connection.bot, front)
        self._door = TelegramDoor(self._connection, self._belonging.removed)
        self._timing = timing or Timing()
        self._receiving = receiving

    @property
    def door(self) -> TelegramDoor:
        """Usable while `run` runs."""
        return self._door

    async def run(self) -> None:
        """Serve until cancelled. Raises OperatorError when Telegram refuses the token, and PlatformError
        UNAVAILABLE when it cannot be reached at the start; later interruptions are waited out."""
        try:
            await self._open()
            await self._serve()
        finally:
            await self._connection.close()

    async def _open(self) -> None:
        bot = self._connection.bot
        try:
            await bot.initialize()
            if self._receiving is None:
                await bot.delete_webhook(drop_pending_updates=False)
        except InvalidToken:
            raise refused_token() from None
        except TelegramError as error:
            failure = platform_error(error)
            raise PlatformError(
                PlatformFailure.UNAVAILABLE, detail=failure.detail, retry_after=failure.retry_after
            ) from None
        self._front.handled(PLATFORM)
        log.info("telegram.ready", bot=bot.username)

    async def _serve(self) -> None:
        bot = self._connection.bot
        await self._sync_menu()
        taker = Taker(self._connection, self._front, Inbound(bot.bot, self._front.commands))
        comparing = asyncio.create_task(self._belonging.compare(), name="telegram groups")
        try:
            if self._receiving is not None:
                await Webhook(self._connection, self._front, taker, self._receiving).run()
            else:
                await Poller(self._connection, self._front, taker, self._timing).run()
        finally:
            comparing.cancel()
            await asyncio.gather(comparing, return_exceptions=True)
            await taker.close()

    async def _sync_menu(self) -> None:
        """People wait for answers, not for the menu: trouble with it is left to the next start."""
        try:
            async with asyncio.timeout(MENU_SECONDS):
                if await sync_menu(self._connection.bot, self._front):
                    log.info("telegram.menu_set", commands=len(self._front.commands))
        except TimeoutError:
            log.warning("telegram.menu_not_set", reason="no answer in time")
        except PlatformError as error:
            log.warning("telegram.menu_not_set", reason=error.detail)
