"""Who manages a group: asked only for commands and buttons, remembered for a minute or until somebody's rank
changes. Telegram tells of ranks only a bot that is an administrator itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

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
    """`people` is None where Telegram did not say, which is not remembered."""

    people: frozenset[str] | None
    until: float


class Managers:
    """The administrators of groups."""

    def __init__(self, bot: Bot, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._changes: Counter[str] = Counter()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def judged(self, incoming: Incoming) -> Incoming:
        """The event with its author's authority, where it matters. When Telegram does not say, the author
        counts as a member, and the event says that this is not sure."""
        acts = incoming.command is not None or incoming.press is not None
        if not acts or incoming.authority is Authority.MODERATOR:
            return incoming
        people = await self._of(incoming.place.channel)
        if people is None:
            return replace(incoming, unsure=True)
        if incoming.author.id not in people:
            return incoming
        return replace(incoming, authority=Authority.MODERATOR, admin=True)

    async def manages(self, chat: str, person: str) -> bool | None:
        """Whether somebody does, asked anew; None where Telegram does not say."""
        self._known.pop(chat, None)
        people = await self._of(chat)
        return None if people is None else person in people

    def forget(self, chat: str) -> None:
        """Somebody's rank there has changed: ask anew."""
        self._known.pop(chat, None)
        self._changes[chat] += 1

    async def _of(self, chat: str) -> frozenset[str] | None:
        async with self._asking.setdefault(chat, asyncio.Lock()):
            known = self._known.get(chat)
            if known is None or known.until <= self._monotonic():
                known = await self._ask(chat)
            return known.people

    async def _ask(self, chat: str) -> _Known:
        people, seconds, before = None, 0.0, self._changes[chat]
        try:
            members = await self._bot.get_chat_administrators(int(chat), read_timeout=ANSWER_SECONDS)
            people, seconds = frozenset(str(one.user.id) for one in members), REMEMBERED
        except TelegramError as error:
            log.warning("telegram.administrators_unknown", reason=describe(error))
        if len(self._known) >= MOST_GROUPS:
            self._known.clear()
            self._changes.clear()
        known = _Known(people, self._monotonic() + seconds)
        if self._changes[chat] == before:  # else it is known no longer
            self._known[chat] = known
        return known
