"""JSON as Discord sends it, complete enough for discord.py's parsers and for the API description."""

from tests.fakes.discord.state import (
    FORUM,
    GROUP_DM,
    VOICE,
    Attachment,
    Channel,
    Guild,
    Interaction,
    JsonObject,
    Member,
    Message,
    Role,
    User,
    Webhook,
    World,
)


def user_json(user: User) -> JsonObject:
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None if user.bot else user.name.title(),
        "discriminator": "0",
        "avatar": None,
        "bot": user.bot,
        "flags": 0,
        "public_flags": 0,
        "primary_guild": None,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
    }


def own_user_json(user: User) -> JsonObject:
    return user_json(user) | {
        "mfa_enabled": False,
        "locale": "en-US",
        "premium_type": 0,
        "verified": True,
        "email": None,
    }


def bare_member_json(member: Member) -> JsonObject:
    """A member without the user, as it stands in message events."""
    return {
        "roles": [str(role.id) for role in member.roles],
        "joined_at": member.joined,
        "nick": None,
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "premium_since": None,
        "pending": False,
        "flags": 0,
        "mute": False,
        "deaf": False,
    }


def member_json(member: Member) -> JsonObject:
    return bare_member_json(member) | {"user": user_json(member.user)}


def role_json(role: Role) -> JsonObject:
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": True,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
        "description": None,
    }


def channel_json(channel: Channel) -> JsonObject:
    if channel.guild is None:
        return _private_channel_json(channel)
    return thread_json(channel) if channel.is_thread else _guild_channel_json(channel, channel.guild)


def _last_message_id(channel: Channel) -> str | None:
    return str(max(channel.messages)) if channel.messages else None


def _private_channel_json(channel: Channel) -> JsonObject:
    data: JsonObject = {
        "id": str(channel.id),
        "type": channel.kind,
        "flags": 0,
        "last_message_id": _last_message_id(channel),
        "recipients": [user_json(user) for user in channel.recipients],
    }
    if channel.kind == GROUP_DM:
        data |= {"name": channel.name, "icon": None, "owner_id": str(channel.recipients[0].id)}
    return data


def _guild_channel_json(channel: Channel, guild: Guild) -> JsonObject:
    data: JsonObject = {
        "id": str(channel.id),
        "type": channel.kind,
        "guild_id": str(guild.id),
        "name": channel.name,
        "position": channel.position,
        "flags": 0,
        "nsfw": channel.nsfw,
        "parent_id": str(channel.parent.id) if channel.parent is not None else None,
        "topic": None,
        "last_message_id": _last_message_id(channel),
        "rate_limit_per_user": 0,
        "permission_overwrites": [
            {"id": str(key), "type": 1, "allow": str(value.allow), "deny": str(value.deny)}
            for key, value in channel.overwrites.items()
        ],
    }
    if channel.kind == VOICE:
        data |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
    if channel.kind == FORUM:
        data |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
    return data


def thread_json(thread: Channel) -> JsonObject:
    parent, guild = thread.parent, thread.guild
    assert parent is not None
    assert guild is not None
    return {
        "id": str(thread.id),
        "type": thread.kind,
        "guild_id": str(guild.id),
        "parent_id": str(parent.id),
        "owner_id": str((thread.owner or guild.owner).id),
        "name": thread.name,
        "flags": 0,
        "last_message_id": _last_message_id(thread),
        "message_count": len(thread.messages),
        "total_message_sent": len(thread.messages),
        "member_count": 1,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": thread.created,
            "auto_archive_duration": 1440,
            "locked": thread.locked,
            "create_timestamp": thread.created,
        },
    }


def thread_member_json(thread: Channel, user: User) -> JsonObject:
    return {"id": str(thread.id), "user_id": str(user.id), "join_timestamp": thread.created, "flags": 0}


def guild_json(guild: Guild) -> JsonObject:
    """A guild as the REST interface gives it."""
    empty = dict.fromkeys(
        (
            "icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id",
            "afk_channel_id", "system_channel_id", "widget_channel_id", "max_presences", "vanity_url_code",
            "rules_channel_id", "safety_alerts_channel_id", "public_updates_channel_id", "incidents_data",
        )
    )  # fmt: skip
    zero = dict.fromkeys(
        (
            "system_channel_flags", "verification_level", "default_message_notifications", "mfa_level",
            "explicit_content_filter", "premium_tier", "premium_subscription_count", "nsfw_level",
        ),
        0,
    )  # fmt: skip
    return {
        **empty,
        **zero,
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner.id),
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "widget_enabled": False,
        "roles": [role_json(role) for role in guild.roles.values()],
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "emojis": [],
        "stickers": [],
    }


def guild_create_json(guild: Guild, bot: User) -> JsonObject:
    """The data of GUILD_CREATE without `unavailable`, as for a guild joined at run time."""
    channels = [channel for channel in guild.channels if not channel.is_thread]
    threads = [channel for channel in guild.channels if channel.is_thread and not channel.archived]
    seen = [guild.members[key] for key in (bot.id, guild.owner.id) if key in guild.members]
    return guild_json(guild) | {
        "joined_at": guild.members[bot.id].joined,
        "large": False,
        "member_count": len(guild.members),
        "members": [member_json(member) for member in seen],
        "channels": [channel_json(channel) for channel in channels],
        "threads": [thread_json(thread) for thread in threads],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment_json(attachment: Attachment) -> JsonObject:
    data: JsonObject = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.data),
        "url": attachment.url,
        "proxy_url": attachment.url,
        "content_type": attachment.content_type,
    }
    if attachment.description is not None:
        data["description"] = attachment.description
    if attachment.duration is not None:
        data |= {"duration_secs": attachment.duration, "waveform": attachment.waveform}
    return data


def message_json(message: Message, world: World, *, nested: bool = False) -> JsonObject:
    """A message as the REST interface gives it; `nested` leaves out the message it replies to."""
    pings = message.mentions
    mentioned = pings.users if pings.replied is None else pings.users | {pings.replied}
    data: JsonObject = {
        "id": str(message.id),
        "type": message.kind,
        "channel_id": str(message.channel.id),
        "author": _author_json(message),
        "content": message.content,
        "timestamp": message.timestamp,
        "edited_timestamp": message.edited_timestamp,
        "tts": False,
        "pinned": False,
        "mention_everyone": pings.everyone,
        "mentions": [user_json(world.users[key]) for key in sorted(mentioned) if key in world.users],
        "mention_roles": [str(role) for role in sorted(pings.roles)],
        "attachments": [attachment_json(attachment) for attachment in message.attachments],
        "embeds": message.embeds,
        "components": message.components,
        "flags": message.flags,
    }
    if message.stickers:
        data["sticker_items"] = message.stickers
    if message.nonce is not None:
        data["nonce"] = message.nonce if _fits_int64(message.nonce) else str(message.nonce)
    if message.reactions:
        data["reactions"] = [_reaction_json(emoji, who, world) for emoji, who in message.reactions.items()]
    if message.thread is not None:
        data["thread"] = thread_json(message.thread)
    data |= _origin_json(message, world)
    if message.reference is not None:
        data |= _reference_json(message.reference, world, nested)
    return data


def _fits_int64(nonce: str | int) -> bool:
    return isinstance(nonce, str) or -(1 << 63) <= nonce < 1 << 63


def _author_json(message: Message) -> JsonObject:
    author = user_json(message.author)
    return author | {"discriminator": "0000", "global_name": None} if message.webhook else author


def _reaction_json(emoji: str, who: set[int], world: World) -> JsonObject:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "burst_colors": [],
        "me": world.bot.id in who,
        "me_burst": False,
    }


def _origin_json(message: Message, world: World) -> JsonObject:
    data: JsonObject = {}
    if message.webhook is not None:
        data |= {"webhook_id": str(message.webhook.id), "application_id": str(world.bot.id)}
    if message.interaction is not None:
        data |= {
            "webhook_id": str(world.bot.id),
            "application_id": str(world.bot.id),
            "interaction_metadata": _metadata_json(message.interaction),
        }
    return data


def _reference_json(target: Message, world: World, nested: bool) -> JsonObject:
    reference: JsonObject = {"type": 0, "message_id": str(target.id), "channel_id": str(target.channel.id)}
    if target.channel.guild is not None:
        reference["guild_id"] = str(target.channel.guild.id)
    data: JsonObject = {"message_reference": reference}
    if not nested:
        shown = None if target.deleted else message_json(target, world, nested=True)
        data["referenced_message"] = shown
    return data


def owners_json(interaction: Interaction) -> dict[str, str]:
    """authorizing_integration_owners: installation kind to the id that installed."""
    if interaction.user_install:
        return {"1": str(interaction.user.id)}
    return {"0": str(interaction.channel.guild.id) if interaction.channel.guild else "0"}


def _metadata_json(interaction: Interaction) -> JsonObject:
    data: JsonObject = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": owners_json(interaction),
    }
    if interaction.kind == 3 and interaction.message is not None:
        data["interacted_message_id"] = str(interaction.message.id)
    if interaction.kind == 5 and interaction.parent is not None:
        data["triggering_interaction_metadata"] = _metadata_json(interaction.parent)
    return data


def gateway_message_json(message: Message, world: World) -> JsonObject:
    """A message as MESSAGE_CREATE carries it: with guild and member."""
    data = message_json(message, world)
    guild = message.channel.guild
    if guild is None:
        return data
    data["guild_id"] = str(guild.id)
    member = guild.members.get(message.author.id)
    return data if member is None else data | {"member": bare_member_json(member)}


def webhook_json(webhook: Webhook, bot: User) -> JsonObject:
    data: JsonObject = {
        "id": str(webhook.id),
        "type": 1,
        "name": webhook.name,
        "avatar": None,
        "channel_id": str(webhook.channel.id),
        "application_id": str(bot.id) if webhook.creator is bot else None,
        "token": webhook.token,
        "user": user_json(webhook.creator),
    }
    if webhook.channel.guild is not None:
        data["guild_id"] = str(webhook.channel.guild.id)
    return data
