"""Application commands, global and per guild."""

import re
import time

from tests.fakes.discord import errors
from tests.fakes.discord.core import Core
from tests.fakes.discord.routing import Reply, Request, Routes
from tests.fakes.discord.state import CommandSync, JsonObject, items, new_id

routes = Routes()
_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
_NAME = re.compile(r"^[-_'\w]{1,32}$")
_LIMITS = {1: 100, 2: 15, 3: 15}


def _scope(core: Core, request: Request) -> int | None:
    if request.snowflake("application_id") != core.bot.id:
        raise errors.ApiError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in request.path:
        return None
    guild_id = request.snowflake("guild_id")
    guild = core.world.guilds.get(guild_id)
    if guild is None or not core.world.has_bot(guild):
        raise errors.missing_access()
    return guild_id


def _texts(command: JsonObject) -> int:
    """Characters that count toward the 8000 of one command: names, descriptions and choice values."""
    total = len(str(command.get("name", ""))) + len(str(command.get("description") or ""))
    total += sum(len(str(choice["name"])) + len(str(choice["value"])) for choice in items(command, "choices"))
    return total + sum(map(_texts, items(command, "options")))


def _check_command(command: JsonObject, index: int) -> None:
    name = str(command.get("name", ""))
    if command.get("type", 1) == 1:
        if not _NAME.match(name) or name != name.lower():
            raise errors.invalid(
                f"{index}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"
            )
        if not 1 <= len(str(command.get("description") or "")) <= 100:
            raise errors.bad_length(f"{index}.description", 1, 100)
    _check_options(items(command, "options"), f"{index}.options")
    if _texts(command) > 8000:
        raise errors.invalid(
            str(index), "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)"
        )


def _check_options(options: list[JsonObject], field: str) -> None:
    if len(options) > 25:
        raise errors.too_long(field, 25)
    optional_seen = False
    for number, option in enumerate(options):
        if len(items(option, "choices")) > 25:
            raise errors.too_long(f"{field}.{number}.choices", 25)
        if optional_seen and option.get("required"):
            text = "Required options must be placed before non-required options"
            raise errors.invalid(field, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        optional_seen = optional_seen or not option.get("required")
        _check_options(items(option, "options"), f"{field}.{number}.options")


def _stored(core: Core, scope: int | None, command: JsonObject) -> JsonObject:
    """The command as Discord keeps it; the same name and type keep their id."""
    kind = command.get("type") or 1
    known = next(
        (
            old
            for old in core.world.commands.get(scope, [])
            if (old["name"], old["type"]) == (command["name"], kind)
        ),
        None,
    )
    permissions = command.get("default_member_permissions")
    return {
        **{key: value for key, value in command.items() if value is not None},
        "id": str(new_id()) if known is None else known["id"],
        "application_id": str(core.bot.id),
        "version": str(new_id()),
        "type": kind,
        "description": command.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        **({} if scope is None else {"guild_id": str(scope)}),
    }


@routes.add("GET", _GLOBAL, "list_application_commands")
@routes.add("GET", _GUILD, "list_guild_application_commands")
def list_commands(core: Core, request: Request) -> Reply:
    return Reply(200, core.world.commands.get(_scope(core, request), []))


@routes.add("PUT", _GLOBAL, "bulk_set_application_commands")
@routes.add("PUT", _GUILD, "bulk_set_guild_application_commands")
def set_commands(core: Core, request: Request) -> Reply:
    scope = _scope(core, request)
    commands = request.objects
    for index, command in enumerate(commands):
        _check_command(command, index)
    kinds = [command.get("type") or 1 for command in commands]
    if any(kinds.count(kind) > limit for kind, limit in _LIMITS.items()):
        raise errors.ApiError(400, 30032, "Maximum number of application commands reached")
    if len({(command["name"], kind) for command, kind in zip(commands, kinds, strict=True)}) < len(commands):
        raise errors.invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Command names must be unique")
    stored = [_stored(core, scope, command) for command in commands]
    core.world.commands[scope] = stored
    names = tuple(str(command["name"]) for command in commands)
    core.world.syncs.append(CommandSync(time.monotonic(), scope, names))
    core.notify()
    return Reply(200, stored)


@routes.add("POST", _GLOBAL, "create_application_command")
@routes.add("POST", _GUILD, "create_guild_application_command")
def create_command(core: Core, request: Request) -> Reply:
    scope = _scope(core, request)
    _check_command(request.json, 0)
    stored = _stored(core, scope, request.json)
    others = [old for old in core.world.commands.get(scope, []) if old["id"] != stored["id"]]
    created = len(others) == len(core.world.commands.get(scope, []))
    core.world.commands[scope] = [*others, stored]
    return Reply(201 if created else 200, stored)


def _command_of(core: Core, request: Request) -> tuple[int | None, JsonObject]:
    scope = _scope(core, request)
    for command in core.world.commands.get(scope, []):
        if command["id"] == request.path["command_id"]:
            return scope, command
    raise errors.ApiError(404, 10063, "Unknown application command")


@routes.add("GET", _GLOBAL + "/{command_id}", "get_application_command")
@routes.add("GET", _GUILD + "/{command_id}", "get_guild_application_command")
def get_command(core: Core, request: Request) -> Reply:
    return Reply(200, _command_of(core, request)[1])


@routes.add("DELETE", _GLOBAL + "/{command_id}", "delete_application_command")
@routes.add("DELETE", _GUILD + "/{command_id}", "delete_guild_application_command")
def delete_command(core: Core, request: Request) -> Reply:
    scope, command = _command_of(core, request)
    core.world.commands[scope].remove(command)
    return Reply(204)
