"""Waiting for a ring or for time to pass, with the injected sleep."""

from __future__ import annotations

import asyncio
import contextlib

from bot.ports import Sleeper


class Bell:
    """One task waits, anybody rings. A ring while nobody waits is kept for the next wait."""

    def __init__(self, sleep: Sleeper) -> None:
        self._sleep = sleep
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float | None) -> None:
        """Return at the next ring, or after so many seconds (None: only at a ring)."""
        if seconds is None or self._rung.is_set():
            await self._rung.wait()
        else:
            await self._wait_at_most(seconds)
        self._rung.clear()

    async def _wait_at_most(self, seconds: float) -> None:
        timer = asyncio.ensure_future(self._ring_after(seconds))
        try:
            await self._rung.wait()
        finally:
            timer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await timer

    async def _ring_after(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._rung.set()
