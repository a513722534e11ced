"""The command menu, generated from the declarations, and typed commands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from adapters.telegram.errors import refusals
from adapters.text.arguments import parse_arguments
from bot.declarations import Command, Permission
from bot.messages import CommandUse
from bot.ports import Front

MENU_MARK = "telegram:menu"
MOST_COMMANDS = 100
MOST_DESCRIPTION = 256

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_TYPED = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,64})(?:@(?P<bot>[A-Za-z0-9_]{3,64}))?(?=\s|$)")
_CLAIM = "claim_"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as typed: `bot` is the name after @, lower case, "" without one."""

    name: str
    bot: str
    rest: str


def typed_command(text: str) -> Typed | None:
    """The command a text begins with."""
    found = _TYPED.match(text)
    if found is None:
        return None
    return Typed(found["name"].lower(), (found["bot"] or "").lower(), text[found.end() :].strip())


class Vocabulary:
    """What can be typed. Telegram's names have underscores where a declared one has hyphens."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = {telegram_name(command): command for command in commands}

    def __contains__(self, name: str) -> bool:
        return name in self._commands

    def use(self, typed: Typed) -> CommandUse:
        """The command with its options. An unknown one passes as it is: the engine says what there is.
        Raises UserError for options that cannot be."""
        command = self._commands.get(typed.name)
        if command is not None:
            return CommandUse(command.name, parse_arguments(command, typed.rest))
        if typed.name == "start":
            return _started(typed.rest)
        return CommandUse(typed.name)


def _started(payload: str) -> CommandUse:
    """`/start` and what a deep link hands over; anybody can write such a link."""
    code = payload.removeprefix(_CLAIM)
    if code and code != payload:
        return CommandUse("claim", {"code": code})
    return CommandUse("help")


def telegram_name(command: Command) -> str:
    """The name as Telegram allows it."""
    return command.name.replace("-", "_")


def menus(commands: Sequence[Command]) -> list[tuple[BotCommandScope, list[BotCommand]]]:
    """What each kind of chat is offered. In a private chat everybody manages their own settings."""
    anyone = _entries(commands, {Permission.ANYONE})
    managers = _entries(commands, {Permission.ANYONE, Permission.MODERATOR})
    admins = _entries(commands, {Permission.ANYONE, Permission.MODERATOR, Permission.ADMIN})
    return [
        (BotCommandScopeDefault(), anyone),
        (BotCommandScopeAllPrivateChats(), managers),
        (BotCommandScopeAllGroupChats(), anyone),
        (BotCommandScopeAllChatAdministrators(), admins),
    ]


async def sync_menu(bot: Bot, front: Front) -> bool:
    """Tell Telegram the menu if it has changed since the last time; True if it had. Raises PlatformError."""
    wanted = menus(front.commands)
    digest = hashlib.sha256(f"{bot.id} {wanted!r}".encode()).hexdigest()
    if await front.recall_mark(MENU_MARK) == digest:
        return False
    for scope, entries in wanted:
        with refusals():
            await bot.set_my_commands(entries, scope=scope)
    await front.set_mark(MENU_MARK, digest)
    return True


def _entries(commands: Sequence[Command], permissions: set[Permission]) -> list[BotCommand]:
    offered = [
        BotCommand(telegram_name(command), command.description[:MOST_DESCRIPTION])
        for command in commands
        if command.permission in permissions and _NAME.fullmatch(telegram_name(command))
    ]
    return offered[:MOST_COMMANDS]
