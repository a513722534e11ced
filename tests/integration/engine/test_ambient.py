"""Speaking unasked: judged by a gate, within a budget, with pauses, paid, and silent on any trouble."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault, RecordedRequest
from bot.engine.groups.ambient import GATE_TOKENS, Gate
from bot.engine.side.sidecalls import SideCalls
from bot.messages import Addressed, CommandUse, Person, Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from bot.venice import ChatRequest, Model
from tests.integration.engine.room import Room, open_room

BOB = Person("test", "2", "Bob")
GROUP = Place("test", "g", "room")
AROUND: dict[str, Any] = {"place": GROUP, "addressed": Addressed.OVERHEARD, "author": BOB}
CHAT = "/chat/completions"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        await put(opened, "activation", "ambient")
        await put(opened, "ambient_cooldown", "0")
        yield opened


async def put(room: Room, name: str, value: str) -> None:
    await room.parts.settings.put(GROUP.channel_key, name, value, by="h", at=1.0)


def gates(room: Room) -> list[RecordedRequest]:
    """The calls that judged a line."""
    chats = [request for request in room.demo.requests if request.path == CHAT]
    return [request for request in chats if _body(request)["max_completion_tokens"] == GATE_TOKENS]


def _body(request: RecordedRequest) -> Any:
    return request.json


async def test_a_question_to_everybody_is_answered_and_small_talk_is_not(room: Room) -> None:
    assert await room.say("What a lovely morning", **AROUND) == []
    [answer] = await room.say("Does anybody know what 2+2 is?", **AROUND)
    assert answer.text
    first, second = gates(room)
    assert _body(first)["response_format"]["type"] == "json_schema"
    assert _body(second)["messages"][-1]["content"] == "[Bob | 2] Does anybody know what 2+2 is?"


async def test_the_gate_is_paid_but_no_answer_of_a_person(room: Room) -> None:
    await room.say("What a lovely morning", **AROUND)
    [row] = await room.store.money.usage(since=0)
    assert row.cost > 0
    assert row.calls == 0


async def test_small_talk_leaves_no_trace(room: Room) -> None:
    await room.say("What a lovely morning", **AROUND)
    assert await room.store.memory.recent(GROUP.conversation, 10) == []


async def test_at_most_so_many_lines_an_hour_are_judged(room: Room) -> None:
    await put(room, "ambient_budget", "2")
    for _ in range(4):
        await room.say("What a lovely morning", **AROUND)
    assert len(gates(room)) == 2


async def test_after_an_answer_there_is_a_pause(room: Room) -> None:
    await put(room, "ambient_cooldown", "60")
    assert len(await room.say("Does anybody know what 2+2 is?", **AROUND)) == 1
    assert await room.say("And what is 3+3?", **AROUND) == []
    assert len(gates(room)) == 1
    assert len(await room.say("And what is 3+3?", place=GROUP, addressed=Addressed.MENTION)) == 1


async def test_the_same_line_twice_is_judged_once(room: Room) -> None:
    event = room.event("What a lovely morning", **AROUND)
    await room.send(event, event)
    await room.send(event)
    assert len(gates(room)) == 1


async def test_a_used_up_cap_is_silence(room: Room) -> None:
    await room.parts.caps.put(
        Cap(GROUP.channel_key, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 1), room.parts.clock()
    )
    assert await room.say("Does anybody know what 2+2 is?", **AROUND) == []
    assert gates(room) == []


async def test_trouble_at_venice_is_silence(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.status(500)).always()
    assert await room.say("Does anybody know what 2+2 is?", **AROUND) == []


async def test_a_chosen_model_judges_and_an_unknown_one_is_silence(room: Room) -> None:
    chosen = (await room.parts.models.catalogue()).offered("text")[-1]
    await put(room, "gate_model", chosen.id)
    await room.say("What a lovely morning", **AROUND)
    assert _body(gates(room)[0])["model"] == chosen.id
    await put(room, "gate_model", "no-such-model")
    assert await room.say("Does anybody know what 2+2 is?", **AROUND) == []


class PlainCalls(SideCalls):
    """A cheap model that takes no response schema and says what it is told to."""

    def __init__(self, model: Model, *answers: str) -> None:
        self.model = replace(model, capabilities=replace(model.capabilities, response_schema=False))
        self.asked: list[ChatRequest] = []
        self.answers = list(answers)

    async def find(self, name: str) -> Model:
        return self.model

    async def ask(self, place: Place, person: str, model: Model, request: ChatRequest) -> str:
        self.asked.append(request)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        (['Sure: {"answer": true, "reason": "a fact"}'], True),
        (['{"answer": false, "reason": "chatter"}'], False),
        (["Yes.", '{"answer": true, "reason": "a fact"}'], True),
        (['{"answer": "true", "reason": "a word is no verdict"}', "yes"], False),
        (["", ""], False),
    ],
)
async def test_a_model_without_schema_is_asked_in_words(
    room: Room, answers: list[str], verdict: bool
) -> None:
    calls = PlainCalls((await room.parts.models.catalogue()).offered("text")[0], *answers)
    await put(room, "gate_model", "plain")
    event = room.event("Does anybody know?", **AROUND)
    settings = room.parts.settings.resolve(GROUP, BOB)
    assert await Gate(calls, room.parts.clock).wants(event, "hash", settings, ()) is verdict
    assert len(calls.asked) == len(answers)
    assert calls.asked[0].response_schema is None
    assert "JSON schema" in str(calls.asked[0].messages[0].content)


async def test_a_dear_or_unknown_gate_is_refused_when_set(room: Room) -> None:
    use = CommandUse("settings", {"name": "gate_model", "value": "no-such-model", "scope": "channel"})
    [answer] = await room.send(room.event(place=GROUP, addressed=Addressed.COMMAND, command=use))
    assert "no-such-model" in answer.text
    assert room.parts.settings.resolve(GROUP, BOB).text("gate_model") == ""
