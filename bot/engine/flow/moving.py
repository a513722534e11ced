"""A chat that got a new id: what is stored for the old one follows, and so does what is in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.engine.money.keybook import KeyBook
from bot.messages import Place
from bot.storing import Store


class Mover:
    """`reload` reads anew, one after another, each book that holds rows by place."""

    def __init__(self, store: Store, keys: KeyBook, reload: Sequence[Callable[[], Awaitable[None]]]) -> None:
        self._store = store
        self._keys = keys
        self._reload = tuple(reload)

    async def move(self, platform: str, old_channel: str, new_channel: str) -> None:
        """Take over everything of a chat under its new id."""
        old, new = (Place(platform, channel, channel) for channel in (old_channel, new_channel))
        await self._keys.moving(old, new)
        await self._store.move(platform, old_channel, new_channel)
        for load in self._reload:
            await load()
