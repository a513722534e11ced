"""The tools there are, and the one place where a model's wish becomes a deed or an honest refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import structlog

from bot.declarations import Permission
from bot.engine.answering.reply import Reply
from bot.engine.settings.book import PlaceSettings
from bot.engine.side.schemas import parsed, problem
from bot.engine.tools.tool import Args, Tool, Used
from bot.engine.turns.turn import Turn
from bot.errors import Fault, GondolaError
from bot.venice import Model, ToolCall
from bot.venice.types import Tool as Function

log: structlog.stdlib.BoundLogger = structlog.get_logger()

ARGUMENT_CHARS = 20_000
RESULT_CHARS = 24_000
"""Characters of a result that go back to the model."""
NOT_AGAIN = (
    "This answer is being given anew, and what was set up the first time still holds, so nothing was done."
)
BROKEN = "The tool failed on my side. Nothing more is known. Tell the person honestly that it did not work."


class Toolbox:
    """Offers tools and runs them. Whatever happens in one, the answer goes on."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            self.add(tool)

    def add(self, tool: Tool) -> None:
        """Offer one more tool. They stand in the order of their names, whenever they came."""
        self._tools[tool.name] = tool
        self._tools = dict(sorted(self._tools.items()))

    def offered(self, settings: PlaceSettings, model: Model) -> tuple[Function, ...]:
        """The tools as the model sees them: the same bytes in every turn with the same settings."""
        if not settings.flag("tools") or not model.capabilities.functions:
            return ()
        return tuple(
            Function(tool.name, tool.description, tool.parameters)
            for tool in self._tools.values()
            if tool.offered(settings)
        )

    async def use(self, turn: Turn, call: ToolCall, reply: Reply) -> str:
        """Do what the model asks for; returns what it is told about it. Raises nothing but CancelledError."""
        tool = self._tools.get(call.name)
        if tool is None or not tool.offered(turn.settings):
            names = ", ".join(name for name, one in self._tools.items() if one.offered(turn.settings))
            return f"Error: there is no such tool. There are: {names}."
        args, wrong = _arguments(tool, call.arguments)
        if wrong:
            log.info("tool.misused", tool=tool.name, turn=turn.id)
            return f"Error: {wrong}."
        if tool.lasting and turn.again is not None:
            return f"Error: {NOT_AGAIN}"
        reply.doing(f"*{doing}…*" if (doing := tool.doing(args)) else "")
        used = await self._run(tool, turn, args, reply)
        if used is None or used.text.startswith("Error:"):
            reply.did(f"*{doing}: this did not work.*" if doing else "", "")
        else:
            reply.did(f"*{used.line}*" if used.line else "", used.deed)
        return used.text[:RESULT_CHARS] if used is not None else f"Error: {BROKEN}"

    async def _run(self, tool: Tool, turn: Turn, args: Args, reply: Reply) -> Used | None:
        """What came of it; None where the tool itself is broken."""
        try:
            _permit(tool, turn)
            return await tool.run(turn, args, reply)
        except GondolaError as error:
            level = log.info if error.fault is Fault.USER else log.warning
            level("tool.refused", tool=tool.name, turn=turn.id, reason=error.detail)
            return Used(f"Error: {error.reader_text}")
        except Exception:  # the boundary of a tool: what it breaks, the answer survives
            log.exception("tool.failed", tool=tool.name, turn=turn.id)
            return None


def _permit(tool: Tool, turn: Turn) -> None:
    turn.gate.check(tool.command, tool.medium.value if tool.medium is not None else "")
    if tool.permission is Permission.OWNER:
        turn.require_owner()
    elif tool.permission is Permission.MODERATOR:
        turn.require_moderator()


def _arguments(tool: Tool, text: str) -> tuple[Args, str]:
    """The arguments if they fit the tool, and what is wrong with them if not."""
    if len(text) > ARGUMENT_CHARS:
        return {}, "the arguments are too long"
    try:
        value = parsed(text)
    except ValueError:
        return {}, "the arguments are not valid JSON"
    wrong = problem(tool.parameters, value)
    return ({}, wrong) if wrong else (cast(Args, value), "")
