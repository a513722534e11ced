"""What the house does by itself: again and again, and when it last did, in memory, for whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.errors import GondolaError
from bot.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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


async def come_round(
    name: str, look: Callable[[], Awaitable[object]], ran: Ran, *, every: float, first: float = 0.0
) -> None:
    """Look every so many seconds, the first time after `first`, until cancelled. `ran` hears of each look;
    one that fails is logged, and the next one tries again."""
    await asyncio.sleep(first)
    while True:
        try:
            await look()
            ran(name)
        except GondolaError as error:
            ran(name, error.detail)
            log.warning("chore.failed", chore=name, reason=error.detail)
        await asyncio.sleep(every)
