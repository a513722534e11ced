"""A small real discord.py client for the tests of the fake."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import discord
from discord import app_commands

from tests.fakes.discord import FakeDiscord, pointed_at

INTENTS = discord.Intents(
    guilds=True,
    guild_messages=True,
    dm_messages=True,
    message_content=True,
    guild_reactions=True,
    dm_reactions=True,
)


class Bot(discord.Client):
    """Records messages; `on_text` may answer them."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.02)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[discord.Message] = []
        self.joined: list[discord.Guild] = []
        self.resumes = 0
        self.started = asyncio.Event()
        self.on_text: Callable[[discord.Message], Awaitable[None]] | None = None

    async def on_message(self, message: discord.Message) -> None:
        self.seen.append(message)
        if self.on_text is not None and message.author != self.user:
            await self.on_text(message)

    async def on_ready(self) -> None:
        self.started.set()

    async def on_resumed(self) -> None:
        self.resumes += 1

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.joined.append(guild)


@asynccontextmanager
async def running(
    fake: FakeDiscord, setup: Callable[[Bot], None] | None = None, intents: discord.Intents = INTENTS
) -> AsyncGenerator[Bot]:
    """A logged-in bot that is ready; its commands are synced if `setup` declared some."""
    with pointed_at(fake):
        bot = Bot(intents)
        async with bot:
            if setup is not None:
                setup(bot)
            task = asyncio.create_task(bot.start(fake.token))
            ready = asyncio.create_task(bot.started.wait())
            await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                ready.cancel()
                await task
            if bot.tree.get_commands():
                await bot.tree.sync()
            yield bot
        with suppress(asyncio.CancelledError):
            await task
