"""Small paid calls that nobody asked for by name: judging a line, folding a conversation."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from decimal import Decimal

from bot.declarations import Medium
from bot.engine.models.book import DEAR_OUTPUT, ModelBook
from bot.engine.models.choosing import Bounds, Chooser, Job
from bot.engine.models.privacy import PrivacyRule
from bot.engine.money.cashier import Cashier, Payer
from bot.engine.money.keybook import KeyBook
from bot.engine.settings.book import SettingsBook
from bot.messages import Place
from bot.records import Closing, Settlement, TurnState
from bot.storing import Turns
from bot.venice import ChatRequest, Model, TextPart, Tier, VeniceClient
from bot.venice.catalogue import Filter, price_of
from bot.venice.pricing import chat_ceiling, chat_cost, likely_tokens


class Background:
    """Tasks beside the turns; whoever drains the engine drains these too."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run it beside everything else. `work` has its own error boundary."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class SideCalls:
    """Asks a cheap model, within the caps; the money is settled before the answer is used."""

    def __init__(
        self,
        client: VeniceClient,
        models: ModelBook,
        cashier: Cashier,
        turns: Turns,
        rule: PrivacyRule,
        keys: KeyBook,
        chooser: Chooser,
        settings: SettingsBook,
    ) -> None:
        self._chooser = chooser
        self._settings = settings
        self._client = client
        self._models = models
        self._cashier = cashier
        self._turns = turns
        self._keys = keys
        self._rule = rule

    async def cheap_model(
        self, *, private: bool, schema: bool = False, room: int = 0, place: Place | None = None
    ) -> Model | None:
        """The cheapest text model: one that keeps nothing where `private`, and as private as `place` asks
        for, that takes a response schema where one does, with a context of at least `room` tokens."""
        least = self._rule.tier(place) if place is not None else Tier.ANONYMIZED
        tier = max(least, Tier.PRIVATE if private else Tier.ANONYMIZED)
        offered = (await self._models.catalogue()).offered("text", Filter(tier=tier))
        fit = [model for model in offered if (model.context_tokens or 0) >= room and not model.beta]
        structured = [model for model in fit if model.capabilities.response_schema]
        candidates = structured if schema and structured else fit
        return min(candidates, key=lambda model: (price_of(model), model.id), default=None)

    async def find(self, name: str) -> Model:
        """The model of that name; a UserError when Venice has none."""
        return (await self._models.catalogue()).find(name)

    async def ask(self, place: Place, person: str, model: Model, request: ChatRequest) -> str:
        """The whole answer of the model, or of one that steps in for it as the place's `fallback` says.
        `person` is the keyed hash of who pays. Raises CapReached, VeniceError.

        Such a call counts as money, never as one of a person's answers.
        """
        with self._keys.acting_for(place):
            lineup = await self._chooser.line(self._bounds(place, model), model, _job(model, request))
            return await lineup.serve(lambda one: self._asked(place, person, one, request))

    def _bounds(self, place: Place, model: Model) -> Bounds:
        """What the place allows, and no model that is only for owners: who asks is known by hash alone."""
        allow = Filter(
            tier=self._rule.tier(place), uncensored=model.uncensored, max_output_price=Decimal(DEAR_OUTPUT)
        )
        return Bounds(self._settings.of_place(place, "fallback"), allow)

    async def _asked(self, place: Place, person: str, model: Model, request: ChatRequest) -> str:
        call_id = secrets.token_hex(8)
        settlements: list[Settlement] = []
        try:
            return await self._paid(Payer(call_id, place, person), settlements, model, request)
        finally:
            if settlements:
                await self._turns.close([Closing(call_id, TurnState.SETTLED, settlements=tuple(settlements))])

    async def _paid(
        self, payer: Payer, settlements: list[Settlement], model: Model, request: ChatRequest
    ) -> str:
        estimate = chat_ceiling(model, request)
        tokens = likely_tokens("".join(_texts(request))) + request.max_completion_tokens
        paying = self._cashier.paying(payer, settlements, Medium.CHAT, model.id, estimate, count=0)
        async with paying as bill:
            bill.wait()
            async with self._client.limits.turn(model.id, payer.person, tokens) as slot:
                bill.start(0)
                result = await self._client.chat(request, model)
                if result.usage is not None:
                    cost = chat_cost(model, result.usage)
                    bill.charge(cost.micro_usd, count=0, request_id=result.finished.request_id)
                    slot.used(result.usage.total)
        return result.text


def _job(model: Model, request: ChatRequest) -> Job:
    """One that has room for the question, and takes a schema where there is one."""
    needed = likely_tokens("".join(_texts(request))) + request.max_completion_tokens
    room = min(needed, model.context_tokens or needed)

    def fits(other: Model) -> bool:
        schema = request.response_schema is None or other.capabilities.response_schema
        return schema and (other.context_tokens or 0) >= room

    return Job(fits=fits)


def _texts(request: ChatRequest) -> list[str]:
    pieces: list[str] = []
    for message in request.messages:
        content = message.content
        parts = (TextPart(content),) if isinstance(content, str) else content
        pieces += [part.text for part in parts if isinstance(part, TextPart)]
    return pieces
