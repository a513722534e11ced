"""Messages, typing and reactions."""

from urllib.parse import unquote

from tests.fakes.discord import errors
from tests.fakes.discord.compose import apply_edit, compose
from tests.fakes.discord.core import Core
from tests.fakes.discord.gateway import redact
from tests.fakes.discord.payloads import message_json
from tests.fakes.discord.routing import Reply, Request, Routes
from tests.fakes.discord.state import VOICE_MESSAGE, Channel, JsonObject, Message

routes = Routes()
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_REACTION = _MESSAGE + "/reactions/{emoji_name}"


def message_reply(core: Core, message: Message, status: int = 200) -> Reply:
    return Reply(status, message_json(message, core.world))


def channel_of(core: Core, request: Request, *permissions: str) -> Channel:
    """The channel of the path, once the bot was found to hold the permissions there."""
    channel = core.find_channel(request.snowflake("channel_id"))
    core.require(channel, *permissions)
    return channel


def message_of(channel: Channel, message_id: int) -> Message:
    """A message that the channel's own routes can reach. Raises 10008."""
    message = channel.messages.get(message_id)
    if message is None or message.ephemeral:
        raise errors.unknown_message()
    return message


def reference_of(core: Core, channel: Channel, body: JsonObject) -> Message | None:
    """The message replied to; an unknown one is an error unless fail_if_not_exists is false."""
    wanted: JsonObject | None = body.get("message_reference")
    if not wanted or wanted.get("type", 0) != 0:
        return None
    if channel.guild is not None:
        held = core.world.permissions_in(channel, core.bot)
        if not held & (1 << 16):
            raise errors.ApiError(400, 160002, "Cannot reply without permission to read message history")
    message = channel.messages.get(int(wanted["message_id"]))
    if message is None and wanted.get("fail_if_not_exists", True):
        raise errors.invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return message


def check_send(core: Core, channel: Channel, request: Request, body: JsonObject) -> None:
    """Whether the bot may put this message into this channel."""
    if channel.is_private and any(user.id in core.world.blocked for user in channel.recipients):
        raise errors.ApiError(403, 50007, "Cannot send messages to this user")
    if channel.kind not in (0, 1, 2, 5) and not channel.is_thread:
        raise errors.ApiError(400, 50008, "Cannot send messages in a non-text channel")
    core.require(channel, "send_in_threads" if channel.is_thread else "send")
    if body.get("embeds"):
        core.require(channel, "embed")
    if request.files:
        core.require(channel, "attach")
    voice = int(body.get("flags") or 0) & VOICE_MESSAGE
    if voice and not core.world.permissions_in(channel, core.bot) & (1 << 46):
        raise errors.ApiError(403, 50173, "Cannot send voice messages in this channel.")


def unarchive(core: Core, channel: Channel) -> None:
    """A message wakes an archived thread; a locked one stays shut."""
    if channel.locked:
        raise errors.ApiError(400, 160005, "Thread is locked")
    if channel.archived:
        channel.archived = False
        core.publish_channel("THREAD_UPDATE", channel)


@routes.add("POST", "/channels/{channel_id}/messages", "create_message")
def create_message(core: Core, request: Request) -> Reply:
    channel = core.find_channel(request.snowflake("channel_id"))
    body = request.json
    check_send(core, channel, request, body)
    unarchive(core, channel)
    nonce = body.get("nonce")
    key = (core.bot.id, str(nonce))
    if nonce is not None and body.get("enforce_nonce") and key in channel.nonces:
        return message_reply(core, channel.nonces[key])
    reference = reference_of(core, channel, body)
    message = compose(core, channel, core.bot, body, request.files, reference=reference)
    if nonce is not None:
        channel.nonces[key] = message
    core.add_message(message)
    return message_reply(core, message)


@routes.add("GET", "/channels/{channel_id}/messages", "list_messages")
def list_messages(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request)
    query = request.query
    limit = int(query.get("limit", "50"))
    if not 1 <= limit <= 100:
        raise errors.invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if not core.world.permissions_in(channel, core.bot) & (1 << 16):
        return Reply(200, [])
    found = sorted(
        (item for item in channel.messages.values() if not item.ephemeral), key=lambda item: item.id
    )
    chosen = _window([message.id for message in found], query, limit)
    shown = [message_json(message, core.world) for message in reversed(found) if message.id in chosen]
    return Reply(200, [_readable(core, channel, item) for item in shown])


def _window(ids: list[int], query: dict[str, str], limit: int) -> set[int]:
    if "after" in query:
        return set([item for item in ids if item > int(query["after"])][:limit])
    if "around" in query:
        middle = int(query["around"])
        return set(sorted(ids, key=lambda item: abs(item - middle))[:limit])
    if "before" in query:
        ids = [item for item in ids if item < int(query["before"])]
    return set(ids[-limit:])


def _readable(core: Core, channel: Channel, data: JsonObject) -> JsonObject:
    """REST hides content as the gateway does where the portal withholds the intent."""
    if core.allow_message_content or channel.is_private:
        return data
    return redact(data, core.bot.id)


@routes.add("GET", _MESSAGE, "get_message")
def get_message(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "history")
    message = message_of(channel, request.snowflake("message_id"))
    return Reply(200, _readable(core, channel, message_json(message, core.world)))


@routes.add("PATCH", _MESSAGE, "update_message")
def update_message(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request)
    message = message_of(channel, request.snowflake("message_id"))
    if message.author is not core.bot:
        raise errors.ApiError(403, 50005, "Cannot edit a message authored by another user")
    if channel.is_thread and (channel.archived or channel.locked):
        raise errors.ApiError(400, 50083, "Thread is archived")
    apply_edit(core, message, request.json, request.files)
    return message_reply(core, message)


@routes.add("DELETE", _MESSAGE, "delete_message")
def delete_message(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request)
    message = message_of(channel, request.snowflake("message_id"))
    if message.author is not core.bot:
        if channel.is_private:
            raise errors.ApiError(403, 50003, "Cannot execute action on a DM channel")
        core.require(channel, "manage_messages")
    core.remove_message(message)
    return Reply(204)


@routes.add("POST", "/channels/{channel_id}/messages/bulk-delete", "bulk_delete_messages")
def bulk_delete_messages(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "manage_messages")
    ids = [int(item) for item in request.json["messages"]]
    if not 2 <= len(ids) <= 100:
        raise errors.bad_length("messages", 2, 100)
    for message_id in ids:
        if message_id in channel.messages:
            core.remove_message(channel.messages[message_id])
    return Reply(204)


@routes.add("POST", "/channels/{channel_id}/typing", "trigger_typing_indicator")
def trigger_typing(core: Core, request: Request) -> Reply:
    channel = core.find_channel(request.snowflake("channel_id"))
    core.require(channel, "send_in_threads" if channel.is_thread else "send")
    return Reply(204)


def _react(core: Core, channel: Channel, message: Message, emoji: str, user_id: int, *, add: bool) -> None:
    """Change one reaction and announce it; asking for what is already so changes nothing."""
    who = message.reactions.setdefault(emoji, set())
    if (user_id in who) == add:
        return
    (who.add if add else who.discard)(user_id)
    if not who:
        del message.reactions[emoji]
    data: JsonObject = {
        "user_id": str(user_id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    }
    if channel.guild is not None:
        data["guild_id"] = str(channel.guild.id)
    core.publish("MESSAGE_REACTION_ADD" if add else "MESSAGE_REACTION_REMOVE", data, channel)


def react(core: Core, message: Message, emoji: str, user_id: int, *, add: bool) -> None:
    """Set or remove one person's reaction. Raises 30010 beyond 20 distinct emoji."""
    if add and emoji not in message.reactions and len(message.reactions) >= 20:
        raise errors.ApiError(400, 30010, "Maximum number of reactions reached (20)")
    _react(core, message.channel, message, emoji, user_id, add=add)


@routes.add("PUT", _REACTION + "/@me", "add_my_message_reaction")
def add_reaction(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "react", "history")
    message = message_of(channel, request.snowflake("message_id"))
    react(core, message, unquote(request.path["emoji_name"]), core.bot.id, add=True)
    return Reply(204)


@routes.add("DELETE", _REACTION + "/@me", "delete_my_message_reaction")
def delete_reaction(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request)
    message = message_of(channel, request.snowflake("message_id"))
    react(core, message, unquote(request.path["emoji_name"]), core.bot.id, add=False)
    return Reply(204)


@routes.add("DELETE", _REACTION + "/{user_id}", "delete_user_message_reaction")
def delete_user_reaction(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "manage_messages")
    message = message_of(channel, request.snowflake("message_id"))
    react(core, message, unquote(request.path["emoji_name"]), request.snowflake("user_id"), add=False)
    return Reply(204)
