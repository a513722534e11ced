"""Events whose answer can no longer be shown where it belongs: people are told instead of served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.engine.turns.mailbox import Letter
from bot.missed import NamesLost
from bot.ports import Door


class Losses:
    """Asks the doors, which alone know how long an event can be answered."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    def told(self, letter: Letter) -> Letter:
        """The letter as a complaint that names what was lost; unchanged where it can be answered."""
        incoming = letter.incoming
        door = self._doors.get(incoming.place.platform)
        sentence = door.lost(incoming) if isinstance(door, NamesLost) else ""
        if not sentence:
            return letter
        return replace(letter, incoming=replace(incoming, complaint=sentence, reply_handle=""))
