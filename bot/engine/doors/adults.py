"""Whether a place is for adults: the one place where that is decided.

Where the platform marks channels as age-restricted, its mark counts and nothing else. Elsewhere it takes the
statement of whoever manages the chat, kept as the channel's setting `adult`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.engine.settings.book import SettingsBook
from bot.messages import Incoming
from bot.ports import Door

ADULT = "adult"
"""The setting."""


class AdultRule:
    """Judges events by their place."""

    def __init__(self, settings: SettingsBook, doors: Mapping[str, Door]) -> None:
        self._settings = settings
        self._doors = doors

    def by_statement(self, platform: str) -> bool:
        """Whether people state it on this platform."""
        door = self._doors.get(platform)
        return door is not None and door.capabilities.adults_by_statement

    def judged(self, incoming: Incoming) -> Incoming:
        """The event with what holds for its place. Once more changes nothing."""
        place = incoming.place
        if place.platform not in self._doors:
            return replace(incoming, adult_allowed=False)
        if not self.by_statement(place.platform):
            return incoming
        stated = self._settings.of_place(place, ADULT) == "on"
        return incoming if stated is incoming.adult_allowed else replace(incoming, adult_allowed=stated)
