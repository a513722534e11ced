"""Chats of a place: new, listed, resumed, branched by a reply, forgotten, and begun anew after silence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Addressed, ButtonPress, CommandUse, Person, Place, Quoted
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room

BOB = Person("test", "2", "Bob")
BOT = Person("test", "9", "Gondola", is_bot=True)
GROUP = Place("test", "g", "room")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def press(room: Room, message: Message, label: str, **fields: Any) -> list[Message]:
    """Press the button whose label begins so."""
    [button] = [b for row in message.buttons for b in row if b.label.startswith(label)]
    return await room.send(
        room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, "1"), **fields)
    )


def asked(room: Room) -> list[str]:
    """What Venice saw last, without the system message."""
    body: Any = room.demo.requests[-1].json
    return [str(message["content"]) for message in body["messages"][1:]]


async def texts(room: Room) -> list[str]:
    return [item.text for item in await room.store.memory.recent(PLACE.conversation, 100)]


def quote(message_id: str, *, author: Person = ADA) -> Quoted:
    return Quoted(message_id, author, "…")


async def test_a_new_chat_knows_nothing_of_the_old_one_which_can_be_resumed(room: Room) -> None:
    await room.say("Hello, my name is Ada.")
    [begun] = await room.command("new", title="Other things")
    assert "Other things" in begun.text
    [unknown] = await room.say("What is my name?")
    assert "Ada" not in unknown.text
    [listed] = await room.command("chats")
    assert "1. **Other things** (2 messages, just now, this one)" in listed.text
    assert "2. **Hello, my name is Ada.** (2 messages, just now)" in listed.text
    [resumed] = await press(room, listed, "2. Hello")
    assert "**Hello, my name is Ada.** (2 messages)" in resumed.text
    [known] = await room.say("What is my name?")
    assert "Ada" in known.text


@pytest.mark.parametrize("wanted", ["2", "#2", "First", "first th", "THINGS"])
async def test_resume_by_number_or_title(room: Room, wanted: str) -> None:
    await room.command("new", title="First things")
    await room.command("new", title="Second")
    [answer] = await room.command("resume", chat=wanted)
    assert "**First things** (0 messages)" in answer.text


async def test_resume_of_what_is_not_there(room: Room) -> None:
    await room.say("Hello")
    [answer] = await room.command("resume", chat="7")
    assert "no such chat" in answer.text
    [listed] = await room.command("chats")
    assert listed.buttons == ()


async def test_forgetting_a_chat_asks_first(room: Room) -> None:
    await room.say("Hello, my name is Ada.")
    [question] = await room.command("forget")
    assert "all 2 messages of **Hello, my name is Ada.**" in question.text
    assert len(await texts(room)) == 2
    [done] = await press(room, question, "Forget it")
    assert "2 messages" in done.text
    assert await texts(room) == []
    [nothing] = await room.command("forget")
    assert "nothing" in nothing.text


async def test_forgetting_one_message_by_reply(room: Room) -> None:
    first = room.event("I like tea")
    await room.send(first)
    await room.say("I like coffee")
    event = room.event(
        addressed=Addressed.COMMAND, command=CommandUse("forget"), quoted=quote(first.message_id)
    )
    [done] = await room.send(event)
    assert done.text == "Forgotten: that message and my answer to it."
    assert (await texts(room))[0] == "I like coffee"
    assert len(await texts(room)) == 2


async def test_in_a_group_only_the_own_messages_are_forgotten(room: Room) -> None:
    group: dict[str, Any] = {"place": GROUP, "addressed": Addressed.MENTION}
    mine = room.event("I like tea", **group)
    await room.send(mine)
    forget: dict[str, Any] = {"place": GROUP, "addressed": Addressed.COMMAND, "command": CommandUse("forget")}
    [refused] = await room.send(room.event(author=BOB, quoted=quote(mine.message_id), **forget))
    assert "Only who wrote it" in refused.text
    [refused] = await room.send(room.event(author=BOB, **forget))
    assert "manages this channel" in refused.text
    [unknown] = await room.send(room.event(author=BOB, quoted=quote("m999"), **forget))
    assert "do not remember" in unknown.text
    assert len(await room.store.memory.recent(GROUP.conversation, 9)) == 2


async def test_context_says_what_is_seen_and_costs_nothing(room: Room) -> None:
    await room.say("Hello")
    spent, calls = await room.spent(), len(room.demo.requests)
    await room.command("character", persona="You are a grumpy lighthouse keeper.")
    [answer] = await room.command("context")
    assert "I see 2 messages of this chat; nothing is cut." in answer.text
    assert "own persona “You are a grumpy lighthouse keeper.”" in answer.text
    assert "web_search auto" in answer.text
    assert (await room.spent(), len(room.demo.requests)) == (spent, calls)


async def test_context_says_what_is_summed_up(room: Room) -> None:
    for n in range(3):
        await room.say(f"{n} " + "word " * 4000)
    [answer] = await room.command("context")
    assert "are summed up" in answer.text


async def test_a_reply_to_an_older_message_branches_and_the_chat_goes_on(room: Room) -> None:
    first, second = room.event("I like tea"), room.event("I like coffee")
    await room.send(first)
    await room.send(second)
    await room.say("and now?", quoted=quote("1", author=BOT))  # the first answer
    assert len(asked(room)) == 3
    assert asked(room)[0] == "I like tea"
    await room.say("and then?", quoted=quote(second.message_id))
    assert [text for text in asked(room) if "I like" in text][:1] == ["I like tea"]
    assert asked(room)[2] == "I like coffee"
    assert len(asked(room)) == 4
    await room.say("go on")
    assert len(asked(room)) == 9
    assert len(await texts(room)) == 10


async def test_a_reply_to_the_last_answer_or_to_what_is_not_remembered_is_no_branch(room: Room) -> None:
    await room.say("I like tea")
    await room.say("go on", quoted=quote("1", author=BOT))
    assert len(asked(room)) == 3
    await room.say("go on", quoted=quote("m999", author=BOB))
    assert len(asked(room)) == 5


async def test_after_long_silence_a_new_chat_begins_and_says_so(room: Room) -> None:
    await room.command("settings", name="idle_reset", value="0.5")
    await room.say("Hello, my name is Ada.")
    assert len(await room.say("What is my name?")) == 1
    room.ahead += 1801
    notice, answer = sorted(await room.say("What is my name?"), key=lambda m: "quiet" not in m.text)
    assert "quiet here for more than 0.5 h" in notice.text
    assert "Ada" not in answer.text
    await press(room, notice, "Resume the old chat")
    [known] = await room.say("What is my name?")
    assert "Ada" in known.text


async def test_silence_changes_nothing_by_default(room: Room) -> None:
    await room.parts.settings.put("bot", "web_search", "off", by="h", at=1.0)
    await room.say("Hello, my name is Ada.")
    room.ahead += 400 * 86_400
    [answer] = await room.say("What is my name?")
    assert "Ada" in answer.text
