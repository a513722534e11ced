"""Declarations for the page: the palette's list, and typed lines as commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

from adapters.text.arguments import choose_command, missing, parse_arguments
from bot.declarations import Command, Option
from bot.errors import UserError
from bot.messages import CommandUse

_COMMAND_LINE = re.compile(r"\s*/(?P<name>[A-Za-z][\w-]*)(?:\s+(?P<rest>.*))?", re.DOTALL)


def read_command(commands: Sequence[Command], text: str, *, files: int = 0) -> CommandUse | None:
    """A line that begins with a command as a command, None for plain words (a path, a lone slash).

    A UserError says what is wrong or missing. With files attached, missing options are the command's own
    business: a file may stand for a text.
    """
    found = _COMMAND_LINE.fullmatch(text)
    if found is None:
        return None
    command = choose_command(commands, found["name"])
    options = parse_arguments(command, (found["rest"] or "").rstrip())
    absent = missing(command, options)
    if absent and not (files and command.takes_file):
        raise UserError(_needs(command, absent))
    return CommandUse(command.name, options)


def without_secrets(commands: Sequence[Command], text: str) -> str:
    """What the page keeps showing of a line as typed: of a command that takes a secret only its name."""
    found = _COMMAND_LINE.fullmatch(text)
    command = next((one for one in commands if found and one.name == found["name"].lower()), None)
    if command is None or not any(option.secret for option in command.options):
        return text
    return f"/{command.name} …"


def _needs(command: Command, absent: Sequence[Option]) -> str:
    first = absent[0]
    usage = " ".join([f"/{command.name}", *(f"<{option.name}>" for option in absent)])
    return f"`/{command.name}` needs `{first.name}`: {_lowered(first.description)}. Type `{usage}`."


def _lowered(description: str) -> str:
    text = description.rstrip(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def palette(commands: Sequence[Command]) -> list[dict[str, object]]:
    """Every command as the page's script reads it."""
    return [
        {
            "name": command.name,
            "description": command.description,
            "takesFile": command.takes_file,
            "options": [_option(option) for option in command.options],
        }
        for command in commands
    ]


def _option(option: Option) -> dict[str, object]:
    return {
        "name": option.name,
        "description": option.description,
        "kind": option.kind.value,
        "required": option.required,
        "rest": option.rest,
        "live": bool(option.completer),
        "choices": [asdict(choice) for choice in option.choices],
    }
