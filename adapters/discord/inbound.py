"""Discord messages to events."""

from __future__ import annotations

import re
from dataclasses import replace

import discord
import structlog

from adapters.discord.attachments import attachments_of, sticker_words
from adapters.discord.capabilities import PLATFORM
from adapters.discord.errors import refusals
from bot.errors import PlatformError
from bot.messages import Addressed, Authority, Incoming, Person, Place, Quoted

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LOOK_UP_SECONDS = 5.0

Channel = discord.abc.GuildChannel | discord.abc.PrivateChannel | discord.Thread | discord.PartialMessageable
_AGE_RESTRICTED = (
    discord.TextChannel,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
    discord.Thread,
)
_MENTION = re.compile(r"<@!?(?P<person>\d+)>|<@&(?P<role>\d+)>|<#(?P<channel>\d+)>")


class Inbound:
    """Reads messages as the bot `me`. Looks up over REST only what an event should have carried."""

    def __init__(self, client: discord.Client, me: discord.ClientUser) -> None:
        self._client = client
        self._me = me
        own = rf"<@!?{me.id}>"
        self._own = re.compile(own)
        self._own_at_start = re.compile(rf"\A(?:\s*{own}[ \t]*[,:]?)+[ \t]*")
        self._own_inside = re.compile(rf"(?:[ \t]*,)?[ \t]*{own}(?=[?!.]*\s*\Z)|[ \t]*{own}")

    async def read(self, message: discord.Message) -> Incoming | None:
        """One message; None for what is not for the bot: its own, those of webhooks, of bots that do not
        address it, notices of Discord, and what carries nothing readable."""
        own = message.author.id == self._me.id
        if own or message.webhook_id is not None or not _is_written(message):
            return None
        replied = await self._replied(message)
        addressed = self._addressed(message, replied)
        if message.author.bot and addressed not in (Addressed.MENTION, Addressed.REPLY):
            return None
        text, files = self._words(message), attachments_of(message)
        if not text and not files and addressed in (Addressed.OVERHEARD, Addressed.DIRECT):
            return None
        channel = await self._whole(message)
        return Incoming(
            event_id=f"message:{message.id}",
            place=place_of(channel, guild_id_of(message)),
            author=person(message.author),
            addressed=addressed,
            text=text,
            message_id=str(message.id),
            attachments=files,
            quoted=_quoted(replied) if replied is not None else None,
            forwarded=bool(message.message_snapshots),
            authority=authority_of(message, channel),
            admin=_is_admin(message),
            adult_allowed=is_adult(channel),
            language=str(message.guild.preferred_locale) if message.guild is not None else "",
            place_title=message.guild.name if message.guild is not None else "",
            sent_at=message.created_at.timestamp(),
            roles=roles_of(message.author, message.guild),
        )

    async def read_edited(self, message: discord.Message) -> Incoming | None:
        """A message whose author changed it. Discord also tells of previews it adds by itself: those
        carry no new time of editing, so the event of an edit is its time."""
        if message.edited_at is None:
            return None
        incoming = await self.read(message)
        if incoming is None:
            return None
        event_id = f"edit:{message.id}:{message.edited_at.timestamp():.3f}"
        return replace(incoming, event_id=event_id, edits=incoming.message_id)

    def _addressed(self, message: discord.Message, replied: discord.Message | None) -> Addressed:
        if isinstance(message.channel, discord.abc.PrivateChannel):
            return Addressed.DIRECT
        if self._own.search(message.content):
            return Addressed.MENTION
        if replied is not None and replied.author.id == self._me.id:
            return Addressed.REPLY
        return Addressed.OVERHEARD

    def _words(self, message: discord.Message) -> str:
        """The text without the bot's own name, with everybody else's readable, forwarded text below."""
        text = self._own_inside.sub("", self._own_at_start.sub("", message.content))
        forwarded = [snapshot.content for snapshot in message.message_snapshots]
        return readable("\n".join([text, *forwarded, sticker_words(message)]), message)

    async def _replied(self, message: discord.Message) -> discord.Message | None:
        """The message replied to, unless it was deleted."""
        reference = message.reference
        if message.type is not discord.MessageType.reply or reference is None or not reference.message_id:
            return None
        if reference.resolved is not None:
            return reference.resolved if isinstance(reference.resolved, discord.Message) else None
        try:
            async with refusals(LOOK_UP_SECONDS):
                return await message.channel.fetch_message(reference.message_id)
        except PlatformError as error:
            log.info("discord.quoted_message_unknown", reason=error.detail)
            return None

    async def _whole(self, message: discord.Message) -> Channel:
        """The channel; one that was never announced, such as a thread just woken, is asked for."""
        if not isinstance(message.channel, discord.PartialMessageable):
            return message.channel
        return await self._asked_for(message.channel)

    async def _asked_for(self, channel: discord.PartialMessageable) -> Channel:
        try:
            async with refusals(LOOK_UP_SECONDS):
                return await self._client.fetch_channel(channel.id)
        except PlatformError as error:
            log.info("discord.channel_unknown", reason=error.detail)
            return channel

    async def place(self, channel_id: int, guild_id: int | None) -> Place:
        """The place of a channel of which only the id is told."""
        channel = self._client.get_channel(channel_id)
        if channel is None:
            partial = self._client.get_partial_messageable(channel_id)
            channel = partial if guild_id is None else await self._asked_for(partial)
        return place_of(channel, guild_id)


def _is_written(message: discord.Message) -> bool:
    return message.type in (discord.MessageType.default, discord.MessageType.reply)


def _quoted(message: discord.Message) -> Quoted:
    forwarded = [each.content for each in message.message_snapshots]
    text = "\n".join([message.content, *forwarded, sticker_words(message)])
    return Quoted(
        str(message.id),
        person(message.author),
        readable(text, message),
        attachments_of(message),
        forwarded=bool(message.message_snapshots),
    )


def readable(text: str, message: discord.Message) -> str:
    """A text with names in place of the ids of people, roles and channels."""
    people = {user.id: user.display_name for user in message.mentions}
    roles = {role.id: role.name for role in message.role_mentions}
    guild = message.guild

    def named(found: re.Match[str]) -> str:
        if found["person"]:
            return f"@{people.get(int(found['person']), 'someone')}"
        if found["role"]:
            return f"@{roles.get(int(found['role']), 'role')}"
        channel = guild.get_channel_or_thread(int(found["channel"])) if guild is not None else None
        return f"#{channel.name if channel is not None else 'channel'}"

    return _MENTION.sub(named, text).strip()


# --- who and where ---


def person(user: discord.abc.User) -> Person:
    return Person(PLATFORM, str(user.id), user.display_name, user.bot)


def roles_of(user: discord.abc.User, guild: discord.Guild | None) -> tuple[str, ...]:
    """Keys of the roles somebody has in a server that was announced, the highest first; @everyone is none."""
    if guild is None or not isinstance(user, discord.Member):
        return ()
    ordered = sorted(user.roles, reverse=True)
    return tuple(f"{PLATFORM}:{role.id}" for role in ordered if not role.is_default())


def guild_id_of(message: discord.Message) -> int | None:
    """The server, also one that was not announced yet; None in a private chat."""
    if message.guild is not None:
        return message.guild.id
    channel = message.channel
    return channel.guild_id if isinstance(channel, discord.PartialMessageable) else None


def place_of(channel: Channel, guild_id: int | None) -> Place:
    """A thread is a part of its channel; a private chat has no server."""
    space = str(guild_id) if guild_id is not None else ""
    category = _category(channel.parent if isinstance(channel, discord.Thread) else channel)
    if isinstance(channel, discord.Thread):
        return Place(PLATFORM, space, str(channel.parent_id), str(channel.id), category=category)
    return Place(PLATFORM, space, str(channel.id), category=category)


def _category(channel: object) -> str:
    """The category of a channel that was announced."""
    found = channel.category_id if isinstance(channel, discord.abc.GuildChannel) else None
    return str(found) if found is not None else ""


def is_adult(channel: Channel | None) -> bool:
    """Whether the channel is age-restricted; private chats never are."""
    return isinstance(channel, _AGE_RESTRICTED) and channel.is_nsfw()


def authority_of(message: discord.Message, channel: Channel) -> Authority:
    """Whether the author manages the channel; in a private chat everyone does."""
    if isinstance(channel, discord.abc.PrivateChannel):
        return Authority.MODERATOR
    if message.guild is None or not isinstance(message.author, discord.Member):
        return Authority.MEMBER
    return manages(_permissions(message.author, channel))


def _permissions(member: discord.Member, channel: Channel) -> discord.Permissions:
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if isinstance(place, discord.abc.GuildChannel):
        return place.permissions_for(member)
    return member.guild_permissions


def _is_admin(message: discord.Message) -> bool:
    """Whether the author manages the server; in one that was not announced nobody can tell."""
    author = message.author
    if message.guild is None:
        return False
    return isinstance(author, discord.Member) and manages_server(author.guild_permissions)


def manages_server(permissions: discord.Permissions) -> bool:
    return permissions.administrator or permissions.manage_guild


def manages(permissions: discord.Permissions) -> Authority:
    able = permissions.administrator or permissions.manage_channels
    return Authority.MODERATOR if able else Authority.MEMBER
