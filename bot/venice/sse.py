"""Server-sent events from bytes: the JSON text of each event, with guards on size and silence.

Line splitting is httpx-sse's, because httpx's own splits on U+2028, which may stand raw inside JSON.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from bot.errors import VeniceFailure
from bot.venice.errors import failure
from bot.venice.http import event_source

DONE = "[DONE]"
MAX_EVENT_BYTES = 4 * 1024 * 1024


class _Meter:
    """Passes bytes on, and stops an event that never ends or never comes.

    The clock is looked at when bytes arrive: a timer for every event of every stream costs as much as reading
    it, and silence without any bytes is the wire's to end.
    """

    def __init__(self, chunks: AsyncIterator[bytes], limit: int, quiet: float) -> None:
        self._chunks = chunks
        self._limit = limit
        self._quiet = quiet
        self.reset()

    def reset(self) -> None:
        """An event is complete."""
        self._seen = 0
        self._since = time.monotonic()

    async def bytes(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            if time.monotonic() - self._since > self._quiet:
                raise failure(VeniceFailure.TIMEOUT, detail="no event")
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

    Raises VeniceError TIMEOUT for bytes that come after `quiet` seconds without an event, BAD_ANSWER for an
    event that is too large.
    """
    meter = _Meter(chunks, max_event_bytes, quiet)
    async with aclosing(event_source(meter.bytes()).aiter_sse()) as events:
        async for event in events:
            meter.reset()
            if event.data.strip():
                yield event.data.strip()
