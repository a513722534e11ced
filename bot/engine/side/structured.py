"""A side call whose answer is an object of a given shape, whichever model answers.

Where the model takes a response schema it gets one; where it does not, the shape is asked for in words. An
answer is read tolerantly (fences, words around it, too long texts), and one that still does not fit is sent
back once with what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from bot.engine.side.schemas import Fields, objects_in, problem, trimmed
from bot.engine.side.sidecalls import SideCalls
from bot.errors import VeniceError, VeniceFailure
from bot.messages import Place
from bot.venice import ChatMessage, ChatRequest, Model, ResponseSchema

_QUOTED = 2_000
"""Characters of an unfit answer that go back with the complaint."""
_REFUSES_SCHEMA = (VeniceFailure.BAD_REQUEST,)


class Unfit(VeniceError):
    """The model was asked, but gave nothing of the shape; what was wrong is in `detail`."""

    def __init__(self, wrong: str) -> None:
        super().__init__(VeniceFailure.BAD_ANSWER, detail=f"unfit answer: {wrong}")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: a task (our words), the material it is about (anybody's words), the shape of the
    answer, its longest length in tokens, and how often an unfit answer is sent back."""

    task: str
    material: str
    shape: ResponseSchema
    tokens: int
    repairs: int = 1


class Structured:
    """Asks through the side calls, so each call is paid for by `person`, the keyed hash."""

    def __init__(self, calls: SideCalls) -> None:
        self._calls = calls

    async def ask(self, place: Place, person: str, model: Model, wanted: Ask) -> Mapping[str, object]:
        """An object that holds against the shape's schema. Raises Unfit, CapReached, VeniceError."""
        request, text = await self._first(place, person, model, wanted)
        for _ in range(wanted.repairs):
            found, wrong = read_object(text, wanted.shape)
            if found is not None:
                return found
            request = _again(request, text, wrong)
            text = await self._calls.ask(place, person, model, request)
        found, wrong = read_object(text, wanted.shape)
        if found is None:
            raise Unfit(wrong)
        return found

    async def _first(self, place: Place, person: str, model: Model, wanted: Ask) -> tuple[ChatRequest, str]:
        plain = _request(person, wanted, in_words=True)
        if not model.capabilities.response_schema:
            return plain, await self._calls.ask(place, person, model, plain)
        schematic = _request(person, wanted, in_words=False)
        try:
            return schematic, await self._calls.ask(place, person, model, schematic)
        except VeniceError as error:
            # Some models that claim schemas refuse this one; a refused call is free.
            if error.failure not in _REFUSES_SCHEMA:
                raise
        return plain, await self._calls.ask(place, person, model, plain)


def read_object(text: str, shape: ResponseSchema) -> tuple[Fields | None, str]:
    """The first object in a text that fits the shape once it is trimmed, else None and what is wrong."""
    wrong = "there is no JSON object in it"
    for found in objects_in(text):
        fitted = trimmed(shape.schema, found)
        wrong = problem(shape.schema, fitted)
        if not wrong and isinstance(fitted, dict):
            return cast(Fields, fitted), ""
    return None, wrong


def _request(person: str, wanted: Ask, *, in_words: bool) -> ChatRequest:
    task = f"{wanted.task}\n\n{_in_words(wanted.shape)}" if in_words else wanted.task
    return ChatRequest(
        messages=(ChatMessage("system", task), ChatMessage("user", wanted.material)),
        max_completion_tokens=wanted.tokens,
        response_schema=None if in_words else wanted.shape,
        user=person,
    )


def _in_words(shape: ResponseSchema) -> str:
    schema = json.dumps(shape.schema, ensure_ascii=False)
    return f"Answer with one JSON object and nothing else, no code fence. It has this JSON schema: {schema}"


def _again(request: ChatRequest, text: str, wrong: str) -> ChatRequest:
    """The same question, with the unfit answer and what is wrong with it."""
    complaint = f"That does not fit: {wrong}. Send the whole JSON object again, and nothing else."
    said = (ChatMessage("assistant", text[:_QUOTED]),) if text.strip() else ()
    return replace(request, messages=(*request.messages, *said, ChatMessage("user", complaint)))
