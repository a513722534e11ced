"""Waiting for the fake's state to change."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Conditions may look at things outside the fake, so they are also asked again now and then.
_RECHECK = 0.05


class Signal:
    """Wakes everyone who waits, at every change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Something changed."""
        self._event.set()
        self._event = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Return at the next change, or after `seconds`."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return

    async def until(self, check: Callable[[], T | None], timeout: float) -> T | None:
        """The first true value of check(), or None after `timeout` seconds."""
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            found = check()
            if found:
                return found
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return None
            await self.pause(min(left, _RECHECK))
