"""Tools within an answer: offered, used, bounded, paid, shown, remembered, and never the end of an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault, RecordedRequest
from bot.engine.tools.rounds import CALLS, ROUNDS
from bot.engine.tools.tool import Tool, Used, schema
from bot.messages import Addressed, ButtonPress, CommandUse
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Role
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room
from tests.sounds import decoded

CHAT, SPEECH = "/chat/completions", "/audio/speech"
SPEAK = 'use tool speak {"text": "Good evening, Venice"}'


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def put(room: Room, name: str, value: str) -> None:
    await room.parts.settings.put(PLACE.channel_key, name, value, by="h", at=1.0)


def bodies(room: Room, path: str = CHAT) -> list[Any]:
    found: list[RecordedRequest] = [one for one in room.demo.requests if one.path == path]
    return [one.json for one in found]


def told(room: Room) -> list[str]:
    """What the model was told by tools, over all calls, each once."""
    said: dict[str, str] = {}
    for body in bodies(room):
        for message in body["messages"]:
            if message["role"] == "tool":
                said[message["tool_call_id"]] = message["content"]
    return list(said.values())


def texts(messages: Sequence[Message]) -> str:
    return "\n".join(message.text for message in messages)


async def remembered(room: Room) -> list[tuple[Role, str, str]]:
    items = await room.store.memory.recent(PLACE.conversation, 50)
    return [(item.role, item.text, item.media_note) for item in items]


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
    await room.parts.caps.put(Cap("bot", "chat", CapUnit.COUNT, CapPeriod.DAY, 1), room.parts.clock())
    shown = await room.say(f"first say Gladly, then {SPEAK}")
    assert len(bodies(room)) == 1
    assert "Gladly" in texts(shown)
    assert any("cap" in message.text.lower() or "limit" in message.text.lower() for message in shown)
    assert [role for role, _, _ in await remembered(room)] == [Role.PERSON, Role.BOT]


async def test_everything_is_settled_at_its_price(room: Room) -> None:
    await room.say(SPEAK)
    assert await room.spent() > 0
    cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 10_000_000)
    await room.parts.caps.put(cap, room.parts.clock())
    [receipt] = await room.command("receipt")
    assert f"${await room.spent() / 1_000_000:.6f}" in receipt.text


# --- faults ---


async def test_trouble_within_a_tool_is_told_to_the_model_in_plain_words(room: Room) -> None:
    room.demo.faults.next(SPEECH, Fault.status(422)).always()
    shown = await room.say(SPEAK)
    assert told(room)[0].startswith("Error: ")
    assert "did not work" in texts(shown)
    assert "The tool answered" in texts(shown)


async def test_a_tool_with_a_bug_is_survived(room: Room) -> None:
    async def broken(*_: object) -> Used:
        raise KeyError("a bug")

    room.parts.toolbox.add(Tool("breaks", "Breaks.", schema(()), broken, lambda _: "Breaking"))
    shown = await room.say("use tool breaks {}")
    assert "failed on my side" in told(room)[0]
    assert "KeyError" not in told(room)[0]
    assert "The tool answered" in texts(shown)


async def test_trouble_in_a_later_round_keeps_what_was_said_and_done(room: Room) -> None:
    async def breaks_chat(*_: object) -> Used:
        room.demo.faults.next(CHAT, Fault.status(402)).always()
        return Used("Done.", "Broke it", "broke it")

    room.parts.toolbox.add(Tool("breaks", "Breaks.", schema(()), breaks_chat))
    shown = await room.say("first say Gladly, then use tool breaks {}")
    assert "Gladly" in shown[0].text
    assert "*Broke it*" in shown[0].text
    assert len(shown) == 2
    (_, _, _), (_, answer, note) = await remembered(room)
    assert (answer, note) == ("Gladly", "(broke it)")


async def test_an_answer_without_words_after_tools_says_so(room: Room) -> None:
    async def mutes(*_: object) -> Used:
        room.demo.faults.next(CHAT, Fault.reasoning_only())
        return Used("Done.")

    room.parts.toolbox.add(Tool("mutes", "Mutes.", schema(()), mutes))
    [answer] = await room.say("use tool mutes {}")
    assert "I tried my tools" in answer.text


async def test_stop_works_in_the_middle_of_a_tool(room: Room) -> None:
    room.demo.faults.next(SPEECH, Fault.hang())
    before = len(room.door.messages)
    await room.parts.engine.submit([room.event(f"first say Gladly, then {SPEAK}")])
    async with asyncio.timeout(5):
        while not bodies(room, SPEECH) or "Saying" not in texts(list(room.door.messages.values())):
            await asyncio.sleep(0.01)
    await room.command("stop")
    await room.parts.engine.idle()
    shown = list(room.door.messages.values())[before:]
    assert "Gladly" in shown[0].text
    assert "Saying" not in shown[0].text
    assert len(bodies(room)) == 1
    uncertain = [row for row in await room.store.money.usage(since=0) if row.medium == "voice"]
    assert uncertain[0].cost > 0
    assert (await remembered(room))[1][1] == "Gladly"


async def test_a_further_message_does_not_undo_what_a_tool_did(room: Room) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def waits(*_: object) -> Used:
        done.append("once")
        begun.set()
        await gate.wait()
        return Used("Done.")

    room.parts.toolbox.add(Tool("waits", "Waits.", schema(()), waits))
    await room.parts.engine.submit([room.event("use tool waits {}")])
    await asyncio.wait_for(begun.wait(), 5)
    await room.parts.engine.submit([room.event("One more thing")])
    gate.set()
    await room.parts.engine.idle()
    assert done == ["once"]
    assert [body["messages"][-1]["content"] for body in bodies(room)][-1].endswith("One more thing")


async def test_given_anew_an_answer_does_not_leave_lasting_things_twice(room: Room) -> None:
    done: list[str] = []

    async def lasts(*_: object) -> Used:
        done.append("once")
        return Used("Done.")

    room.parts.toolbox.add(Tool("lasts", "Lasts.", schema(()), lasts, lasting=True))
    [answer] = await room.say("use tool lasts {}")
    button = answer.buttons[0][0]
    assert button.label == "Regenerate"
    press = ButtonPress(button.id, "1")
    await room.send(room.event(addressed=Addressed.BUTTON, press=press))
    assert done == ["once"]
    assert "given anew" in told(room)[-1]


async def test_an_answer_with_a_voice_is_given_anew_below_it(room: Room) -> None:
    shown = await room.say(SPEAK)
    button = next(message.buttons for message in shown if message.buttons)[0][0]
    again = await room.send(room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, "1")))
    assert texts(again)
    assert texts(shown) == texts(list(room.door.messages.values())[: len(shown)])


async def test_a_setting_takes_tools_away_for_one_person(room: Room) -> None:
    use = CommandUse("settings", {"name": "tools", "value": "off", "where": "user"})
    await room.send(room.event(addressed=Addressed.COMMAND, command=use))
    await room.say("Good morning")
    assert "tools" not in bodies(room)[-1]
