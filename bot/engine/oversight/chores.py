"""When the house last did what it does by itself, and how that went. In memory, for whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.ports import Clock


class Ran(Protocol):
    """Hears that some work came round."""

    def __call__(self, name: str, trouble: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Round:
    """The last time: Unix seconds, and why it failed ("" for well)."""

    at: float
    trouble: str


class Chores:
    """Work that comes round, by name, in the order of the first time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rounds: dict[str, Round] = {}

    def ran(self, name: str, trouble: str = "") -> None:
        """It came round just now."""
        self.rounds[name] = Round(self._clock(), trouble)
