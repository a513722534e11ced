"""Who manages a group: asked only for commands and buttons, and remembered for a minute."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

import structlog
from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram.errors import describe
from bot.messages import Authority, Incoming

log: structlog.stdlib.BoundLogger = structlog.get_logger()

REMEMBERED = 60.0
ANSWER_SECONDS = 5.0
MOST_GROUPS = 1000


@dataclass(frozen=True, slots=True)
class _Known:
    people: frozenset[str]
    until: float


class Managers:
    """The administrators of groups."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: dict[str, _Known] = {}
        self._lock = asyncio.Lock()

    async def judged(self, incoming: Incoming) -> Incoming:
        """The event with its author's authority, where it matters. When Telegram does not say, the author
        counts as a member."""
        acts = incoming.command is not None or incoming.press is not None
        if not acts or incoming.authority is Authority.MODERATOR:
            return incoming
        people = await self._of(incoming.place.channel)
        if incoming.author.id not in people:
            return incoming
        return replace(incoming, authority=Authority.MODERATOR, manages_server=True)

    async def _of(self, chat: str) -> frozenset[str]:
        async with self._lock:
            known = self._known.get(chat)
            if known is None or known.until <= time.monotonic():
                known = await self._ask(chat)
            return known.people

    async def _ask(self, chat: str) -> _Known:
        try:
            members = await self._bot.get_chat_administrators(int(chat), read_timeout=ANSWER_SECONDS)
        except TelegramError as error:
            log.warning("telegram.administrators_unknown", reason=describe(error))
            return _Known(frozenset(), 0.0)
        if len(self._known) >= MOST_GROUPS:
            self._known.clear()
        known = _Known(frozenset(str(one.user.id) for one in members), time.monotonic() + REMEMBERED)
        self._known[chat] = known
        return known
