"""A model that uses tools: ask, do what it wishes, tell it what came of it, ask again.

Bounded in rounds, in calls per round and in money. After the last round it is asked once more and must
answer in words, so that nothing that was paid for is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.engine.answering.asking import Asker
from bot.engine.answering.reply import Heard, Reply
from bot.engine.models.choosing import Lineup
from bot.engine.money.purse import Purse
from bot.engine.tools.toolbox import Toolbox
from bot.engine.turns.turn import Turn
from bot.errors import VeniceError
from bot.venice import ChatMessage, ChatRequest, Model, ToolCall

ROUNDS = 4
"""How often a model may ask for tools within one answer."""
CALLS = 6
"""How many tools it may ask for at once."""
CENT = 10_000
TOO_MANY = f"Error: not done, since at most {CALLS} tools run at once. Ask again for it if it still matters."


class Rounds:
    """Streams an answer into a reply, with the tools that are offered."""

    def __init__(self, asker: Asker, toolbox: Toolbox) -> None:
        self._asker = asker
        self._toolbox = toolbox

    def equipped(self, turn: Turn, model: Model, request: ChatRequest) -> ChatRequest:
        """The request with the tools that this model may use here."""
        tools = self._toolbox.offered(turn.settings, model)
        if not tools:
            return request
        # A continued answer only goes on in words; the list stays, so that the cached prefix fits.
        choice = "none" if turn.again is not None and turn.again.proceed else None
        return replace(request, tools=tools, tool_choice=choice)

    async def run(self, turn: Turn, lineup: Lineup, request: ChatRequest, reply: Reply) -> None:
        """The whole answer. Raises CapReached, VeniceError; what arrived before that stays in the reply."""
        heard = await self._asker.ask(turn, lineup.model, request, reply)
        purse = Purse(int((turn.settings.number("tool_budget") or 0) * CENT))
        for number in range(1, ROUNDS + 1):
            if not heard.calls or not request.tools or request.tool_choice == "none":
                return
            results = await self._use(turn, heard.calls, reply, purse)
            last = number == ROUNDS or purse.left <= 0
            request = _next(request, heard, results, last=last)
            before = len(turn.settlements)
            heard = await self._ask_on(turn, lineup, request, reply)
            purse.spend(sum(one.cost for one in turn.settlements[before:]))

    async def _ask_on(self, turn: Turn, lineup: Lineup, request: ChatRequest, reply: Reply) -> Heard:
        """Ask once more after tools ran: nothing is done again, so where Venice refuses the model before it
        said anything, another one that uses tools goes on from there."""
        while True:
            try:
                return await self._asker.ask(turn, lineup.model, request, reply)
            except VeniceError as error:
                if reply.speaking or not await lineup.step_in(error, _uses_tools):
                    raise
            reply.note = lineup.note

    async def _use(
        self, turn: Turn, calls: Sequence[ToolCall], reply: Reply, purse: Purse
    ) -> list[ChatMessage]:
        if turn.attempt is not None:
            turn.attempt.bound = True
        turn.purse = purse
        try:
            done = [await self._toolbox.use(turn, call, reply) for call in calls[:CALLS]]
        finally:
            turn.purse = None
        texts = [*done, *(TOO_MANY for _ in calls[CALLS:])]
        return [
            ChatMessage("tool", text, tool_call_id=call.id) for call, text in zip(calls, texts, strict=True)
        ]


def _uses_tools(model: Model) -> bool:
    return model.capabilities.functions


def _next(request: ChatRequest, heard: Heard, results: Sequence[ChatMessage], *, last: bool) -> ChatRequest:
    """The same question, with what the model said and what came of its wishes. Venice's own search is
    over: it would be paid again for every round."""
    said = heard.finished.message if heard.finished is not None else ChatMessage("assistant", "")
    return replace(
        request,
        messages=(*request.messages, replace(said, tool_calls=tuple(heard.calls)), *results),
        tool_choice="none" if last else request.tool_choice,
        web_search="off",
        web_scraping=False,
    )
