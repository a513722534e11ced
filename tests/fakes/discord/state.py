"""What the fake Discord knows: people, places, messages, interactions."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeAlias

from tests.fakes.discord.permissions import ALL, BOT_DEFAULT, MEMBER_DEFAULT, bits

JsonObject: TypeAlias = dict[str, Any]

TEXT, DM, VOICE, GROUP_DM, ANNOUNCEMENT, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 3, 5, 11, 12, 15
THREADS = frozenset({10, PUBLIC_THREAD, PRIVATE_THREAD})
EPHEMERAL, LOADING, VOICE_MESSAGE, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 13, 1 << 15
_EPOCH_MS = 1_420_070_400_000


def items(data: JsonObject, key: str) -> list[Any]:
    """The list under `key`; an absent key and null are an empty one."""
    return data.get(key) or []


def timestamp(seconds: float | None = None) -> str:
    """ISO 8601 in UTC; now if no Unix time is given."""
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC).isoformat()


@dataclass(slots=True, eq=False)
class User:
    id: int
    name: str
    bot: bool = False

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False)
class Role:
    id: int
    name: str
    permissions: int
    position: int


@dataclass(slots=True, eq=False)
class Member:
    user: User
    roles: list[Role] = field(default_factory=list[Role])
    joined: str = field(default_factory=timestamp)


@dataclass(slots=True, eq=False)
class Guild:
    id: int
    name: str
    owner: User
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    channels: list["Channel"] = field(default_factory=list["Channel"])


@dataclass(slots=True)
class Overwrite:
    allow: int = 0
    deny: int = 0


@dataclass(slots=True, eq=False)
class Channel:
    """Guild channels, threads, DMs and group DMs. `recipients` are the people of a DM without the bot."""

    id: int
    kind: int
    name: str
    guild: Guild | None = None
    parent: "Channel | None" = None
    owner: User | None = None
    nsfw: bool = False
    position: int = 0
    archived: bool = False
    locked: bool = False
    created: str = field(default_factory=timestamp)
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    recipients: list[User] = field(default_factory=list[User])
    messages: "dict[int, Message]" = field(default_factory=dict[int, "Message"])
    nonces: "dict[tuple[int, str], Message]" = field(default_factory=dict[tuple[int, str], "Message"])

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def is_private(self) -> bool:
        return self.guild is None


@dataclass(slots=True, eq=False)
class Attachment:
    id: int
    filename: str
    content_type: str
    data: bytes
    url: str
    description: str | None = None
    duration: float | None = None
    waveform: str | None = None


@dataclass(frozen=True, slots=True)
class Pings:
    """Who a message notifies after allowed_mentions. `everyone` covers @here; `replied` is the reply ping."""

    everyone: bool = False
    roles: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()
    replied: int | None = None

    @property
    def any(self) -> bool:
        """True if the text itself pings somebody (the reply ping does not count)."""
        return bool(self.everyone or self.roles or self.users)


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: monotonic time in seconds, the content after it, what its mentions light up."""

    at: float
    content: str
    pings: Pings


@dataclass(slots=True, eq=False)
class Message:
    """`at` is monotonic seconds. `pings` never changes after creation, as an edit notifies nobody."""

    id: int
    channel: Channel
    author: User
    content: str = ""
    kind: int = 0
    at: float = field(default_factory=time.monotonic)
    timestamp: str = field(default_factory=timestamp)
    edited_timestamp: str | None = None
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    stickers: list[JsonObject] = field(default_factory=list[JsonObject])
    embeds: list[JsonObject] = field(default_factory=list[JsonObject])
    components: list[JsonObject] = field(default_factory=list[JsonObject])
    flags: int = 0
    nonce: str | int | None = None
    reference: "Message | None" = None
    mentions: Pings = Pings()
    pings: Pings = Pings()
    edits: list[Edit] = field(default_factory=list[Edit])
    reactions: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    webhook: "Webhook | None" = None
    interaction: "Interaction | None" = None
    thread: Channel | None = None
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """True while a deferred answer shows "is thinking"."""
        return bool(self.flags & LOADING)

    @property
    def voice(self) -> bool:
        return bool(self.flags & VOICE_MESSAGE)


@dataclass(slots=True, eq=False)
class Webhook:
    id: int
    token: str
    channel: Channel
    name: str
    creator: User


@dataclass(slots=True, eq=False)
class Interaction:
    """One interaction and its answers. `kind`: 2 command, 3 component, 4 autocomplete, 5 modal."""

    id: int
    token: str
    kind: int
    channel: Channel
    user: User
    data: JsonObject
    message: Message | None = None
    user_install: bool = False
    parent: "Interaction | None" = None
    at: float = field(default_factory=time.monotonic)
    response_type: int | None = None
    responded_at: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    followup_count: int = 0
    choices: list[JsonObject] | None = None
    modal: JsonObject | None = None

    @property
    def acknowledged(self) -> bool:
        return self.response_type is not None

    @property
    def messages(self) -> list[Message]:
        """The answers that are still visible, in order."""
        every = ([] if self.original is None else [self.original]) + self.followups
        return [message for message in every if not message.deleted]

    @property
    def text(self) -> str:
        return "\n".join(message.content for message in self.messages)


@dataclass(frozen=True, slots=True)
class CommandSync:
    """One bulk overwrite of commands; `guild_id` is None for the global scope."""

    at: float
    guild_id: int | None
    names: tuple[str, ...]


@dataclass(slots=True)
class World:
    bot: User
    application_owner: User
    guilds: dict[int, Guild] = field(default_factory=dict[int, Guild])
    users: dict[int, User] = field(default_factory=dict[int, User])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    attachments: dict[int, Attachment] = field(default_factory=dict[int, Attachment])
    stickers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    interactions: dict[str, Interaction] = field(default_factory=dict[str, Interaction])
    webhooks: dict[int, Webhook] = field(default_factory=dict[int, Webhook])
    commands: dict[int | None, list[JsonObject]] = field(default_factory=dict[int | None, list[JsonObject]])
    syncs: list[CommandSync] = field(default_factory=list[CommandSync])
    blocked: set[int] = field(default_factory=set[int])

    @classmethod
    def create(cls) -> "World":
        world = cls(User(new_id(), "gondola-bot", bot=True), User(new_id(), "app-owner"))
        for user in (world.bot, world.application_owner):
            world.users[user.id] = user
        return world

    def has_bot(self, guild: Guild) -> bool:
        return self.bot.id in guild.members

    def permissions_of_roles(self, guild: Guild, user: User) -> int:
        """The permission bits that a member's roles give."""
        total = guild.roles[guild.id].permissions
        for role in guild.members[user.id].roles:
            total |= role.permissions
        return total

    def permissions_in(self, channel: Channel, user: User) -> int:
        """The permission bits of `user` in `channel`; threads take those of their parent."""
        guild = channel.guild
        if guild is None:
            return ALL
        member = guild.members.get(user.id)
        if member is None:
            return 0
        total = self.permissions_of_roles(guild, user)
        if guild.owner is user or total & bits("administrator"):
            return ALL
        overwrite = (channel.parent or channel if channel.is_thread else channel).overwrites.get(user.id)
        return total if overwrite is None else (total & ~overwrite.deny) | overwrite.allow


_counter = count()


def new_id(age: float = 0.0) -> int:
    """A snowflake of now, or of `age` seconds ago, never repeated and rising within one process."""
    milliseconds = time.time_ns() // 1_000_000 - round(age * 1000) - _EPOCH_MS
    return (milliseconds << 22) | (next(_counter) & 0x3FFFFF)


def new_token() -> str:
    return secrets.token_urlsafe(24)


def new_guild(name: str, owner: User, bot: User | None) -> Guild:
    """A guild with its @everyone role, its owner and, if wanted, the bot with a role of its own."""
    guild = Guild(new_id(), name, owner)
    guild.roles[guild.id] = Role(guild.id, "@everyone", MEMBER_DEFAULT, 0)
    guild.members[owner.id] = Member(owner)
    if bot is not None:
        join_bot(guild, bot)
    return guild


def join_bot(guild: Guild, bot: User) -> None:
    role = Role(new_id(), bot.name, BOT_DEFAULT, len(guild.roles))
    guild.roles[role.id] = role
    guild.members[bot.id] = Member(bot, [role])
