"""The parts the REST handlers and the actors share: state, gateway, limits, records, waiting."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.fakes.discord import errors
from tests.fakes.discord.faults import Faults
from tests.fakes.discord.gateway import Event, Gateway
from tests.fakes.discord.limits import DiscordLimits, RateLimiter
from tests.fakes.discord.payloads import channel_json, gateway_message_json
from tests.fakes.discord.permissions import bits
from tests.fakes.discord.state import (
    Attachment,
    Channel,
    JsonObject,
    Message,
    User,
    World,
    new_id,
)

T = TypeVar("T")
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One files[n] part of a multipart request."""

    index: int
    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True, eq=False)
class Call:
    """One REST request. `at` is monotonic seconds; `status` is 0 where no answer was sent."""

    at: float
    method: str
    route: str
    operation: str
    path: dict[str, str]
    query: dict[str, str]
    json: object
    files: list[UploadedFile]
    status: int = 0


class Core:
    """`interaction_deadline_s` and `token_life_s` may be shortened by a test."""

    def __init__(self, token: str, limits: DiscordLimits) -> None:
        self.token = token
        self.world = World.create()
        self.gateway = Gateway(self.world, token, self.notify)
        self.limiter = RateLimiter(limits)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.root_url = ""
        self.interaction_deadline_s = 3.0
        self.token_life_s = 900.0
        self.attachment_life_s = 86_400.0
        self._changed = asyncio.Event()

    @property
    def bot(self) -> User:
        return self.world.bot

    @property
    def allow_message_content(self) -> bool:
        """Whether the portal grants MESSAGE_CONTENT; if not, an identify asking for it ends with 4014."""
        return self.gateway.allow_message_content

    @allow_message_content.setter
    def allow_message_content(self, allowed: bool) -> None:
        self.gateway.allow_message_content = allowed

    def set_limits(self, limits: DiscordLimits) -> None:
        """New rate limits with empty windows."""
        self.limiter = RateLimiter(limits)

    def notify(self) -> None:
        """Wake everyone in wait_for."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], T | None], timeout: float = 5.0) -> T:
        """The first truthy value of `predicate`. Raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            value = predicate()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not seen within {timeout} s; calls: {self.recent_calls()}")
            try:
                await asyncio.wait_for(self._changed.wait(), min(left, _POLL_S))
            except TimeoutError:
                continue

    def recent_calls(self, number: int = 8) -> list[str]:
        """The last requests as "METHOD route status", for error messages."""
        return [f"{call.method} {call.route} {call.status}" for call in self.calls[-number:]]

    def find_channel(self, channel_id: str | int) -> Channel:
        channel = self.world.channels.get(int(channel_id))
        if channel is None:
            raise errors.unknown_channel()
        return channel

    def require(self, channel: Channel, *names: str) -> None:
        """Refuse with 50001 unless the bot sees the channel, with 50013 unless it has the permissions."""
        held = self.world.permissions_in(channel, self.bot)
        if not held & bits("view"):
            raise errors.missing_access()
        if any(not held & bits(name) for name in names):
            raise errors.missing_permissions()

    def dispatch(self, name: str, data: JsonObject, guild_id: int | None = None) -> Event:
        """Send one raw gateway event to every session whose intents want it."""
        event = Event(name, data, guild_id)
        self.gateway.dispatch(event)
        self.notify()
        return event

    def publish(self, name: str, data: JsonObject, channel: Channel) -> None:
        """Dispatch an event of a channel, unless the bot cannot see that channel."""
        if not self.world.permissions_in(channel, self.bot) & bits("view"):
            return self.notify()
        guild_id = None if channel.guild is None else channel.guild.id
        self.dispatch(name, data, guild_id)
        return None

    def publish_message(self, name: str, message: Message) -> None:
        if message.ephemeral:
            return self.notify()
        return self.publish(name, gateway_message_json(message, self.world), message.channel)

    def publish_channel(self, name: str, channel: Channel) -> None:
        self.publish(name, channel_json(channel), channel)

    def add_message(self, message: Message) -> Message:
        """Store a message and announce it."""
        message.channel.messages[message.id] = message
        self.world.messages[message.id] = message
        self.publish_message("MESSAGE_CREATE", message)
        return message

    def remove_message(self, message: Message) -> None:
        message.deleted = True
        message.channel.messages.pop(message.id, None)
        if message.ephemeral:
            return self.notify()
        data: JsonObject = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if message.channel.guild is not None:
            data["guild_id"] = str(message.channel.guild.id)
        return self.publish("MESSAGE_DELETE", data, message.channel)

    def store_attachment(self, channel: Channel, filename: str, data: bytes, content_type: str) -> Attachment:
        """Put a file on the CDN with a signed, expiring address."""
        key = new_id()
        expires = f"{int(time.time() + self.attachment_life_s):x}"
        url = f"{self.root_url}/cdn/attachments/{channel.id}/{key}/{filename}?ex={expires}&is=0&hm=0"
        attachment = Attachment(key, filename, content_type, data, url)
        self.world.attachments[key] = attachment
        return attachment

    def open_dm(self, user: User) -> Channel:
        """The DM channel with `user`, made on first use."""
        for channel in self.world.channels.values():
            if channel.kind == 1 and channel.recipients == [user]:
                return channel
        channel = Channel(new_id(), 1, "", recipients=[user])
        self.world.channels[channel.id] = channel
        return channel
