"""Books: what every process keeps in memory of the database, and how it hears that another one changed it.

With every change of a book its mark (`bot.storing.Marks`) gets a value it never had, in the same transaction.
"""

from __future__ import annotations

from enum import StrEnum

MARKS = "book:"
"""How the names of these marks begin."""


class Book(StrEnum):
    """In the order in which they are read: people's links say whom settings, caps and rules are about."""

    PEOPLE = "people"
    SETTINGS = "settings"
    CAPS = "caps"
    DOOR = "door"
    PERMITS = "permits"
    KEYS = "keys"
    DEPARTURES = "departures"

    @property
    def mark(self) -> str:
        """The name of its mark."""
        return f"{MARKS}{self.value}"
