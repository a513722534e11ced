"""Keeps each platform alive on its own: a failed adapter is built anew, one that cannot work is named."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, MutableMapping

import structlog

from bot.errors import OperatorError
from bot.ports import Adapter, Door, Sleeper

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LONGEST_PAUSE = 60.0
STEADY = 120.0
"""An adapter that ran so long is healthy: the next pause is short again."""


class Platform:
    """One supervised platform and whether it works."""

    def __init__(
        self,
        name: str,
        build: Callable[[], Adapter],
        doors: MutableMapping[str, Door],
        *,
        essential: bool = False,
        sleep: Sleeper = asyncio.sleep,
    ) -> None:
        """`essential`: what only an operator can mend is raised instead of logged."""
        self.name = name
        self.up = False
        self._essential = essential
        self._build = build
        self._doors = doors
        self._sleep = sleep

    async def run(self) -> None:
        """Serve until cancelled. Returns early, or raises OperatorError, only when an operator must act."""
        pause = 1.0
        while True:
            started = time.monotonic()
            try:
                await self._once()
                log.warning("platform.ended", platform=self.name)
            except OperatorError as error:
                if self._essential:
                    raise
                log.error("platform.given_up", platform=self.name, reason=error.reader_text)
                return
            except Exception as error:  # noqa: BLE001 - the one boundary of a platform: whatever it died of, rebuild
                log.warning(
                    "platform.failed", platform=self.name, error=type(error).__name__, reason=str(error)[:300]
                )
            if time.monotonic() - started > STEADY:
                pause = 1.0
            await self._sleep(pause * random.uniform(0.8, 1.2))
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _once(self) -> None:
        adapter = self._build()
        self._doors[self.name] = adapter.door
        self.up = True
        try:
            await adapter.run()
        finally:
            self.up = False
