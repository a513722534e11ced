"""Server-sent events from bytes: the JSON text of each event, with guards on size and silence.

Line splitting is httpx-sse's, because httpx's own splits on U+2028, which may stand raw inside JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from bot.errors import VeniceFailure
from bot.venice.errors import failure
from bot.venice.http import event_source

DONE = "[DONE]"
MAX_EVENT_BYTES = 4 * 1024 * 1024


class _Meter:
    """Passes bytes on, and stops an event that never ends."""

    def __init__(self, chunks: AsyncIterator[bytes], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self._seen = 0

    def reset(self) -> None:
        self._seen = 0

    async def bytes(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self._seen += len(chunk)
            if self._seen > self._limit:
                raise failure(VeniceFailure.BAD_ANSWER, detail="event too large")
            yield chunk
        # Servers that hang up right after the last line still mean that line.
        yield b"\n\n"


async def event_texts(
    chunks: AsyncIterator[bytes], *, quiet: float, max_event_bytes: int = MAX_EVENT_BYTES
) -> AsyncGenerator[str]:
    """The `data` of each event; `[DONE]` is given out as it stands. Comments and empty events are dropped.

    Raises VeniceError TIMEOUT after `quiet` seconds without an event, BAD_ANSWER for one that is too large.
    """
    meter = _Meter(chunks, max_event_bytes)
    async with aclosing(event_source(meter.bytes()).aiter_sse()) as events:
        while True:
            try:
                async with asyncio.timeout(quiet):
                    event = await anext(events, None)
            except TimeoutError as error:
                raise failure(VeniceFailure.TIMEOUT, detail="no event") from error
            if event is None:
                return
            meter.reset()
            if event.data.strip():
                yield event.data.strip()
