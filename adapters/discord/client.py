"""The gateway client of one run: what Discord tells, in order per channel, to the engine."""

from __future__ import annotations

import asyncio
import math
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from weakref import WeakValueDictionary

import discord
import structlog

from adapters.discord.capabilities import PLATFORM
from adapters.discord.catchup import CatchUp
from adapters.discord.commands import sync_commands
from adapters.discord.endpoints import point_gateway
from adapters.discord.inbound import Inbound, place_of
from adapters.discord.interactions import Interactions
from adapters.discord.outbound import DiscordDoor
from adapters.discord.payloads import MENTIONS
from adapters.discord.seen import Seen
from bot.errors import GondolaError, PlatformError, PlatformFailure
from bot.messages import Place
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LONGEST_OUTAGE = 120.0
"""Seconds without gateway after which the client is given up. Left alone, the library waits up to a
quarter of an hour between two tries; a new client tries at once."""

READY_SECONDS = 0.1
"""For so long after the last known server the library does not tell of a new one. Nothing waits for it."""

LONGEST_REFUSAL = 30.0
PULSE_SECONDS = 5.0

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
    attach_files=True,
    embed_links=True,
    add_reactions=True,
    send_voice_messages=True,
)


def invite_link(application: int) -> str:
    """Where a server's manager adds the bot with what it needs and nothing more."""
    return discord.utils.oauth_url(
        application, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )


def intents(*, content: bool) -> discord.Intents:
    """What the gateway is asked to tell."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=content)


class GatewayClient(discord.Client):
    """Serves one run. `announce` is told of each new session."""

    def __init__(
        self,
        front: Front,
        door: DiscordDoor,
        base_url: str,
        *,
        content: bool,
        announce: Callable[[discord.Client], Awaitable[None]],
    ) -> None:
        super().__init__(
            intents=intents(content=content),
            allowed_mentions=MENTIONS,
            max_messages=None,
            guild_ready_timeout=READY_SECONDS,
            max_ratelimit_timeout=LONGEST_REFUSAL,
        )
        self._front = front
        self._base_url = base_url
        self._announce = announce
        self._interactions = Interactions(front, door)
        door.unread = self.unread
        self._inbound: Inbound | None = None
        self._order: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._catch_up = CatchUp(self, front, Seen(front), order=self._ordered, take=self._take)
        self._up = asyncio.Event()
        self._down = asyncio.Event()

    async def serve(self, token: str) -> None:
        """Until cancelled or broken. Raises what the library raises, and PlatformError UNAVAILABLE after
        a long outage."""
        serving = asyncio.create_task(self.start(token))
        outage = asyncio.create_task(self._outage())
        beside = [
            asyncio.create_task(work) for work in (self._pulse(), self._catch_up.run(), self._catch_up.keep())
        ]
        try:
            await asyncio.wait((serving, outage), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving
            else:
                raise PlatformError(PlatformFailure.UNAVAILABLE, detail="discord gateway lost")
        finally:
            for task in (serving, outage, *beside):
                task.cancel()
            await asyncio.gather(serving, outage, *beside, return_exceptions=True)
            await self._catch_up.store()

    async def _pulse(self) -> None:
        """In a quiet hour only answered heartbeats show that Discord is there; each gives a new latency."""
        last = math.inf
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            latency = self.latency
            if math.isfinite(latency) and latency != last:
                self._front.handled(PLATFORM)
            last = latency

    async def _outage(self) -> None:
        while True:
            await self._down.wait()
            try:
                async with asyncio.timeout(LONGEST_OUTAGE):
                    await self._up.wait()
            except TimeoutError:
                return

    # --- what the library calls ---

    async def setup_hook(self) -> None:
        assert self.user is not None, "this runs after login"  # noqa: S101
        self._inbound = Inbound(self, self.user)
        await self._catch_up.load()
        await point_gateway(self.http, self._base_url)

    async def on_connect(self) -> None:
        """A new session; also after one that could not be resumed."""
        self._catch_up.begin()
        self._connected()
        await self._announce(self)
        await self._compare_servers()
        await self._sync_commands()

    def unread(self, numbers: frozenset[str]) -> None:
        """It is not known any more how far direct chats with these people were read."""
        self._catch_up.forget(numbers)

    async def _compare_servers(self) -> None:
        """A new session names every server the bot is in, also those that cannot be reached now. The others
        it was removed from while nobody listened."""
        here = {str(guild.id) for guild in self.guilds}
        try:
            for place in await self._front.known_servers(PLATFORM):
                await self._front.membership(place, member=place.space in here)
        except GondolaError as error:
            log.warning("discord.servers_not_compared", reason=error.detail)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        self._catch_up.look(guild)

    async def on_resumed(self) -> None:
        """Discord sends by itself what was missed."""
        self._connected()

    def _connected(self) -> None:
        self._up.set()
        self._down.clear()

    async def on_disconnect(self) -> None:
        self._down.set()
        self._up.clear()

    async def _sync_commands(self) -> None:
        application = self.application_id
        if application is None:
            return
        try:
            if await sync_commands(self.http, application, self._front):
                log.info("discord.commands_set", commands=len(self._front.commands))
        except PlatformError as error:
            # People wait for answers, not for the list: trouble with it is left to the next session.
            log.warning("discord.commands_not_set", reason=error.detail)

    async def on_socket_event_type(self, _event: str) -> None:
        self._front.handled(PLATFORM)

    async def on_message(self, message: discord.Message) -> None:
        # Each event runs as a task of its own; within a channel they must not overtake one another.
        async with self._ordered(message.channel.id):
            await self._catch_up.before(message)
            self._catch_up.note(message, admitted=await self._take(message))

    def _ordered(self, channel: int) -> asyncio.Lock:
        return self._order.setdefault(channel, asyncio.Lock())

    async def _take(self, message: discord.Message) -> bool:
        """Take a message in; whether the door lets its author in."""
        incoming = await self._inbound.read(message) if self._inbound is not None else None
        if incoming is None:
            return False
        await self._front.submit([incoming])
        return self._front.admits(incoming)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        message = payload.message
        if self._inbound is None or message.author == self.user or message.author.bot:
            return
        async with self._ordered(payload.channel_id):
            incoming = await self._inbound.read_edited(message)
            if incoming is not None:
                await self._front.submit([incoming])

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        await self._deleted(payload.channel_id, payload.guild_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        await self._deleted(payload.channel_id, payload.guild_id, sorted(payload.message_ids))

    async def _deleted(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        if self._inbound is None:
            return
        async with self._ordered(channel_id):
            place = await self._inbound.place(channel_id, guild_id)
            await self._front.forgotten(place, [str(one) for one in message_ids])

    async def on_interaction(self, interaction: discord.Interaction[discord.Client]) -> None:
        if await self._interactions.take(interaction):
            self._catch_up.met(interaction)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self._catch_up.look(guild)
        await self._front.membership(_server(guild), member=True)
        channel = greeting_channel(guild)
        if channel is not None:
            await self._front.welcome(place_of(channel, guild.id), guild.name)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Thrown out, or the server is gone. One that is only unavailable comes as another event."""
        await self._front.membership(_server(guild), member=False)

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Names and lines only: what the error says may quote what people wrote."""
        error = sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__ if error is not None else None)
        log.error(
            "discord.handler_failed",
            event_name=event_method,
            error=type(error).__name__,
            where=[f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-4:]],
        )


def _server(guild: discord.Guild) -> Place:
    """A server as a place, without a channel."""
    return Place(PLATFORM, str(guild.id), "")


def greeting_channel(guild: discord.Guild) -> discord.TextChannel | None:
    """Where the bot may introduce itself: the server's channel for such things, else the first."""
    offered = [guild.system_channel, *sorted(guild.text_channels, key=lambda channel: channel.position)]
    return next((channel for channel in offered if channel is not None and _may_write(channel)), None)


def _may_write(channel: discord.TextChannel) -> bool:
    held = channel.permissions_for(channel.guild.me)
    return held.view_channel and held.send_messages
