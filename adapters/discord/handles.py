"""Reply handles: how an interaction is answered, as an opaque text that outlives a rebuild or restart."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

import discord

LIFE = 14.5 * 60
"""Seconds. Discord gives a token 15 minutes; the rest is for clocks that differ."""

MOST = 1000


class Opening(StrEnum):
    """How the interaction was acknowledged: with a waiting message for all or for the asker only, or, for
    a button, without any."""

    PUBLIC = "o"
    PRIVATE = "p"
    BUTTON = "b"


@dataclass(frozen=True, slots=True)
class Handle:
    """One interaction. `token` lets its holder answer it and nothing else."""

    opening: Opening
    application: int
    interaction: int
    token: str

    @property
    def text(self) -> str:
        return f"{self.opening}.{self.application}.{self.interaction}.{self.token}"

    @property
    def expires(self) -> float:
        """Unix seconds."""
        return discord.utils.snowflake_time(self.interaction).timestamp() + LIFE


def parse_handle(text: str) -> Handle | None:
    """The handle of a text that `Handle.text` made."""
    opening, _, rest = text.partition(".")
    application, _, rest = rest.partition(".")
    interaction, _, token = rest.partition(".")
    sound = application.isdecimal() and interaction.isdecimal() and bool(token)
    if opening not in tuple(Opening) or not sound:
        return None
    return Handle(Opening(opening), int(application), int(interaction), token)


class Handles:
    """What is known of the handles in use: whether they still work, and who fills the waiting message."""

    def __init__(self) -> None:
        self._waiting: dict[int, str] = {}
        self._gone: set[int] = set()

    def opened(self, handle: Handle) -> None:
        """A waiting message is shown; the first answer belongs there."""
        if handle.opening is not Opening.BUTTON:
            self._waiting[handle.interaction] = ""
            while len(self._waiting) > MOST:
                del self._waiting[next(iter(self._waiting))]

    def usable(self, text: str) -> Handle | None:
        """The handle while it can be answered."""
        handle = parse_handle(text)
        if handle is None or handle.interaction in self._gone or handle.expires < time.time():
            return None
        return handle

    def fills_waiting(self, handle: Handle, nonce: str) -> bool:
        """True for the first answer, also when it is repeated: it edits the waiting message.

        What is not known here, after a restart, is a further message; Discord itself puts that into a
        message still waiting.
        """
        known = self._waiting.get(handle.interaction)
        nonce = nonce or "none"
        if known == "":
            self._waiting[handle.interaction] = nonce
        return known is not None and known in ("", nonce)

    def is_waiting(self, handle: Handle) -> bool:
        return self._waiting.get(handle.interaction) == ""

    def settled(self, handle: Handle) -> None:
        """The waiting message is gone."""
        self._waiting.pop(handle.interaction, None)

    def gone(self, handle: Handle) -> None:
        """Discord no longer takes answers to it."""
        self._waiting.pop(handle.interaction, None)
        if len(self._gone) >= MOST:
            self._gone.clear()
        self._gone.add(handle.interaction)
