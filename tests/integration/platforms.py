"""A whole house with a Venice of its own, for the real adapters over the fakes of the platforms."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app import House, serving
from bot.demo import DemoVenice
from bot.settings import load_configuration

NOTHING_SET: Mapping[str, str] = {}


@asynccontextmanager
async def house(
    folder: Path, venice: DemoVenice, settings: Mapping[str, str] = NOTHING_SET, /, **more: str
) -> AsyncGenerator[House]:
    """A house that is open to everybody. `settings` hold everywhere in it; `more` is its environment."""
    environment = {
        "VENICE_API_KEY": "key",
        "VENICE_BASE_URL": venice.base_url,
        "GONDOLA_ACCESS": "open",
        "GONDOLA_HTTP": "127.0.0.1:0",
        "GONDOLA_DATA_DIR": str(folder),
        **more,
    }
    async with serving(load_configuration(environment)) as opened:
        for name, value in settings.items():
            await opened.parts.settings.put("bot", name, value, by="test", at=time.time())
        yield opened
