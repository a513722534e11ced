"""Owners' own use draws on the cap of the whole bot alone, unless they switch that off (`owner_free`)."""

from __future__ import annotations

from bot.engine.access import Doorkeeper
from bot.engine.hashing import Hasher
from bot.engine.settings import SettingsBook
from bot.messages import Incoming, Person


class FreeOwners:
    """Knows owners by their keyed hash, as the caps do."""

    def __init__(self, doorkeeper: Doorkeeper, hasher: Hasher, settings: SettingsBook) -> None:
        self._doorkeeper = doorkeeper
        self._hasher = hasher
        self._settings = settings
        self._owners: frozenset[str] = frozenset()
        self._hashes: frozenset[str] = frozenset()
        self._visitor = ""

    def know(self, incoming: Incoming) -> None:
        """Note the visitor who owns the house by being at its own machine: they are in no list."""
        if incoming.trusted:
            self._visitor = self._hasher.person(incoming.author)

    def __call__(self) -> frozenset[str]:
        """Whose use is free of narrower caps now."""
        if self._settings.house("owner_free").value is not True:
            return frozenset()
        if self._doorkeeper.owners is not self._owners:
            self._owners = self._doorkeeper.owners
            self._hashes = frozenset(self._hash(owner) for owner in self._owners)
        return self._hashes | {self._visitor} if self._visitor else self._hashes

    def _hash(self, owner: str) -> str:
        platform, _, number = owner.partition(":")
        return self._hasher.person(Person(platform, number))
