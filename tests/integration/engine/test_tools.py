"""Tools within an answer: offered, used, bounded, paid, shown, remembered, and never believed unchecked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.tools.rounds import CALLS, ROUNDS
from bot.engine.tools.tool import Tool, Used, schema
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Role
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.integration.engine.toolroom import SPEAK, SPEECH, bodies, put, remembered, texts, told
from tests.sounds import decoded


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


# --- offered ---


async def test_a_model_with_functions_is_offered_tools_and_the_list_never_changes(room: Room) -> None:
    await room.say("Good morning")
    await room.say("And good evening", author=replace(ADA, id="2", name="Bob"))
    first, second = bodies(room)
    names = [tool["function"]["name"] for tool in first["tools"]]
    assert names == sorted(names)
    assert "speak" in names
    assert json.dumps(first["tools"]) == json.dumps(second["tools"])
    assert first["messages"][0] == second["messages"][0]


async def test_with_tools_off_nothing_is_offered(room: Room) -> None:
    await put(room, "tools", "off")
    await room.say(SPEAK)
    assert ["tools" in body for body in bodies(room)] == [False]
    assert bodies(room, SPEECH) == []


async def test_a_model_without_functions_is_offered_nothing(room: Room) -> None:
    model = (await room.parts.models.catalogue()).offered("text")[0]
    simple = replace(model, capabilities=replace(model.capabilities, functions=False))
    settings = room.parts.settings.resolve(PLACE, ADA)
    assert room.parts.toolbox.offered(settings, simple) == ()
    assert room.parts.toolbox.offered(settings, model) != ()


# --- used ---


async def test_said_aloud_on_request_shown_paid_and_remembered(room: Room) -> None:
    shown = await room.say(f"first say Gladly, then {SPEAK}")
    [clip] = [media for message in shown for media in message.media]
    assert decoded(clip.data).codec == "opus"
    assert "Gladly" in texts(shown)
    assert "*Said aloud*" in texts(shown)
    assert "The tool answered: Done" in texts(shown)
    [speech] = bodies(room, SPEECH)
    assert speech["input"] == "Good evening, Venice"
    media = sorted(row.medium for row in await room.store.money.usage(since=0))
    assert media == ["chat", "voice"]
    (_, question, _), (role, answer, note) = await remembered(room)
    assert (question, role) == (f"first say Gladly, then {SPEAK}", Role.BOT)
    assert answer.startswith("Gladly\n\nThe tool answered")
    assert "Said aloud" not in answer
    assert note == "(said aloud: “Good evening, Venice”)"


async def test_the_models_own_message_goes_back_with_the_result(room: Room) -> None:
    await room.say(SPEAK)
    first, second = bodies(room)
    assert second["messages"][: len(first["messages"])] == first["messages"]
    call, result = second["messages"][len(first["messages"]) :]
    assert call["tool_calls"][0]["function"]["name"] == "speak"
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]
    assert second["tools"] == first["tools"]


async def test_later_prompts_say_what_was_done_in_the_same_bytes_each_time(room: Room) -> None:
    await room.say(SPEAK)
    await room.say("Thank you")
    await room.say("And goodbye")
    *_, third, last = bodies(room)
    assert "(Done along with your last message: said aloud" in third["messages"][-1]["content"]
    kept = len(third["messages"])
    assert last["messages"][:kept] == third["messages"]
    assert "said aloud" not in "".join(
        str(m["content"]) for m in last["messages"] if m["role"] == "assistant"
    )


async def test_web_search_is_paid_for_once_however_many_rounds(room: Room) -> None:
    await put(room, "web_search", "on")
    await room.say(SPEAK)
    searched = [body["venice_parameters"].get("enable_web_search", "off") for body in bodies(room)]
    assert searched == ["on", "off"]


async def test_several_calls_at_once_are_done_in_order_and_the_rest_is_refused(room: Room) -> None:
    wishes = " ".join(f'use tool speak {{"text": "number {n}"}}' for n in range(CALLS + 2))
    await put(room, "tool_budget", "500")
    await room.say(wishes)
    assert [body["input"] for body in bodies(room, SPEECH)] == [f"number {n}" for n in range(CALLS)]
    assert [text.startswith("Error: not done") for text in told(room)] == [False] * CALLS + [True] * 2


# --- arguments are untrusted ---


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ('use tool speak {"text": 5}', "text must be of type string"),
        ("use tool speak {}", "text is missing"),
        ('use tool speak {"text": "x", "shell": "rm"}', "it may only have"),
        ('use tool speak {"text": "", "voice": "x"}', "at least 1 characters"),
        ('use tool speak {"text": "unfinished', "not valid JSON"),
        ("use tool speak {[[", "not valid JSON"),
        ('use tool speak {"text": "' + "x" * 9_000 + '"}', "at most 8000"),
        ('use tool speak {"text": "' + "x" * 21_000 + '"}', "too long"),
        ('use tool shell {"command": "ls"}', "there is no such tool"),
        ('use tool speak {"text": "x", "voice": "no-such-voice"}', "has no voice"),
        ('use tool speak {"text": "   "}', "nothing in this to read aloud"),
    ],
)
async def test_bad_wishes_are_answered_with_what_is_wrong(room: Room, wish: str, says: str) -> None:
    [answer] = await room.say(wish)
    [result] = told(room)
    assert result.startswith("Error: ")
    assert says in result
    assert "The tool answered: Error" in answer.text
    assert bodies(room, SPEECH) == []


# --- bounds ---


async def test_a_model_that_uses_tools_for_ever_must_answer_after_so_many_rounds(room: Room) -> None:
    shown = await room.say("keep using tool speak {}")
    assert len(bodies(room)) == ROUNDS + 1
    assert [body.get("tool_choice") for body in bodies(room)] == [None] * ROUNDS + ["none"]
    assert "The tool answered" in texts(shown)


async def test_tools_stop_where_their_money_ends_and_the_answer_still_comes(room: Room) -> None:
    await put(room, "tool_budget", "0.001")
    shown = await room.say(SPEAK)
    [result] = told(room)
    assert "tool_budget" in result
    assert bodies(room, SPEECH) == []
    assert "did not work" in texts(shown)
    assert "The tool answered" in texts(shown)


async def test_rounds_count_towards_the_money_and_the_last_one_has_no_tools(room: Room) -> None:
    await put(room, "tool_budget", "0.0001")
    await room.say("keep using tool speak {}")
    choices = [body.get("tool_choice") for body in bodies(room)]
    assert len(choices) < ROUNDS + 1
    assert choices[-1] == "none"


async def test_a_cap_refuses_the_tool_and_not_the_answer(room: Room) -> None:
    await room.parts.caps.put(Cap("bot", "voice", CapUnit.COUNT, CapPeriod.DAY, 0), room.parts.clock())
    shown = await room.say(SPEAK)
    assert bodies(room, SPEECH) == []
    assert told(room)[0].startswith("Error: ")
    assert "The tool answered" in texts(shown)


async def test_a_cap_between_rounds_leaves_what_there_is_and_says_so(room: Room) -> None:
    async def caps(*_: object) -> Used:
        cap = Cap("bot", "chat", CapUnit.MONEY, CapPeriod.DAY, 1)
        await room.parts.caps.put(cap, room.parts.clock())
        return Used("Done.")

    room.parts.toolbox.add(Tool("caps", "Caps.", schema(()), caps))
    shown = await room.say("first say Gladly, then use tool caps {}")
    assert len(bodies(room)) == 1
    assert "Gladly" in texts(shown)
    assert any("cap" in message.text.lower() or "limit" in message.text.lower() for message in shown)
    assert [role for role, _, _ in await remembered(room)] == [Role.PERSON, Role.BOT]


async def test_to_a_cap_in_numbers_it_is_one_question(room: Room) -> None:
    await room.parts.caps.put(Cap("bot", "chat", CapUnit.COUNT, CapPeriod.DAY, 2), room.parts.clock())
    assert "The tool answered" in texts(await room.say(SPEAK))
    assert "The tool answered" in texts(await room.say(SPEAK))
    assert "The tool answered" not in texts(await room.say(SPEAK))


async def test_everything_is_settled_at_its_price(room: Room) -> None:
    await room.say(SPEAK)
    assert await room.spent() > 0
    cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 10_000_000)
    await room.parts.caps.put(cap, room.parts.clock())
    [receipt] = await room.command("receipt")
    assert f"${await room.spent() / 1_000_000:.6f}" in receipt.text
