"""A whole house between fakes that can be told to fail, and what must be true after every fault."""

from __future__ import annotations

import asyncio
import math
import re
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.app import House, serving
from bot.demo import DemoVenice
from bot.settings import Configuration
from bot.venice import Timeouts
from bot.venice.limits import Limits
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.faults.sides import DiscordRoom, Room, TelegramRoom

SHORT = "Write a story about lamps"
LONG = "Write a 900 words essay about lamps"
STEADY_PACE = 150.0
"""Tokens a second at which a story takes two seconds, so that there is a middle to hit."""

SENTENCES = (
    "Please try again",
    "try again in a moment",
    "choose another",
    "nothing was left for the answer",
    "declined to answer",
    "so I could not finish this",
)
"""One of these is in every apology."""

TIMEOUTS = Timeouts(connect=2.0, answer=3.0, idle=1.5, quiet=2.0)


ROOMY = "zai-org-glm-4.7-flash"


class Scene:
    """The house, its platforms and its Venice. `whole` holds what undisturbed answers look like."""

    def __init__(
        self, house: House, tg: FakeTelegram, dc: FakeDiscord, demo: DemoVenice, folder: Path
    ) -> None:
        self.house = house
        self.tg = tg
        self.dc = dc
        self.demo = demo
        self.folder = folder
        self._whole: dict[tuple[str, str], str] = {}

    def room(self, platform: str) -> Room:
        """A conversation nobody has used."""
        return TelegramRoom(self.tg) if platform == "telegram" else DiscordRoom(self.dc)

    def fresh(self) -> None:
        """Nothing left over from an earlier case."""
        self.tg.faults.clear()
        self.dc.faults.clear()
        self.demo.faults.clear()
        self.demo.pace = math.inf
        keychain = self.house.venice.keychain
        keychain.house = replace(keychain.house, limits=Limits())

    async def whole(self, platform: str, question: str) -> str:
        """The undisturbed answer, bare."""
        key = (platform, question)
        if key not in self._whole:
            room = self.room(platform)
            await self.answered(room, question)
            self._whole[key] = bare(room.texts())
        return self._whole[key]

    async def answered(self, room: Room, question: str) -> None:
        """Ask and wait until the turn is closed."""
        known = self.count("events")
        room.ask(question)
        await self.settled(known + 1)

    async def settled(self, events: int, seconds: float = 20.0) -> None:
        """Until so many events were taken in and nothing is open any more."""
        async with asyncio.timeout(seconds):
            while self.count("events") < events:
                await asyncio.sleep(0.02)
            while True:
                await self.house.engine.idle()
                if not self.count("turns where state <> 'settled'"):
                    return
                await asyncio.sleep(0.02)

    def count(self, what: str) -> int:
        """Rows of a table, with a condition if wanted."""
        return self._rows(f"select count(*) from {what}")[0][0]

    def check_books(self) -> None:
        """Nothing is reserved or open, and every counter is exactly the sum of its ledger lines."""
        assert self.count("reservations") == 0
        assert self.count("turns where state <> 'settled'") == 0
        assert self.count("turns where payload <> '' or text <> ''") == 0
        booked = {row[1] for row in self._rows("select reservation_id, count(*) from ledger group by 1")}
        assert booked <= {1}
        day = time.strftime("%Y-%m-%d", time.gmtime())
        used = {row[0]: row[1] for row in self._rows("select counter, used from counters")}
        (spent,) = self._rows("select coalesce(sum(cost), 0) from ledger")[0]
        assert used == {f"bot|all|money|day|{day}": spent}

    def cost_of_last(self) -> int:
        """Micro-USD of the newest ledger line."""
        return self._rows("select cost from ledger order by id desc limit 1")[0][0]

    def _rows(self, statement: str) -> list[list[Any]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'gondola.db'}?mode=ro", uri=True)) as connection:
            return [list(row) for row in connection.execute(statement)]


def bare(texts: list[str]) -> str:
    """Texts without the white space and marks at which splitting and formatting may differ."""
    return re.sub(r"[\s*_#]+", "", "".join(texts))


def apologises(text: str) -> bool:
    """Whether a person reads that something went wrong and what to do."""
    return any(sentence in text for sentence in SENTENCES)


@asynccontextmanager
async def scene_open(folder: Path) -> AsyncGenerator[Scene]:
    """Everything running, everybody allowed in."""
    async with FakeTelegram() as tg, FakeDiscord() as dc, DemoVenice(pace=math.inf) as demo:
        DiscordRoom(dc)
        configuration = Configuration.model_validate(
            {
                "venice_api_key": "key",
                "venice_base_url": demo.base_url,
                "telegram_token": tg.token,
                "telegram_base_url": tg.base_url,
                "discord_token": dc.token,
                "discord_base_url": dc.base_url,
                "gondola_data_dir": folder,
                "gondola_http": "127.0.0.1:0",
                "gondola_access": "open",
            }
        )
        async with serving(configuration, timeouts=TIMEOUTS) as house:
            await dc.ready()
            await tg.wait_for(lambda: tg.calls_of("getUpdates"))
            # The default model is declared with fewer requests a minute than the matrix makes.
            # Who steps in for a refused model has tests of its own; here a fault is a fault.
            for name, value in (("model", ROOMY), ("fallback", "off")):
                await house.parts.settings.put("bot", name, value, by="test", at=time.time())
            scene = Scene(house, tg, dc, demo, folder)
            yield scene
        assert tg.violations == []
        assert dc.violations == []
        assert dc.pinging() == []
