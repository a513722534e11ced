"""Clients of the canned server, for the tests of the Venice client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import VeniceError
from bot.venice import Limits, Retry, TextDelta, Timeouts, VeniceClient
from tests.unit.venice.samples import say, text_model
from tests.unit.venice.wire import CannedServer, Reply, canned

MODEL = text_model()
QUICK = Timeouts(connect=1, answer=0.5, idle=0.5, quiet=1, listing=0.5)


class Naps:
    """Waiting that only takes notes."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


def client_of(server: CannedServer, naps: Naps | None = None, limits: Limits | None = None) -> VeniceClient:
    """A client that repeats without waiting."""
    return VeniceClient(
        "key-1", server.base_url, timeouts=QUICK, retry=Retry(sleep=naps or Naps()), limits=limits
    )


async def text_from(client: VeniceClient, **fields: Any) -> str:
    """The text of one streamed answer."""
    events = [event async for event in client.chat_stream(say("hi", **fields), MODEL)]
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def failure_of(*replies: Reply, call: Callable[[VeniceClient], Awaitable[object]]) -> VeniceError:
    """The error a call ends in."""
    async with canned(*replies) as server, client_of(server) as client:
        with pytest.raises(VeniceError) as caught:
            await call(client)
    return caught.value
