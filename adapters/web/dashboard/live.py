"""What happens now, as Server-Sent Events: who asked and what it cost, never what was said."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from adapters.web.dashboard import words
from adapters.web.dashboard.words import Names
from bot.dashboard import LiveEvent

HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2000


async def tail(
    events: AsyncGenerator[LiveEvent], names: Names, still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    """Events as they come. `still` is asked now and then whether the reader may go on, also where events
    never cease."""
    pending: asyncio.Task[LiveEvent] | None = None
    clock = asyncio.get_running_loop().time
    checked = clock()
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        while True:
            pending = pending or asyncio.create_task(_next(events))
            left = checked + HEARTBEAT_SECONDS - clock()
            done, _ = await asyncio.wait({pending}, timeout=max(0.0, left))
            if left <= 0 or not done:
                if not await still():
                    return
                checked = clock()
                yield ": still here\n\n"
            if not done:
                continue
            try:
                event = pending.result()
            except StopAsyncIteration:
                return
            pending = None
            yield f"data: {json.dumps(wire(event, names), separators=(',', ':'))}\n\n"
    finally:
        await _close(events, pending)


async def _next(events: AsyncGenerator[LiveEvent]) -> LiveEvent:
    return await anext(events)


async def _close(events: AsyncGenerator[LiveEvent], pending: asyncio.Task[LiveEvent] | None) -> None:
    if pending is not None:
        pending.cancel()
        with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
            await pending
    await events.aclose()


def wire(event: LiveEvent, names: Names) -> dict[str, str]:
    """An event as the page's script shows it."""
    place = names(event.channel) if event.channel else ""
    server = names(event.server) if event.server else ""
    return {
        "at": words.clock(event.at),
        "kind": event.kind.value,
        "place": " · ".join(part for part in (server, place) if part) or event.platform,
        "person": words.short(event.person),
        "what": " ".join(part for part in (event.medium, event.model) if part),
        "took": words.seconds(event.seconds) if event.seconds else "",
        "cost": words.money(event.cost) if event.cost else "",
        "turn": event.turn_id,
        "count": str(event.count) if event.count else "",
    }
