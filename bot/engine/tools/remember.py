"""The tool that keeps something in mind for good."""

from __future__ import annotations

from bot.engine.answering.reply import Reply
from bot.engine.memory.remembering import LongMemory
from bot.engine.memory.shelves import SETTING
from bot.engine.settings.book import PlaceSettings
from bot.engine.tools.tool import Args, Tool, Used, schema, shortened, text_arg
from bot.engine.turns.turn import Turn
from bot.remembered import Shelf

_DESCRIPTION = (
    "Keep a fact in mind for good. Use it only when somebody asks you to remember something, and only for "
    "what they said themselves. It is shown to them with a button to take it back."
)


def remember_tools(memory: LongMemory) -> list[Tool]:
    """`remember`, under the rules of /remember; not where `long_memory` is off."""

    async def run(turn: Turn, args: Args, _: Reply) -> Used:
        shelf = Shelf.CHANNEL if text_arg(args, "about") == "channel" else Shelf.USER
        fact = await memory.remember(turn, text_arg(args, "fact"), shelf)
        return Used(
            "Done: it is remembered, and they can see that.", "", f"remembered “{shortened(fact.text, 300)}”"
        )

    fact = {
        "type": "string",
        "minLength": 1,
        "maxLength": 300,
        "description": "One sentence, complete in itself.",
    }
    about = {
        "type": "string",
        "enum": ["person", "channel"],
        "description": "Whom it concerns: the person who asks, if left out, or everybody in this channel.",
    }
    return [
        Tool(
            "remember",
            _DESCRIPTION,
            schema(("fact",), fact=fact, about=about),
            run,
            offered=_allowed,
            lasting=True,
            command="remember",
        )
    ]


def _allowed(settings: PlaceSettings) -> bool:
    return settings.text(SETTING) != "off"
