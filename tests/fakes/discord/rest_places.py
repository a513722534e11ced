"""Users, the application, the gateway address, guilds, channels, DMs and threads."""

from tests.fakes.discord import errors
from tests.fakes.discord.compose import compose
from tests.fakes.discord.core import Core
from tests.fakes.discord.gateway import LIMITED_CONTENT_FLAG
from tests.fakes.discord.payloads import (
    channel_json,
    guild_json,
    member_json,
    message_json,
    own_user_json,
    thread_json,
    thread_member_json,
    user_json,
)
from tests.fakes.discord.rest_messages import channel_of, message_of
from tests.fakes.discord.routing import Reply, Request, Routes
from tests.fakes.discord.state import (
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Channel,
    Guild,
    JsonObject,
    User,
    new_id,
)

routes = Routes()
_SESSION_STARTS = 1000
_THREAD_MEMBER = "/channels/{channel_id}/thread-members/@me"


@routes.add("GET", "/users/@me", "get_my_user")
def get_my_user(core: Core, _: Request) -> Reply:
    return Reply(200, own_user_json(core.bot))


@routes.add("GET", "/users/{user_id}", "get_user")
def get_user(core: Core, request: Request) -> Reply:
    user = core.world.users.get(request.snowflake("user_id"))
    if user is None:
        raise errors.unknown_user()
    return Reply(200, user_json(user))


@routes.add("GET", "/oauth2/applications/@me", "get_my_oauth2_application")
def get_my_application(core: Core, _: Request) -> Reply:
    bot = core.bot
    return Reply(
        200,
        {
            "id": str(bot.id),
            "name": bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "type": None,
            "bot": user_json(bot),
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": LIMITED_CONTENT_FLAG if core.allow_message_content else 0,
            "flags_new": str(LIMITED_CONTENT_FLAG if core.allow_message_content else 0),
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": user_json(core.world.application_owner),
            "approximate_guild_count": len(core.world.guilds),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": None,
            "eligible_oauth2_scopes": [],
        },
    )


@routes.add("GET", "/users/@me/guilds", "list_my_guilds")
def list_my_guilds(core: Core, _: Request) -> Reply:
    """The bot's guilds with its permissions there, as roles alone give them."""
    mine = [guild for guild in core.world.guilds.values() if core.world.has_bot(guild)]
    return Reply(200, [_mine(core, guild) for guild in mine])


def _mine(core: Core, guild: Guild) -> JsonObject:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner is core.bot,
        "permissions": str(core.world.permissions_of_roles(guild, core.bot)),
        "features": [],
    }


@routes.add("GET", "/gateway", "get_gateway", public=True)
def get_gateway(core: Core, _: Request) -> Reply:
    return Reply(200, {"url": core.gateway.url})


@routes.add("GET", "/gateway/bot", "get_bot_gateway")
def get_bot_gateway(core: Core, _: Request) -> Reply:
    starts = {
        "total": _SESSION_STARTS,
        "remaining": max(0, _SESSION_STARTS - len(core.gateway.identifies)),
        "reset_after": 86_400_000,
        "max_concurrency": 1,
    }
    return Reply(200, {"url": core.gateway.url, "shards": 1, "session_start_limit": starts})


def _guild_of(core: Core, request: Request) -> Guild:
    guild = core.world.guilds.get(request.snowflake("guild_id"))
    if guild is None or not core.world.has_bot(guild):
        raise errors.unknown_guild()
    return guild


@routes.add("GET", "/guilds/{guild_id}", "get_guild")
def get_guild(core: Core, request: Request) -> Reply:
    guild = _guild_of(core, request)
    counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
    return Reply(200, guild_json(guild) | (counts if request.query.get("with_counts") else {}))


@routes.add("GET", "/guilds/{guild_id}/channels", "list_guild_channels")
def list_channels(core: Core, request: Request) -> Reply:
    found = [channel for channel in _guild_of(core, request).channels if not channel.is_thread]
    return Reply(200, [channel_json(channel) for channel in found])


@routes.add("GET", "/guilds/{guild_id}/members/{user_id}", "get_guild_member")
def get_member(core: Core, request: Request) -> Reply:
    member = _guild_of(core, request).members.get(request.snowflake("user_id"))
    if member is None:
        raise errors.unknown_member()
    return Reply(200, member_json(member))


@routes.add("GET", "/channels/{channel_id}", "get_channel")
def get_channel(core: Core, request: Request) -> Reply:
    return Reply(200, channel_json(channel_of(core, request)))


@routes.add("PATCH", "/channels/{channel_id}", "update_channel")
def update_channel(core: Core, request: Request) -> Reply:
    """Threads can be renamed, archived and locked; other channels are left to their owners."""
    channel = channel_of(core, request, "manage_threads")
    if not channel.is_thread:
        raise errors.missing_permissions()
    channel.name = request.json.get("name") or channel.name
    channel.archived = bool(request.json.get("archived", channel.archived))
    channel.locked = bool(request.json.get("locked", channel.locked))
    core.publish_channel("THREAD_UPDATE", channel)
    return Reply(200, thread_json(channel))


@routes.add("POST", "/users/@me/channels", "create_dm")
def create_dm(core: Core, request: Request) -> Reply:
    user = core.world.users.get(int(request.json["recipient_id"]))
    if user is None:
        raise errors.unknown_user()
    if user.bot:
        raise errors.ApiError(403, 50007, "Cannot send messages to this user")
    return Reply(200, channel_json(core.open_dm(user)))


@routes.add("POST", "/channels/{channel_id}/messages/{message_id}/threads", "create_thread_from_message")
def create_thread_from_message(core: Core, request: Request) -> Reply:
    channel = channel_of(core, request, "threads")
    message = message_of(channel, request.snowflake("message_id"))
    if message.thread is not None:
        raise errors.ApiError(400, 160004, "A thread has already been created for this message")
    thread = open_thread(core, channel, _thread_name(request.json), core.bot, thread_id=message.id)
    message.thread = thread
    return Reply(201, thread_json(thread) | {"member": thread_member_json(thread, core.bot)})


@routes.add("POST", "/channels/{channel_id}/threads", "create_thread")
def create_thread(core: Core, request: Request) -> Reply:
    """A thread without a message, or a forum post with its first message."""
    channel = core.find_channel(request.snowflake("channel_id"))
    body = request.json
    private = body.get("type", PRIVATE_THREAD) == PRIVATE_THREAD and channel.kind != FORUM
    core.require(channel, "create_private_threads" if private else "threads")
    if channel.kind != FORUM:
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        thread = open_thread(core, channel, _thread_name(body), core.bot, kind=kind)
        return Reply(201, thread_json(thread) | {"member": thread_member_json(thread, core.bot)})
    core.require(channel, "send")
    thread = open_thread(core, channel, _thread_name(body), core.bot)
    message = compose(core, thread, core.bot, body.get("message") or {}, request.files)
    # The first message of a forum post carries the id of its thread.
    message.id = thread.id
    core.add_message(message)
    answer = thread_json(thread) | {"member": thread_member_json(thread, core.bot)}
    return Reply(201, answer | {"message": message_json(message, core.world)})


def _thread_name(body: JsonObject) -> str:
    name = str(body.get("name") or "")
    if not 1 <= len(name) <= 100:
        raise errors.bad_length("name", 1, 100)
    return name


def open_thread(
    core: Core,
    parent: Channel,
    name: str,
    owner: User,
    *,
    kind: int = PUBLIC_THREAD,
    thread_id: int | None = None,
) -> Channel:
    """Make a thread and announce it."""
    guild = parent.guild
    if guild is None or parent.is_thread:
        raise errors.ApiError(400, 50024, "Cannot execute action on this channel type")
    thread = Channel(thread_id or new_id(), kind, name, guild, parent=parent, owner=owner)
    guild.channels.append(thread)
    core.world.channels[thread.id] = thread
    data = thread_json(thread) | {"newly_created": True}
    core.publish("THREAD_CREATE", data, thread)
    return thread


@routes.add("PUT", _THREAD_MEMBER, "join_thread")
def join_thread(core: Core, request: Request) -> Reply:
    channel_of(core, request)
    return Reply(204)


@routes.add("DELETE", _THREAD_MEMBER, "leave_thread")
def leave_thread(core: Core, request: Request) -> Reply:
    channel_of(core, request)
    return Reply(204)


@routes.add("DELETE", "/users/@me/guilds/{guild_id}", "leave_guild")
def leave_guild(core: Core, request: Request) -> Reply:
    guild = _guild_of(core, request)
    del guild.members[core.bot.id]
    core.dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild.id)
    return Reply(204)
