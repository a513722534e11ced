"""Slash commands, generated from the declarations, and what people fill into them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord
from discord.http import HTTPClient

from adapters.discord.capabilities import PLATFORM
from adapters.discord.errors import refusals
from bot.declarations import Choice, Command, MenuEntry, Option, OptionKind, Permission, parse_value
from bot.errors import UserError
from bot.messages import CommandUse, OptionValue
from bot.ports import Front

COMMANDS_MARK = "discord:commands"
FILE_OPTION = "file"

MOST_COMMANDS = 100
MOST_MENU_ENTRIES = 15
MENU_LABEL = 32
MOST_OPTIONS = 25
MOST_CHOICES = 25
DESCRIPTION = 100
CHOICE_TEXT = 100
LONGEST_TEXT = 6000

_NAME = re.compile(r"[a-z0-9_-]{1,32}")
_CHAT_INPUT, _ON_MESSAGE, _ATTACHMENT = 1, 3, 11
_KINDS = {
    OptionKind.TEXT: 3,
    OptionKind.INTEGER: 4,
    OptionKind.BOOLEAN: 5,
    OptionKind.ROLE: 8,
    OptionKind.NUMBER: 10,
}
_SHOWN_TO = {
    Permission.MODERATOR: discord.Permissions(manage_channels=True),
    Permission.ADMIN: discord.Permissions(manage_guild=True),
}
_GUILD_INSTALL, _IN_GUILD, _IN_DM = 0, 0, 1

Json = dict[str, Any]
_OFFERED: Json = {"contexts": [_IN_GUILD, _IN_DM], "integration_types": [_GUILD_INSTALL]}


def payload(commands: Sequence[Command]) -> list[Json]:
    """Every command as Discord registers it, and those that are offered on a message in its menu, too."""
    named = [command for command in commands if _NAME.fullmatch(command.name)]
    menu = [_menu_entry(entry) for command in named for entry in command.menu]
    return [_command(command) for command in named][:MOST_COMMANDS] + menu[:MOST_MENU_ENTRIES]


async def sync_commands(http: HTTPClient, application: int, front: Front) -> bool:
    """Tell Discord the commands if they have changed since the last time; True if they had. Raises
    PlatformError."""
    wanted = payload(front.commands)
    digest = hashlib.sha256(json.dumps([application, wanted], sort_keys=True).encode()).hexdigest()
    if await front.recall_mark(COMMANDS_MARK) == digest:
        return False
    async with refusals():
        await http.bulk_upsert_global_commands(application, wanted)
    await front.set_mark(COMMANDS_MARK, digest)
    return True


def _command(command: Command) -> Json:
    # Only what Discord shows: the engine decides anew at each use and press. Owners' commands are shown to
    # all, because an owner may manage nothing in that server.
    shown_to = _SHOWN_TO.get(command.permission)
    return {
        "name": command.name,
        "type": _CHAT_INPUT,
        "description": command.description[:DESCRIPTION],
        "options": _options(command),
        "default_member_permissions": None if shown_to is None else shown_to.value,
        **_OFFERED,
    }


def _menu_entry(entry: MenuEntry) -> Json:
    return {"name": entry.label[:MENU_LABEL], "type": _ON_MESSAGE, **_OFFERED}


def _options(command: Command) -> list[Json]:
    """Discord wants the required ones first."""
    declared = sorted(command.options, key=lambda option: not option.required)
    options = [_option(option) for option in declared]
    if command.takes_file:
        options += [_file_option(number) for number in range(1, command.most_files + 1)]
    return options[:MOST_OPTIONS]


def _file_option(number: int) -> Json:
    name = FILE_OPTION if number == 1 else f"{FILE_OPTION}{number}"
    description = "A file to go with it." if number == 1 else "One more file."
    return {"type": _ATTACHMENT, "name": name, "description": description}


def _option(option: Option) -> Json:
    made: Json = {
        "type": _KINDS[option.kind],
        "name": option.name,
        "description": option.description[:DESCRIPTION],
        "required": option.required,
        **_bounds(option),
    }
    if suggests(option):
        made["autocomplete"] = True
    elif option.choices:
        made["choices"] = choices(option, option.choices)
    return made


def suggests(option: Option) -> bool:
    """Whether an option shows suggestions while one types; too many choices are shown so, too."""
    return option.kind is not OptionKind.BOOLEAN and (
        bool(option.completer) or len(option.choices) > MOST_CHOICES
    )


def _bounds(option: Option) -> Json:
    if option.kind in (OptionKind.BOOLEAN, OptionKind.ROLE) or option.choices:
        return {}
    if option.kind is OptionKind.TEXT:
        highest = min(int(option.maximum or LONGEST_TEXT), LONGEST_TEXT)
        return {"min_length": int(option.minimum or 0), "max_length": max(1, highest)}
    bounds = {"min_value": option.minimum, "max_value": option.maximum}
    whole = option.kind is OptionKind.INTEGER
    return {key: int(value) if whole else value for key, value in bounds.items() if value is not None}


def choices(option: Option, offered: Iterable[Choice]) -> list[Json]:
    """Choices as Discord takes them; one that it would refuse is left out."""
    made: list[Json] = []
    for choice in offered:
        value = _choice_value(option, choice)
        if value is not None and len(made) < MOST_CHOICES:
            made.append({"name": (choice.label.strip() or choice.value)[:CHOICE_TEXT], "value": value})
    return made


def _choice_value(option: Option, choice: Choice) -> OptionValue | None:
    if option.kind is OptionKind.TEXT:
        return choice.value if 1 <= len(choice.value) <= CHOICE_TEXT else None
    try:
        return parse_value(Option(option.name, "", option.kind), choice.value)
    except UserError:
        return None


# --- what was filled in ---


def read_use(name: str, command: Command | None, given: Mapping[str, object]) -> CommandUse:
    """The command with its options. An unknown one passes as it is: the engine says what there is. Raises
    UserError for options that cannot be, as from a form registered before an update."""
    values: dict[str, OptionValue] = {}
    for key, value in given.items():
        option = command.option(key) if command is not None else None
        if option is not None:
            text = as_text(value)
            values[key] = parse_value(
                option, f"{PLATFORM}:{text}" if option.kind is OptionKind.ROLE else text
            )
    return CommandUse(name, values)


def read_unfinished(name: str, command: Command, given: Mapping[str, object]) -> CommandUse:
    """The same while one still types: what cannot be yet is left out."""
    values: dict[str, OptionValue] = {}
    for key, value in given.items():
        try:
            values |= read_use(name, command, {key: value}).options
        except UserError:
            continue
    return CommandUse(name, values)


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
