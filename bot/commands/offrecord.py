"""/offrecord: one question of which nothing is kept."""

from __future__ import annotations

from bot.commands.services import Services, text_option
from bot.declarations import Command, Medium, Option
from bot.engine.people.discretion import COMMAND
from bot.engine.turns.registry import Bound
from bot.engine.turns.turn import Turn

OFFRECORD = Command(
    COMMAND,
    "Ask me something off the record: neither the question nor my answer is kept.",
    (Option("question", "What do you want to know?", required=True, rest=True, maximum=4000),),
    medium=Medium.CHAT,
    takes_file=True,
    most_files=10,
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def offrecord(turn: Turn) -> None:
        await services.talker.answer(turn, text_option(turn, "question"))

    return [Bound(OFFRECORD, offrecord, ordered=True)]
