"""Told to whoever manages a place, once, when they next ask something there."""

from __future__ import annotations

from bot.declarations import Scope
from bot.engine.money.resets import read_now
from bot.engine.settings.book import scope_keys
from bot.engine.turns.turn import Turn
from bot.ports import Clock
from bot.records import Announcement
from bot.storing import Announcements

FRESH_FOR = 600.0
"""Seconds after which it is asked anew for whom something waits: another process may have found something."""


class Bulletin:
    """Knows in memory for whom something waits, so that a turn usually costs nothing."""

    def __init__(self, announcements: Announcements, clock: Clock) -> None:
        self._announcements = announcements
        self._clock = clock
        self._waiting: set[str] = set()
        self._asked_at = 0.0

    async def post(self, announcement: Announcement) -> None:
        """To be told."""
        await self._announcements.put(announcement)
        self._waiting.add(announcement.scope)

    async def load(self) -> None:
        """Ask for whom something waits. Only the first of many turns does; the others go on meanwhile."""
        self._asked_at = self._clock()
        self._waiting = await self._announcements.scopes()

    async def tell(self, turn: Turn) -> None:
        """Tell the asker what waits for the scopes they manage, with times as they read them. What was only
        about a time that is over by now is left out."""
        if self._clock() - self._asked_at > FRESH_FOR:
            await self.load()
        mine = [key for key in _managed(turn) if key in self._waiting]
        if not mine:
            return
        self._waiting.difference_update(mine)
        zone = turn.settings.text("timezone")
        for one in await self._announcements.take(mine):
            text = read_now(one.text, turn.now, zone)
            if text:
                turn.notice(text, private=True)


def _managed(turn: Turn) -> list[str]:
    """The keys of the scopes that the asker may set something for, and of the asker."""
    keys = scope_keys(turn.incoming.place, turn.incoming.author)
    allowed = {Scope.USER: True, Scope.BOT: turn.owner, Scope.SERVER: turn.admin}
    mine = [key for scope, key in keys.items() if allowed.get(scope, turn.moderator)]
    return [*mine, personal(turn.person)]


def personal(person: str) -> str:
    """Key of what a person (keyed hash) is to be told wherever they ask next."""
    return f"person:{person}"
