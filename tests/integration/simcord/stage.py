"""The Discord door over simcord, a simulation of Discord by other people: it shares neither code nor
misunderstandings with the fake of this repository. It has no network, so nothing of HTTP is tested here."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import discord
import simcord

from adapters.discord.client import GatewayClient
from adapters.discord.connection import Connection
from adapters.discord.outbound import DiscordDoor
from bot.assembly import assemble
from bot.demo import DemoVenice
from bot.ports import Front
from bot.venice import VeniceClient
from storage import open_store
from tests.furnished import furnish
from tests.integration.discord.front import PracticeFront


class Scene:
    """A server with a channel and a member, in which the door's bot is."""

    def __init__(self, env: simcord.Env, client: GatewayClient, door: DiscordDoor) -> None:
        self.env = env
        self.client = client
        self.door = door
        self.guild = env.create_guild("Home")
        self.channel = self.guild.create_text_channel("talk")
        self.alice = self.guild.add_member(env.create_user("alice"))

    @property
    def mention(self) -> str:
        assert self.client.user is not None
        return self.client.user.mention

    def answers(self, channel: simcord.ChannelHandle | None = None) -> list[discord.Message]:
        """What the bot has said in a channel."""
        said = (channel or self.channel).history()
        return [message for message in said if message.author == self.client.user]

    async def ask(self, text: str) -> list[discord.Message]:
        """Mention the bot; returns what it has said by the time it is done."""
        before = len(self.answers())
        await self.alice.send(self.channel, f"{self.mention} {text}")
        await self.env.settle()
        return self.answers()[before:]


async def _announce(_client: discord.Client) -> None:
    """A simulated session needs no invitation."""


@asynccontextmanager
async def staged(
    front: Front, door: DiscordDoor, connection: Connection, *, content: bool = True
) -> AsyncGenerator[Scene]:
    """The real client, served by simcord instead of the network."""
    client = GatewayClient(front, door, "", content=content, announce=_announce)
    async with aiohttp.ClientSession() as session:
        connection.open(client, session)
        async with simcord.run(client) as env:
            # Its calendar begins on a fixed day, but an interaction is answered by the clock on our wall.
            await env.advance_time(time.time() - env.now().timestamp())
            yield Scene(env, client, door)
        connection.close()


@asynccontextmanager
async def practice(front: PracticeFront, *, content: bool = True) -> AsyncGenerator[Scene]:
    """A server with the door alone in it. Not a fixture: its clock needs one context from start to end."""
    connection = Connection("")
    async with staged(front, DiscordDoor(connection), connection, content=content) as scene:
        yield scene


@asynccontextmanager
async def whole(folder: Path) -> AsyncGenerator[Scene]:
    """A server with the whole bot in it: the real engine over the demo Venice, open to everybody."""
    connection = Connection("")
    door = DiscordDoor(connection)
    async with DemoVenice(pace=math.inf) as demo:
        await furnish(folder)
        store = await open_store("", folder, instance="simcord", clock=time.time)
        async with store, VeniceClient("demo", demo.base_url) as client:
            parts = assemble(
                store,
                client,
                {"discord": door},
                key=b"key",
                is_open=True,
                owners=frozenset(),
                clock=time.time,
            )
            await parts.load()
            async with staged(parts.engine, door, connection) as scene:
                yield scene
            await parts.engine.drain(2)
            await parts.delivery.close()
