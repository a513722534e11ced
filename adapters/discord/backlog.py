"""Reading what was said in a channel before, for somebody who could read it themselves."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from adapters.discord.catchup import is_readable
from adapters.discord.connection import Connection
from adapters.discord.errors import refusals
from adapters.discord.inbound import person, readable
from bot.backlog import Said
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Person

READ_SECONDS = 20.0
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


async def read_back(connection: Connection, channel_id: int, reader: Person, limit: int) -> Sequence[Said]:
    """The newest messages with words, oldest first, if both the bot and the reader may read them. Raises
    PlatformError."""
    client = connection.client
    async with refusals(READ_SECONDS):
        channel = client.get_channel(channel_id) or await client.fetch_channel(channel_id)
        if not is_readable(channel) or not await _may_read(channel, int(reader.id)):
            raise PlatformError(PlatformFailure.FORBIDDEN, detail="discord channel may not be read back")
        found = [one async for one in channel.history(limit=limit)]
    me = client.user.id if client.user is not None else 0
    return [_said(one, me) for one in reversed(found) if one.type in _WRITTEN and one.content]


async def _may_read(channel: discord.abc.GuildChannel | discord.Thread, reader: int) -> bool:
    guild = channel.guild
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False  # the library cannot tell then
    # By id: the member list is not complete without an intent of its own.
    member = guild.get_member(reader) or await guild.fetch_member(reader)
    return all(
        held.view_channel and held.read_message_history
        for held in (channel.permissions_for(guild.me), channel.permissions_for(member))
    )


def _said(message: discord.Message, me: int) -> Said:
    return Said(
        person(message.author),
        readable(message.content, message),
        message.created_at.timestamp(),
        str(message.id),
        mine=message.author.id == me,
    )
