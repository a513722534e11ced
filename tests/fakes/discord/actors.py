"""The people and places of a test: guilds, channels, users, members, DMs, permissions."""

from collections.abc import Iterable
from typing import Literal

from tests.fakes.discord.core import Core
from tests.fakes.discord.gateway import Event
from tests.fakes.discord.payloads import (
    channel_json,
    guild_create_json,
    member_json,
    role_json,
)
from tests.fakes.discord.permissions import bits
from tests.fakes.discord.rest_places import open_thread
from tests.fakes.discord.state import (
    ANNOUNCEMENT,
    FORUM,
    GROUP_DM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    VOICE,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    User,
    Webhook,
    join_bot,
    new_guild,
    new_id,
    new_token,
)

ChannelKind = Literal["text", "voice", "announcement", "forum", "thread", "category"]
_KINDS = {"text": TEXT, "voice": VOICE, "announcement": ANNOUNCEMENT, "forum": FORUM, "category": 4}


class Actors(Core):
    """Everything made here exists at once; a connected bot gets the gateway events for it."""

    def user(self, name: str, *, bot: bool = False) -> User:
        user = User(new_id(), name, bot)
        self.world.users[user.id] = user
        return user

    def guild(self, name: str, owner: User | None = None, *, with_bot: bool = True) -> Guild:
        """A guild; the bot is a member unless `with_bot` is false (add_bot lets it join later)."""
        guild = new_guild(name, owner or self.user(f"{name}-owner"), self.bot if with_bot else None)
        self.world.guilds[guild.id] = guild
        if with_bot:
            self._announce(guild)
        return guild

    def add_bot(self, guild: Guild) -> None:
        """The bot is invited: GUILD_CREATE at run time."""
        join_bot(guild, self.bot)
        self._announce(guild)

    def _announce(self, guild: Guild) -> None:
        self.dispatch("GUILD_CREATE", guild_create_json(guild, self.bot), guild.id)

    def remove_bot(self, guild: Guild) -> None:
        """The bot is kicked: GUILD_DELETE, and the REST interface no longer knows the guild."""
        self.dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild.id)
        del guild.members[self.bot.id]

    def member(
        self,
        guild: Guild,
        user: User,
        *,
        permissions: int | Iterable[str] = (),
        roles: Iterable[Role] = (),
    ) -> Member:
        """Let a user join. `permissions` (bits or names) are given through a role of the member's own."""
        granted = permissions if isinstance(permissions, int) else bits(*permissions)
        held = [*roles, *([self.role(guild, f"{user.name}-role", granted)] if granted else [])]
        member = Member(user, held)
        guild.members[user.id] = member
        if self.world.has_bot(guild):
            data = member_json(member) | {"guild_id": str(guild.id)}
            self.dispatch("GUILD_MEMBER_ADD", data, guild.id)
        return member

    def role(self, guild: Guild, name: str, permissions: int = 0) -> Role:
        role = Role(new_id(), name, permissions, len(guild.roles))
        guild.roles[role.id] = role
        if self.world.has_bot(guild):
            data = {"guild_id": str(guild.id), "role": role_json(role)}
            self.dispatch("GUILD_ROLE_CREATE", data, guild.id)
        return role

    def channel(
        self,
        guild: Guild,
        name: str,
        *,
        nsfw: bool = False,
        kind: ChannelKind = "text",
        category: Channel | None = None,
    ) -> Channel:
        """A channel; `kind="thread"` makes a public thread in a new text channel of the same name."""
        if kind == "thread":
            return self.thread(self.channel(guild, name, nsfw=nsfw), name)
        position = len(guild.channels)
        channel = Channel(new_id(), _KINDS[kind], name, guild, category, nsfw=nsfw, position=position)
        guild.channels.append(channel)
        self.world.channels[channel.id] = channel
        self.publish_channel("CHANNEL_CREATE", channel)
        return channel

    def set_nsfw(self, channel: Channel, nsfw: bool) -> None:
        channel.nsfw = nsfw
        self.publish_channel("CHANNEL_UPDATE", channel)

    def delete_channel(self, channel: Channel) -> None:
        """CHANNEL_DELETE or THREAD_DELETE; the REST interface answers 10003 from now on."""
        self.publish_channel("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", channel)
        del self.world.channels[channel.id]
        if channel.guild is not None:
            channel.guild.channels.remove(channel)

    def thread(
        self, channel: Channel, name: str, owner: User | None = None, *, private: bool = False
    ) -> Channel:
        guild = channel.guild
        if guild is None:
            raise ValueError("threads need a guild channel")
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        return open_thread(self, channel, name, owner or guild.owner, kind=kind)

    def dm(self, user: User) -> Channel:
        """The DM between the bot and a user."""
        return self.open_dm(user)

    def group_dm(self, *users: User) -> Channel:
        """A DM between other people: the bot is not in it and only user-installed commands work."""
        channel = Channel(new_id(), GROUP_DM, "group", recipients=list(users))
        self.world.channels[channel.id] = channel
        return channel

    def block_dms(self, user: User) -> None:
        """The user refuses the bot's DMs: 50007."""
        self.world.blocked.add(user.id)

    def permissions(self, channel: Channel, user: User | None = None, /, **changes: bool) -> None:
        """Allow or deny in one channel, for the bot or a user; names as in discord.py or short.

        Example: permissions(channel, send=False, attach=False). Also sends CHANNEL_UPDATE.
        """
        place = channel.parent or channel
        overwrite = place.overwrites.setdefault((user or self.bot).id, Overwrite())
        for name, allowed in changes.items():
            bit = bits(name)
            overwrite.allow = overwrite.allow | bit if allowed else overwrite.allow & ~bit
            overwrite.deny = overwrite.deny & ~bit if allowed else overwrite.deny | bit
        if place.guild is not None:
            self.dispatch("CHANNEL_UPDATE", channel_json(place), place.guild.id)

    def webhook(self, channel: Channel, name: str) -> Webhook:
        """A webhook made by somebody else."""
        webhook = Webhook(new_id(), new_token(), channel, name, self.user(f"{name}-creator"))
        self.world.webhooks[webhook.id] = webhook
        return webhook

    def drop_gateway(self, *, resumable: bool = True, code: int | None = 4000) -> None:
        """Cut every gateway connection: with a close code, or by a reset when `code` is None.

        After a cut that is not resumable, RESUME meets an invalid session and the bot identifies anew.
        """
        self.gateway.drop(resumable=resumable, code=code)

    def request_reconnect(self) -> None:
        """Opcode 7: the bot should reconnect and resume."""
        self.gateway.request_reconnect()

    def invalidate_session(self, *, resumable: bool = False) -> None:
        """Opcode 9."""
        self.gateway.invalidate(resumable=resumable)

    def malformed_event(self, name: str = "MESSAGE_CREATE") -> Event:
        """An event that lacks nearly every key; it kills a client that trusts its parser."""
        return self.dispatch(name, {"id": str(new_id()), "channel_id": "1"})
