"""Whose role it is: a server's admins have a say about its own roles only."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Place
from bot.ports import Door, KnowsRoles


class Roles:
    """Asks the door of the platform."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    def here(self, place: Place, role: str) -> bool:
        """Whether a role (its key, `platform:id`) is one of the server of a place."""
        platform, _, number = role.partition(":")
        door = self._doors.get(place.platform)
        return platform == place.platform and isinstance(door, KnowsRoles) and door.has_role(place, number)
