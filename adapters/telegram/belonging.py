"""Which groups the bot is still in. Telegram keeps the news of a removal for a day; who was stopped for
longer has to ask, and a call for a group that answers that the bot is not there says the same."""

from __future__ import annotations

import asyncio

import structlog
from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import RetryAfter, TelegramError

from adapters.telegram.capabilities import PLATFORM
from adapters.telegram.errors import describe, seconds_of, shuts_out
from bot.errors import GondolaError
from bot.messages import Place
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAUSE = 0.2
"""Seconds between two groups: answers to people go first."""
_OUTSIDE = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})


class Belonging:
    """Tells the front."""

    def __init__(self, bot: Bot, front: Front) -> None:
        self._bot = bot
        self._front = front

    async def removed(self, place: Place) -> None:
        """A call for a chat was refused because the bot is not in it; of a person that means nothing."""
        if place.direct:
            return
        try:
            await self._front.membership(Place(PLATFORM, place.space, ""), member=False)
        except GondolaError as error:
            log.warning("telegram.removal_not_noted", reason=error.detail)

    async def compare(self) -> None:
        """Ask once about every group of which anything is kept. What cannot be asked now stays as it is."""
        try:
            for place in await self._front.known_servers(PLATFORM):
                inside = await self._inside(place.space)
                if inside is not None:
                    await self._front.membership(place, member=inside)
                await asyncio.sleep(PAUSE)
        except GondolaError as error:
            log.warning("telegram.groups_not_compared", reason=error.detail)

    async def _inside(self, chat: str) -> bool | None:
        """Whether the bot is in a group, None where Telegram does not say."""
        for _ in range(3):
            try:
                member = await self._bot.get_chat_member(int(chat), self._bot.id)
            except RetryAfter as error:
                await asyncio.sleep(seconds_of(error))
            except TelegramError as error:
                if shuts_out(error):
                    return False
                log.info("telegram.group_not_asked", reason=describe(error))
                return None
            else:
                return member.status not in _OUTSIDE
        return None
