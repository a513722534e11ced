"""Stopping what somebody has under way, before their data goes."""

from __future__ import annotations

from bot.engine.flow.conduct import Conductor
from bot.engine.flow.lobby import Lobby
from bot.engine.groups.overheard import Overheard
from bot.engine.turns.mailbox import Mailboxes

PATIENCE = 60.0
"""Seconds to wait for what cannot be stopped, such as a picture being made."""


class Hush:
    """Takes back the questions of a person that wait or are being answered; nothing of them is remembered."""

    def __init__(
        self, mailboxes: Mailboxes, lobby: Lobby, conductor: Conductor, overheard: Overheard
    ) -> None:
        self._mailboxes = mailboxes
        self._lobby = lobby
        self._conductor = conductor
        self._overheard = overheard

    async def __call__(self, speakers: frozenset[str]) -> None:
        """Of the person with these keys."""
        for letter in self._mailboxes.of(speakers):
            self._mailboxes.change(letter.incoming.place.conversation, letter, None)
            self._lobby.leave(letter)
        await self._conductor.written(speakers, PATIENCE)
        self._overheard.forget_people(speakers)
