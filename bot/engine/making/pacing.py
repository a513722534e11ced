"""Looks at orders, of all together no more than Venice allows."""

from __future__ import annotations

import asyncio
from collections import deque

LOOKS = 100
"""A minute, of the 120 that Venice allows: some are repeated after passing trouble."""
MINUTE = 60.0


class Pacer:
    """A sliding window over all looks of this process; whoever asks first looks first."""

    def __init__(self, looks: int = LOOKS, seconds: float = MINUTE) -> None:
        self._looks = looks
        self._seconds = seconds
        self._taken: deque[float] = deque()
        self._lock = asyncio.Lock()

    async def look(self) -> None:
        """Return when one more look is allowed."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            while self._taken and self._taken[0] <= now - self._seconds:
                self._taken.popleft()
            if len(self._taken) >= self._looks:
                await asyncio.sleep(self._taken.popleft() + self._seconds - now)
            self._taken.append(asyncio.get_running_loop().time())
