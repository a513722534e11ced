"""Owners' own use draws on the cap of the whole bot alone, unless they switch that off (`owner_free`)."""

from __future__ import annotations

from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.identities import Identities
from bot.engine.settings.book import SettingsBook
from bot.messages import Incoming


class FreeOwners:
    """Knows owners by the hash that the caps have for them, whichever of their linked accounts writes."""

    def __init__(self, doorkeeper: Doorkeeper, identities: Identities, settings: SettingsBook) -> None:
        self._doorkeeper = doorkeeper
        self._identities = identities
        self._settings = settings
        self._visitor = ""

    def know(self, incoming: Incoming) -> None:
        """Note the visitor who owns the house by being at its own machine: they are in no list."""
        if incoming.trusted:
            self._visitor = self._identities.person(incoming.author)

    def __call__(self) -> frozenset[str]:
        """Whose use is free of narrower caps now."""
        if self._settings.house("owner_free").value is not True:
            return frozenset()
        owners = frozenset(map(self._identities.canonical, self._doorkeeper.owners))
        return owners | {self._visitor} if self._visitor else owners
