"""One paid call of a chat model, streamed into a reply."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

from bot.declarations import Medium
from bot.engine.answering.reply import Heard, Reply, charge, texts_of
from bot.engine.models.book import ModelBook
from bot.engine.money.cashier import Cashier
from bot.engine.turns.turn import Turn
from bot.venice import ChatRequest, Model, VeniceClient
from bot.venice.pricing import chat_ceiling, likely_tokens


class Asker:
    """Reserves, waits in line, streams, settles."""

    def __init__(self, client: VeniceClient, models: ModelBook, cashier: Cashier) -> None:
        self._client = client
        self._models = models
        self._cashier = cashier

    async def ask(self, turn: Turn, model: Model, request: ChatRequest, reply: Reply) -> Heard:
        """What the model says goes into the reply as it comes. Raises CapReached, VeniceError."""
        # However often it uses tools, it is one question to a cap in numbers.
        count = 0 if reply.begun else 1
        heard = reply.begin(request)
        estimate = chat_ceiling(model, request)
        tokens = likely_tokens("".join(texts_of(request))) + request.max_completion_tokens
        # Once the model has used tools it must be able to answer, so no purse holds it back.
        payer = replace(turn.payer, begin=None, purse=None)
        paying = self._cashier.paying(payer, turn.settlements, Medium.CHAT, model.id, estimate, count=count)
        async with paying as bill:
            bill.wait()
            async with self._client.limits.turn(model.id, turn.person, tokens, reply.in_line) as slot:
                bill.start(count)
                try:
                    await turn.begin()  # not before: a turn that waits in line may run again after a crash
                    async with aclosing(self._client.chat_stream(request, model)) as events:
                        async for event in events:
                            reply.take(event)
                finally:
                    charge(bill, model, heard, count)
                    if heard.usage is not None:
                        slot.used(heard.usage.total)
        if heard.finished is not None:
            self._models.notice(model, heard.finished.notices)
        return heard
