"""Answers of a given shape: with a schema where the model takes one, in words where not, mended once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault
from bot.engine.side.sidecalls import SideCalls
from bot.engine.side.structured import Ask, Structured, Unfit
from bot.errors import VeniceError
from bot.messages import Place
from bot.venice import ChatRequest, Model, ResponseSchema
from tests.integration.engine.room import PLACE, Room, open_room

CHAT = "/chat/completions"
SHAPE = ResponseSchema(
    "plan",
    {
        "type": "object",
        "properties": {
            "queries": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}
        },
        "required": ["queries"],
        "additionalProperties": False,
    },
)
WANTED = Ask("Plan the searches.", "What is new in Venice?", SHAPE, 200)


class Scripted(SideCalls):
    """A model that writes what it is told to."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[ChatRequest] = []

    async def ask(self, place: Place, person: str, model: Model, request: ChatRequest) -> str:
        self.asked.append(request)
        return self.answers.pop(0)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def model_of(room: Room, *, schema: bool) -> Model:
    offered = (await room.parts.models.catalogue()).offered("text")
    model = next(one for one in offered if one.capabilities.response_schema)
    return replace(model, capabilities=replace(model.capabilities, response_schema=schema))


def real(room: Room) -> Structured:
    return Structured(room.parts.side_calls)


async def test_a_model_with_schemas_gets_one_and_the_call_is_paid(room: Room) -> None:
    found = await real(room).ask(PLACE, "hash", await model_of(room, schema=True), WANTED)
    assert found == {"queries": ["demo"]}
    [request] = [one for one in room.demo.requests if one.path == CHAT]
    body: Any = request.json
    assert body["response_format"]["json_schema"]["name"] == "plan"
    assert await room.spent() > 0


async def test_a_schema_that_is_refused_is_asked_for_in_words(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.status(400))
    with pytest.raises(Unfit):  # the demo's words are no JSON; what matters is how it was asked
        await real(room).ask(PLACE, "hash", await model_of(room, schema=True), replace(WANTED, repairs=0))
    bodies: list[Any] = [one.json for one in room.demo.requests if one.path == CHAT]
    assert ["response_format" in body for body in bodies] == [True, False]
    assert "JSON schema" in bodies[1]["messages"][0]["content"]


async def test_other_trouble_is_no_reason_to_ask_again(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.status(402)).always()
    with pytest.raises(VeniceError):
        await real(room).ask(PLACE, "hash", await model_of(room, schema=True), WANTED)
    assert len([one for one in room.demo.requests if one.path == CHAT]) == 1


async def test_an_unfit_answer_goes_back_once_with_what_is_wrong(room: Room) -> None:
    calls = Scripted('{"queries": []}', 'Sorry! ```json\n{"queries": ["a"], "note": 1}\n```')
    found = await Structured(calls).ask(PLACE, "hash", await model_of(room, schema=False), WANTED)
    assert found == {"queries": ["a"]}
    said = [message.content for message in calls.asked[1].messages]
    assert said[-2] == '{"queries": []}'
    assert "queries must have at least 1 items" in str(said[-1])


async def test_what_stays_unfit_is_an_error_that_repeats_nothing_of_it(room: Room) -> None:
    calls = Scripted("my secret", "my secret", "never asked for")
    with pytest.raises(Unfit) as caught:
        await Structured(calls).ask(PLACE, "hash", await model_of(room, schema=False), WANTED)
    assert len(calls.asked) == 2
    assert "secret" not in caught.value.detail


async def test_an_empty_answer_is_asked_again_without_an_empty_message(room: Room) -> None:
    calls = Scripted("", '{"queries": ["a"]}')
    await Structured(calls).ask(PLACE, "hash", await model_of(room, schema=False), WANTED)
    assert [message.role for message in calls.asked[1].messages] == ["system", "user", "user"]
