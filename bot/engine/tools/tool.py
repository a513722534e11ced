"""A tool as declared, and what became of using it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.declarations import Medium, Permission
from bot.engine.answering.reply import Reply
from bot.engine.settings.book import PlaceSettings
from bot.engine.turns.turn import Turn

Args: TypeAlias = Mapping[str, object]
LINE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Used:
    """What came of a tool. `text` is for the model, untrusted where strangers wrote it; `line` for people
    and `deed` for memory are our own words, the former CommonMark; "" where there is nothing to say."""

    text: str
    line: str = ""
    deed: str = ""


Run: TypeAlias = Callable[[Turn, Args, Reply], Awaitable[Used]]


def _everywhere(_: PlaceSettings) -> bool:
    return True


def _nothing(_: Args) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may ask for. `parameters` is the JSON schema of its arguments, closed; `run` gets
    what fits it, and raises GondolaError with a sentence the model reads. `doing` says in CommonMark what is
    being done. `offered` decides by settings alone, so that the list of tools is the same in every turn.
    A `lasting` tool leaves something behind that an answer given anew must not leave twice. `command` names
    the one that does the same: who may not use that, may not have it done."""

    name: str
    description: str
    parameters: Mapping[str, object]
    run: Run
    doing: Callable[[Args], str] = _nothing
    medium: Medium | None = None
    permission: Permission = Permission.ANYONE
    offered: Callable[[PlaceSettings], bool] = _everywhere
    lasting: bool = False
    command: str = ""


def schema(required: tuple[str, ...], **properties: Mapping[str, object]) -> Mapping[str, object]:
    """A closed object schema."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def text_arg(args: Args, name: str) -> str:
    """A text argument, "" when left out."""
    value = args.get(name)
    return value.strip() if isinstance(value, str) else ""


def number_arg(args: Args, name: str) -> float | None:
    """A number argument, None when left out."""
    value = args.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def shortened(text: str, most: int) -> str:
    """A text in one line of at most so many characters."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def quoted(text: str) -> str:
    """Anybody's words within a line of ours: short, and meaning nothing as Markdown."""
    short = shortened(text, LINE_CHARS)
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|~^@" else char for char in short)
