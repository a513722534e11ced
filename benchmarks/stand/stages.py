"""The platforms: people who ask, and what they get to see and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from benchmarks.stand.discord import DiscordStage
from benchmarks.stand.telegram import TelegramStage
from tests.fakes.discord import DiscordLimits, FakeDiscord
from tests.fakes.telegram import FakeTelegram, TelegramLimits


class Stage(Protocol):
    """One platform with numbered conversations. Times are monotonic seconds."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What points a bot at this platform."""
        ...

    @property
    def calls(self) -> int:
        """Sends, edits and typing signals so far."""
        ...

    @property
    def refused(self) -> int:
        """How many of them were answered with "too many"."""
        ...

    @property
    def connected(self) -> bool:
        """True when a bot listens."""
        ...

    def ask(self, number: int, paragraphs: int = 5) -> None:
        """The person of this number asks."""
        ...

    def received(self, number: int) -> float:
        """When the question was handed to the bot."""
        ...

    def shown(self, number: int) -> list[float]:
        """When something of the answer appeared or changed, in order."""
        ...

    def text(self, number: int) -> str:
        """What is visible of the answer."""
        ...

    def times(self, *kinds: str) -> list[float]:
        """When calls of these kinds arrived that were not refused: "send", "edit", "typing"."""
        ...


@asynccontextmanager
async def open_stage(
    platform: str, count: int, *, limits: bool, shared: bool = False
) -> AsyncGenerator[Stage]:
    """A platform with `count` people who may ask, each in a place of their own or all in one (`shared`);
    `limits` says whether it refuses calls as the real one does."""
    if platform == "telegram":
        allowed = TelegramLimits.real() if limits else TelegramLimits.off()
        async with FakeTelegram(limits=allowed) as telegram:
            yield TelegramStage(telegram, count, shared=shared)
    else:
        async with FakeDiscord(limits=DiscordLimits.real() if limits else DiscordLimits.off()) as discord:
            yield DiscordStage(discord, count, shared=shared)


async def until_connected(stage: Stage, seconds: float = 30.0) -> None:
    """Raises TimeoutError when no bot comes."""
    async with asyncio.timeout(seconds):
        while not stage.connected:
            await asyncio.sleep(0.05)
