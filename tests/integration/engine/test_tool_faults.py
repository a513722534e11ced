"""Tools that fail, are stopped, interrupted by a further message, or asked for anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.engine.tools.tool import Tool, Used, schema
from bot.messages import Addressed, ButtonPress, CommandUse
from tests.integration.engine.room import Room, open_room
from tests.integration.engine.toolroom import CHAT, SPEAK, SPEECH, bodies, remembered, texts, told


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


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
