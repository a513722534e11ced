"""Updates that Telegram posts to us: answered with 200 only once they are journalled."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeGuard

import structlog
from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.errors import describe, platform_error
from adapters.telegram.polling import refused_token
from adapters.telegram.request import Connection
from adapters.telegram.taking import ALLOWED_UPDATES, Taker
from bot.errors import GondolaError, PlatformError, PlatformFailure
from bot.ports import Front, Hooks

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header

CHECK_SECONDS = 60.0
"""How often Telegram is asked whether it still posts here."""

AT_ONCE = 1
"""Posts that Telegram may have under way. With more than one, messages of a chat overtake each other."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """Where Telegram posts to: `hooks` takes the handler under `PLATFORM`, `url` is the address as Telegram
    sees it; `check` is the seconds between two looks at how it goes."""

    hooks: Hooks
    url: str
    check: float = CHECK_SECONDS


def secret_of(token: str) -> str:
    """What Telegram sends with every post: nobody without the token can know it."""
    return hmac.new(token.encode(), b"gondola webhook", hashlib.sha256).hexdigest()


class Webhook:
    """Receives until cancelled. Raises OperatorError when Telegram refuses the token, PlatformError when it
    does not take the address."""

    def __init__(self, connection: Connection, front: Front, taker: Taker, receiving: Receiving) -> None:
        self._connection = connection
        self._front = front
        self._taker = taker
        self._receiving = receiving
        self._secret = secret_of(connection.bot.token)
        self._one_at_a_time = asyncio.Lock()
        self._complaint = ""

    async def run(self) -> None:
        """Telegram is told the address, then asked now and then how it gets on with it."""
        self._receiving.hooks[PLATFORM] = self.receive
        try:
            await self._register()
            while True:
                await asyncio.sleep(self._receiving.check)
                await self._check()
        finally:
            del self._receiving.hooks[PLATFORM]

    async def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """One post: an HTTP status. Anything but 200 makes Telegram post it again."""
        given = headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.encode()):
            log.warning("telegram.hook_refused", reason="without the secret that Telegram was told")
            return HTTPStatus.FORBIDDEN
        try:
            update: object = json.loads(body)
        except ValueError:
            update = None
        if not _is_object(update):
            log.warning("telegram.hook_unreadable", size=len(body))
            return HTTPStatus.BAD_REQUEST
        self._front.handled(PLATFORM)
        try:
            async with self._one_at_a_time:
                await self._taker.take([update])
        except GondolaError as error:
            log.warning("telegram.hook_not_taken", reason=error.detail)
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK

    async def _register(self) -> None:
        try:
            await self._connection.bot.set_webhook(
                self._receiving.url,
                allowed_updates=list(ALLOWED_UPDATES),
                secret_token=self._secret,
                max_connections=AT_ONCE,
                drop_pending_updates=False,
            )
        except InvalidToken:
            raise refused_token() from None
        except TelegramError as error:
            failure = platform_error(error)
            log.error(
                "telegram.hook_not_set",
                hint="Telegram must reach GONDOLA_PUBLIC_URL by https on port 443, 80, 88 or 8443.",
                reason=failure.detail,
            )
            raise PlatformError(
                PlatformFailure.UNAVAILABLE, detail=failure.detail, retry_after=failure.retry_after
            ) from None
        log.info("telegram.hook_set")

    async def _check(self) -> None:
        try:
            info = await self._connection.bot.get_webhook_info()
        except InvalidToken:
            raise refused_token() from None
        except TelegramError as error:
            log.warning("telegram.hook_unknown", reason=describe(error))
            return
        self._front.handled(PLATFORM)
        if info.url != self._receiving.url:
            log.warning(
                "telegram.hook_lost", hint="Another program took this bot's updates; taking them back."
            )
            await self._register()
            return
        self._tell(info)

    def _tell(self, info: WebhookInfo) -> None:
        """Say once what Telegram complains of while it has updates for us."""
        complaint = (info.last_error_message or "") if info.pending_update_count else ""
        if complaint and complaint != self._complaint:
            log.warning("telegram.hook_failing", waiting=info.pending_update_count, reason=complaint[:200])
        self._complaint = complaint


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
