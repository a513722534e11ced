"""Commands and settings as data, declared once for every door.

Discord slash commands, the Telegram command menu with its argument parsing, and the web form are all
generated from these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import UserError
from bot.messages import OptionValue


class Permission(StrEnum):
    """Who may use a command or change a setting. Moderators are whoever the platform says may manage
    the channel, admins whoever may manage the server; owners are Gondola's owners. In a direct chat everyone
    is their own moderator, and only owners are admins."""

    ANYONE = "anyone"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"


class Medium(StrEnum):
    """What is paid for; caps count per medium."""

    CHAT = "chat"
    IMAGE = "image"
    VOICE = "voice"
    TRANSCRIPTION = "transcription"
    VIDEO = "video"
    MUSIC = "music"
    """Music, sounds and long narration that Venice queues."""
    SEARCH = "search"
    """Searches and pages read outside an answer."""
    EMBEDDING = "embedding"


class OptionKind(StrEnum):
    """Type of a command option."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ROLE = "role"
    """A role of a server; its value is its key, `platform:id`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to pick; `label` is what people see."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Option:
    """One typed option.

    `completer` names a source of live suggestions ("" for none; bot/commands/completion.py knows them).
    `rest` marks the option that takes free text: on Telegram and the web everything that is not another
    option. `minimum` and `maximum` bound numbers, or the length of a text. A `secret` one is for its
    command's handler alone (`CommandUse.secrets`): it is neither stored nor shown.
    """

    name: str
    description: str
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    choices: tuple[Choice, ...] = ()
    completer: str = ""
    rest: bool = False
    minimum: float | None = None
    maximum: float | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command with these options, as it stands in the menu of a message, which it gets as the quoted
    one. Labels are unique among all commands."""

    label: str
    options: Mapping[str, OptionValue] = field(default_factory=dict[str, OptionValue])


@dataclass(frozen=True, slots=True)
class Command:
    """One command for every door. `private_reply` asks for the asker's eyes only where possible;
    `medium` is the cost class (None is free); `takes_file` lets people attach a file, `most_files` of them;
    `menu` offers the command on a message itself where the platform has menus for that."""

    name: str
    description: str
    options: tuple[Option, ...] = ()
    permission: Permission = Permission.ANYONE
    medium: Medium | None = None
    private_reply: bool = False
    takes_file: bool = False
    most_files: int = 1
    menu: tuple[MenuEntry, ...] = ()

    def option(self, name: str) -> Option | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)


class Scope(StrEnum):
    """Where a setting can be set, widest first; a narrower one wins."""

    BOT = "bot"
    SERVER = "server"
    CHANNEL = "channel"
    THREAD = "thread"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. Values are stored as text and parsed by `parse_value`.

    `scopes` lists where it may be set. A person may always change their own `USER` value.
    Of a `strictest` setting the last of its choices that is set in any scope holds, or the least number,
    whichever is narrower.
    """

    name: str
    description: str
    default: str
    kind: OptionKind = OptionKind.TEXT
    choices: tuple[Choice, ...] = ()
    completer: str = ""
    minimum: float | None = None
    maximum: float | None = None
    scopes: tuple[Scope, ...] = tuple(Scope)
    strictest: bool = False


TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})


def parse_value(declared: Option | Setting, text: str) -> OptionValue:
    """Text as the declared type; a UserError says what is allowed."""
    text = text.strip()
    if declared.choices:
        return _parse_choice(declared, text)
    if declared.kind is OptionKind.BOOLEAN:
        return _parse_boolean(declared, text)
    if declared.kind is OptionKind.ROLE:
        return _parse_role(declared, text)
    if declared.kind is OptionKind.TEXT:
        _check_bounds(declared, len(text), " characters")
        return text
    return _parse_number(declared, text)


def _parse_choice(declared: Option | Setting, text: str) -> str:
    for choice in declared.choices:
        if text.lower() in (choice.value.lower(), choice.label.lower()):
            return choice.value
    allowed = ", ".join(f"`{choice.value}`" for choice in declared.choices)
    raise UserError(f"`{declared.name}` can be {allowed}.")


def _parse_boolean(declared: Option | Setting, text: str) -> bool:
    if text.lower() in TRUE_WORDS:
        return True
    if text.lower() in FALSE_WORDS:
        return False
    raise UserError(f"`{declared.name}` can be `on` or `off`.")


def _parse_role(declared: Option | Setting, text: str) -> str:
    if not re.fullmatch(r"[a-z]+:[^:\s]+", text):
        raise UserError(f"`{declared.name}` is a role of a server: choose one there from the list.")
    return text


def _parse_number(declared: Option | Setting, text: str) -> int | float:
    try:
        number = int(text) if declared.kind is OptionKind.INTEGER else float(text)
    except ValueError:
        kind = "a whole number" if declared.kind is OptionKind.INTEGER else "a number"
        raise UserError(f"`{declared.name}` must be {kind}.") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise UserError(f"`{declared.name}` must be a number.")
    _check_bounds(declared, number, "")
    return number


def _check_bounds(declared: Option | Setting, size: float, unit: str) -> None:
    low, high = declared.minimum, declared.maximum
    if (low is not None and size < low) or (high is not None and size > high):
        if low is None:
            raise UserError(f"`{declared.name}` can be at most {high:g}{unit}.")
        if high is None:
            raise UserError(f"`{declared.name}` must be at least {low:g}{unit}.")
        raise UserError(f"`{declared.name}` must be between {low:g} and {high:g}{unit}.")
