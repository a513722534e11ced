"""One house between a server of strangers, a server of friends and a Telegram group, and what it logged."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from bot.app import House
from bot.demo import DemoVenice
from bot.logs import configure_logs
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.state import Channel, Guild, User
from tests.fakes.telegram import FakeTelegram
from tests.integration.platforms import house

WAIT = 8.0
SECRET_KEY = "kept-by-nobody-else"
ADMIN_KEY = "VENICE_ADMIN_KEY_of-the-house-0123456789abcdef"
VENICE_KEY = "VENICE_INFERENCE_KEY_of-the-house-0123456789"


@dataclass(slots=True)
class Town:
    """A house and who lives around it. Ann owns the house; Mal manages a server of his own, `theirs`."""

    house: House
    venice: DemoVenice
    dc: FakeDiscord
    tg: FakeTelegram
    folder: Path
    ann: User
    bob: User
    mal: User
    ours: Guild
    theirs: Guild
    square: Channel
    alley: Channel

    async def until(self, check: object, seconds: float = WAIT) -> None:
        """Wait for something to be true."""
        assert callable(check)
        await self.dc.wait_for(check, seconds)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.wait_for(self.house.engine.idle(), WAIT)

    def files(self) -> bytes:
        """Everything the house keeps on disk, as bytes."""
        return b"".join(path.read_bytes() for path in self.places() if path.is_file())

    def places(self) -> list[Path]:
        """Every file and folder of the house."""
        return sorted(self.folder.rglob("*"))

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement finds in the house's database."""
        with closing(sqlite3.connect(self.folder / "gondola.db")) as database:
            return list(database.execute(statement))


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What the program and every library logs, as an operator has it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("INFO")
    yield lambda: "".join(capfd.readouterr())
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with (
        DemoVenice(pace=2000, keys=frozenset({VENICE_KEY, ADMIN_KEY})) as venice,
        FakeDiscord() as dc,
        FakeTelegram() as tg,
    ):
        ann, bob, mal = dc.user("Ann"), dc.user("Bob"), dc.user("Mal")
        ours, theirs = dc.guild("Ours"), dc.guild("Theirs", mal)
        for guild, people in ((ours, (ann, bob)), (theirs, (mal,))):
            for person in people:
                dc.member(guild, person)
        square, alley = dc.channel(ours, "square"), dc.channel(theirs, "alley")
        async with house(
            tmp_path,
            venice,
            VENICE_API_KEY=VENICE_KEY,
            VENICE_ADMIN_KEY=ADMIN_KEY,
            DISCORD_TOKEN=dc.token,
            DISCORD_BASE_URL=dc.base_url,
            TELEGRAM_TOKEN=tg.token,
            TELEGRAM_BASE_URL=tg.base_url,
            GONDOLA_OWNERS=f"discord:{ann.id}",
            GONDOLA_SECRET_KEY=SECRET_KEY,
        ) as opened:
            await dc.ready()
            await dc.wait_for(lambda: bool(dc.world.syncs), WAIT)
            yield Town(opened, venice, dc, tg, tmp_path, ann, bob, mal, ours, theirs, square, alley)
        assert dc.pinging() == []
