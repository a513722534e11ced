"""Addresses of messages, on platforms that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.messages import Place
from bot.ports import Door, LinksMessages


class Links:
    """Asks the door of the platform."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    def to(self, place: Place, message_ids: Sequence[str]) -> str:
        """The address of the first of these messages, "" for none."""
        door = self._doors.get(place.platform)
        if not message_ids or not isinstance(door, LinksMessages):
            return ""
        return door.link(place, message_ids[0])
