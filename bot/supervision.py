"""Keeps each platform alive on its own: a failed adapter is built anew, one that cannot work is named."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, MutableMapping

import structlog

from bot.errors import OperatorError, PlatformError, PlatformFailure
from bot.ports import Adapter, Clock, Door, Sleeper

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Trouble = Callable[[str, BaseException], None]
"""Hears of a platform, by name, that failed."""
LONGEST_PAUSE = 60.0
SILENCE = 180.0
"""A Telegram poll ends within half a minute and Discord answers heartbeats every 41 seconds."""

STEADY = 120.0
"""An adapter that ran so long is healthy: the next pause is short again."""


def _unheard(name: str, error: BaseException) -> None:
    """Nobody wants to know."""


class Platform:
    """One supervised platform and whether it works."""

    def __init__(
        self,
        name: str,
        build: Callable[[], Adapter],
        doors: MutableMapping[str, Door],
        *,
        essential: bool = False,
        heard: Callable[[], float | None] | None = None,
        silence: float = SILENCE,
        clock: Clock = time.time,
        sleep: Sleeper = asyncio.sleep,
        trouble: Trouble = _unheard,
    ) -> None:
        """`essential`: what only an operator can mend is raised instead of logged. `heard` says when (in
        the clock's seconds) something last came from the platform, which is never silent for `silence`
        seconds while it works; None where nothing has to come. `trouble` hears of failures."""
        self._trouble = trouble
        self._heard = heard
        self._silence = silence
        self._clock = clock
        self._since = 0.0
        self.name = name
        self.up = False
        self._essential = essential
        self._build = build
        self._doors = doors
        self._sleep = sleep

    @property
    def hearing(self) -> bool:
        """True while it works and something came from the platform lately."""
        if self._heard is None or not self.up:
            return self.up
        heard = self._heard() or 0.0
        return heard >= self._since and self._clock() - heard <= self._silence

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
                self._trouble(self.name, error)
                return
            except Exception as error:  # noqa: BLE001 - the one boundary of a platform: whatever it died of, rebuild
                log.warning(
                    "platform.failed", platform=self.name, error=type(error).__name__, reason=str(error)[:300]
                )
                self._trouble(self.name, error)
            if time.monotonic() - started > STEADY:
                pause = 1.0
            await self._sleep(pause * random.uniform(0.8, 1.2))
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _once(self) -> None:
        adapter = self._build()
        self._doors[self.name] = adapter.door
        self.up, self._since = True, self._clock()
        serving = asyncio.create_task(adapter.run())
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.wait((serving, watch), return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                raise PlatformError(PlatformFailure.UNAVAILABLE, detail="nothing was heard for too long")
            await serving
        finally:
            self.up = False
            for task in (serving, watch):
                task.cancel()
            await asyncio.gather(serving, watch, return_exceptions=True)

    async def _watch(self) -> None:
        """Returns once the platform has been silent for too long: a line can be dead without saying so."""
        while True:
            await asyncio.sleep(self._silence / 10)
            heard = self._heard() if self._heard is not None else self._clock()
            if self._clock() - max(heard or 0.0, self._since) > self._silence:
                return
