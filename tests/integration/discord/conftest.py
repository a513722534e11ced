"""A fake Discord with a server, and the adapter running against it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.outbound import DiscordDoor
from bot.messages import Place
from tests.fakes.discord import Channel, FakeDiscord, Guild, User
from tests.integration.discord.front import PracticeFront


@asynccontextmanager
async def running(dc: FakeDiscord, front: PracticeFront) -> AsyncGenerator[DiscordDoor]:
    """The door of an adapter that is connected and has told its commands."""
    sessions = len(dc.gateway.identifies)
    adapter = DiscordAdapter(front, dc.token, base_url=dc.base_url)
    task = asyncio.create_task(adapter.run())

    def up() -> bool:
        if task.done():
            task.result()
        return len(dc.gateway.identifies) > sessions and "discord:commands" in front.marks

    try:
        await dc.wait_for(up)
        yield adapter.door
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await front.settle()


class House:
    """A server with a channel and a member, and the adapter that serves it."""

    def __init__(self, dc: FakeDiscord) -> None:
        self.dc = dc
        self.front = PracticeFront()
        self.guild: Guild = dc.guild("Home")
        self.channel: Channel = dc.channel(self.guild, "talk")
        self.ann: User = dc.user("ann")
        dc.member(self.guild, self.ann)

    def running(self) -> AbstractAsyncContextManager[DiscordDoor]:
        return running(self.dc, self.front)

    @property
    def place(self) -> Place:
        return Place("discord", str(self.guild.id), str(self.channel.id))

    async def events(self, count: int = 1, timeout: float = 5.0) -> None:
        """Until so many events have come in."""
        await self.dc.wait_for(lambda: len(self.front.events) >= count, timeout)


@pytest.fixture
async def dc() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake
        assert fake.violations == []
        assert fake.pinging() == []


@pytest.fixture
def house(dc: FakeDiscord) -> House:
    return House(dc)
