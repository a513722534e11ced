"""Methods about the bot itself: identity, commands, descriptions, menu button, webhook."""

import json
import re
import time
from collections.abc import Callable

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.model import Chat, User
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.render import user_json
from tests.fakes.telegram.shapes import JsonObject, as_object
from tests.fakes.telegram.state import World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_DESCRIPTION_LIMIT = 256
_COMMANDS_LIMIT = 100
_PROFILE_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: World, _params: Params) -> JsonObject:
    """getMe."""
    return {
        **user_json(world.me),
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": any(chat.forum for chat in world.chats.values() if not chat.is_group),
    }


def set_my_commands(world: World, params: Params) -> bool:
    """setMyCommands."""
    commands = params.json_array("commands") or []
    if len(commands) > _COMMANDS_LIMIT:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        _check_command(as_object(command) or {})
    world.commands[_scope(world, params)] = commands
    world.signal.notify()
    return True


def _check_command(command: JsonObject) -> None:
    if not _COMMAND.fullmatch(str(command.get("command") or "")):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(str(command.get("description") or "")) <= _DESCRIPTION_LIMIT:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")


def get_my_commands(world: World, params: Params) -> list[object]:
    """getMyCommands of exactly one scope and language."""
    return world.commands.get(_scope(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """deleteMyCommands."""
    world.commands.pop(_scope(world, params), None)
    world.signal.notify()
    return True


def _scope(world: World, params: Params) -> tuple[str, str]:
    scope = params.json_object("scope") or {"type": "default"}
    number = scope.get("chat_id")
    if number is not None and (not isinstance(number, int) or number not in world.chats):
        raise bad_request("chat not found")
    return json.dumps(scope, sort_keys=True), params.text("language_code") or ""


def menu_for(world: World, chat: Chat, user: User, language: str) -> list[tuple[str, str]]:
    """(command, description) pairs a person sees: the narrowest scope that has any, their language first."""
    for scope in _scopes(chat, user):
        for code in (language, ""):
            found = world.commands.get((json.dumps(scope, sort_keys=True), code))
            if found:
                return [_pair(as_object(command) or {}) for command in found]
    return []


def _scopes(chat: Chat, user: User) -> list[JsonObject]:
    here: JsonObject = {"type": "chat", "chat_id": chat.id}
    if not chat.is_group:
        return [here, {"type": "all_private_chats"}, {"type": "default"}]
    scopes: list[JsonObject] = [{"type": "chat_member", "chat_id": chat.id, "user_id": user.id}]
    admin = chat.status_of(user) in ("creator", "administrator")
    if admin:
        scopes.append({"type": "chat_administrators", "chat_id": chat.id})
    scopes.append(here)
    if admin:
        scopes.append({"type": "all_chat_administrators"})
    return [*scopes, {"type": "all_group_chats"}, {"type": "default"}]


def _pair(command: JsonObject) -> tuple[str, str]:
    return str(command["command"]), str(command["description"])


def setter(field: str) -> Callable[[World, Params], bool]:
    """setMyName, setMyDescription or setMyShortDescription, which are alike."""

    def handle(world: World, params: Params) -> bool:
        value = params.text(field) or ""
        if len(value) > _PROFILE_LIMITS[field]:
            raise bad_request(f"{field.upper()}_TOO_LONG")
        world.profile[field, params.text("language_code") or ""] = value
        world.signal.notify()
        return True

    return handle


def getter(field: str) -> Callable[[World, Params], JsonObject]:
    """getMyName, getMyDescription or getMyShortDescription."""

    def handle(world: World, params: Params) -> JsonObject:
        value = world.profile.get((field, params.text("language_code") or ""))
        fallback = world.me.name if field == "name" else ""
        return {field: fallback if value is None else value}

    return handle


def set_chat_menu_button(world: World, params: Params) -> bool:
    """setChatMenuButton."""
    world.menu_buttons[params.text("chat_id") or ""] = params.json_object("menu_button") or {
        "type": "default"
    }
    return True


def get_chat_menu_button(world: World, params: Params) -> JsonObject:
    """getChatMenuButton."""
    own = world.menu_buttons.get(params.text("chat_id") or "")
    return own or world.menu_buttons.get("") or {"type": "commands"}


def set_webhook(world: World, params: Params) -> bool:
    """setWebhook. The address blocks getUpdates. As with a Bot API server of one's own, the address may be a
    plain one on this machine; only to such a one the updates are posted."""
    url = params.text("url") or ""
    if url and not url.startswith(("https://", "http://127.0.0.1:")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if params.boolean("drop_pending_updates"):
        world.queue.drop_pending()
    world.queue.webhook_url = url
    kinds = params.json_array("allowed_updates")
    if kinds is not None:
        world.queue.allow([str(kind) for kind in kinds])
    world.queue.webhook_secret = params.text("secret_token") or ""
    return True


def delete_webhook(world: World, params: Params) -> bool:
    """deleteWebhook."""
    if params.boolean("drop_pending_updates"):
        world.queue.drop_pending()
    world.queue.webhook_url = ""
    return True


def get_webhook_info(world: World, _params: Params) -> JsonObject:
    """getWebhookInfo."""
    info: JsonObject = {
        "url": world.queue.webhook_url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.queue.pending),
    }
    if world.queue.webhook_error:
        info |= {"last_error_date": int(time.time()), "last_error_message": world.queue.webhook_error}
    if world.queue.allowed:
        info["allowed_updates"] = list(world.queue.allowed)
    return info
