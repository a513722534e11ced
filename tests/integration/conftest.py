"""What every test between the adapters and the fakes of the platforms needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from discord.gateway import DiscordWebSocket

from adapters.discord.endpoints import GATEWAY, point_rest
from bot.demo import DemoVenice


@pytest.fixture(autouse=True)
def own_addresses() -> Iterator[None]:
    """Discord's own addresses again after each test: the library keeps them for the whole process."""
    yield
    point_rest("")
    DiscordWebSocket.DEFAULT_GATEWAY = GATEWAY


@pytest.fixture
async def venice() -> AsyncIterator[DemoVenice]:
    """The demo Venice, quick but not at once."""
    async with DemoVenice(pace=2000) as demo:
        yield demo
