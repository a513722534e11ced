"""Texts as vectors, and how near two of them are."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Sequence
from operator import mul

from bot.declarations import Medium
from bot.engine.models.book import ModelBook
from bot.engine.money.cashier import Cashier, Payer
from bot.errors import VeniceError, VeniceFailure
from bot.messages import Place
from bot.ports import Clock
from bot.records import Closing, Settlement, TurnState
from bot.remembered import Embedding
from bot.storing import Turns
from bot.venice import EmbeddingRequest, Model, VeniceClient, embedding_ceiling, embedding_cost

PATIENCE = 3.0
"""Seconds that a call may take: a question may wait for it."""
REST = 60.0
"""Seconds without calls after one that failed, so that trouble here does not use up Venice's error budget."""
TEXT_CHARS = 2_000
"""Of a longer text only the beginning counts."""


class Embedder:
    """Asks Venice for vectors, within the caps; the money is settled before they are used."""

    def __init__(
        self, client: VeniceClient, models: ModelBook, cashier: Cashier, turns: Turns, clock: Clock
    ) -> None:
        self._clock = clock
        self._rests_until = 0.0
        self._client = client
        self._models = models
        self._cashier = cashier
        self._turns = turns

    async def model_id(self) -> str:
        """The model whose vectors `embed` gives out now."""
        return (await self._model()).id

    async def _model(self) -> Model:
        return await self._models.pick("embedding", "", owner=False)

    async def embed(self, place: Place, person: str, texts: Sequence[str]) -> list[Embedding]:
        """One vector per text, all of one model. `person` is the keyed hash of who pays. Raises CapReached,
        UserError, VeniceError, which come at once while Venice has trouble with this."""
        if self._clock() < self._rests_until:
            raise VeniceError(VeniceFailure.OVERLOADED, detail="embeddings rest after a failure")
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._embedded(place, person, texts)
        except TimeoutError as error:
            self._rests_until = self._clock() + REST
            raise VeniceError(VeniceFailure.TIMEOUT, detail="embeddings are too slow") from error
        except VeniceError:
            self._rests_until = self._clock() + REST
            raise

    async def _embedded(self, place: Place, person: str, texts: Sequence[str]) -> list[Embedding]:
        model = await self._model()
        call_id = secrets.token_hex(8)
        settlements: list[Settlement] = []
        try:
            return await self._paid(Payer(call_id, place, person), settlements, model, texts)
        finally:
            if settlements:
                await self._turns.close([Closing(call_id, TurnState.SETTLED, settlements=tuple(settlements))])

    async def _paid(
        self, payer: Payer, settlements: list[Settlement], model: Model, texts: Sequence[str]
    ) -> list[Embedding]:
        request = EmbeddingRequest(tuple(text[:TEXT_CHARS] for text in texts), user=payer.person)
        estimate = embedding_ceiling(model, request.texts)
        async with self._cashier.paying(payer, settlements, Medium.EMBEDDING, model.id, estimate) as bill:
            bill.wait()
            async with self._client.limits.turn(model.id, payer.person, 0):
                bill.start()
                result = await self._client.embed(request, model)
                cost = embedding_cost(model, result.prompt_tokens)
                bill.charge(cost, request_id=result.notices.request_id)
        return [Embedding(model.id, unit(numbers)) for numbers in result.vectors]


def unit(numbers: Sequence[float]) -> tuple[float, ...]:
    """The vector of the same direction and length 1."""
    length = math.sqrt(sum(map(mul, numbers, numbers))) or 1.0
    return tuple(number / length for number in numbers)


def nearness(one: Embedding, other: Embedding) -> float | None:
    """The cosine of two vectors, -1 to 1; None where they cannot be compared."""
    if one.model != other.model or len(one.numbers) != len(other.numbers):
        return None
    return sum(map(mul, one.numbers, other.numbers))
