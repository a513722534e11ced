"""What the books of money have to know of whoever asks, before their turn is priced."""

from __future__ import annotations

from bot.engine.doors.hashing import Hasher
from bot.engine.money.caps import CapsBook
from bot.engine.money.freeowners import FreeOwners
from bot.engine.settings.book import SettingsBook
from bot.messages import Incoming


class Acquaintance:
    """Tells them: the roles somebody has in this place, their time zone, whether they pay at all."""

    def __init__(
        self, caps: CapsBook, free_owners: FreeOwners, settings: SettingsBook, hasher: Hasher
    ) -> None:
        self._caps = caps
        self._free_owners = free_owners
        self._settings = settings
        self._hasher = hasher

    def meet(self, incoming: Incoming) -> None:
        """Somebody asks, here and now."""
        person = self._hasher.person(incoming.author)
        self._caps.know_roles(incoming.place, person, incoming.roles)
        self._caps.know_zone(person, self._settings.of_person(incoming.place, incoming.author, "timezone"))
        self._free_owners.know(incoming)
