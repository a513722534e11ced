"""Messages edited and deleted afterwards: what is answered anew, forgotten, stopped, paid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault
from bot.engine.money.caps import period_at
from bot.messages import Addressed, ButtonPress, CommandUse, Incoming, Person
from bot.records import ALL_MEDIA, CapPeriod, CapUnit, counter_key
from tests.integration.engine.room import ADA, PLACE, Room, open_room

BOB = Person("test", "2", "Bob")
CHAT = "/chat/completions"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def edit(room: Room, old: Incoming, text: str, **fields: Any) -> Incoming:
    return room.event(text, author=old.author, message_id=old.message_id, edits=old.message_id, **fields)


async def texts(room: Room) -> list[str]:
    return [item.text for item in await room.store.memory.recent(PLACE.conversation, 100)]


def calls(room: Room) -> list[list[str]]:
    """What each chat call asked, without the system message."""
    bodies: list[Any] = [request.json for request in room.demo.requests if request.path == CHAT]
    return [[str(message["content"]) for message in body["messages"][1:]] for body in bodies]


async def held(room: Room) -> int:
    """Micro-USD reserved or spent on today's whole-bot cap."""
    period = period_at(CapPeriod.DAY, room.parts.clock())
    key = counter_key("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, period.name)
    return sum(state.used for state in await room.store.money.counters([key]))


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.01)


# --- edits ---


async def test_editing_the_last_question_answers_it_anew_in_its_place(room: Room) -> None:
    await room.say("I like tea")
    asked = room.event("My name is Bda")
    [answer] = await room.send(asked)
    before = await texts(room)
    assert await room.send(edit(room, asked, "My name is Ada")) == []
    assert "Ada" in answer.text
    assert calls(room)[-1] == [*before[:2], "My name is Ada"]
    assert await texts(room) == [*before[:2], "My name is Ada", answer.text]
    assert 0 < await room.spent() == await held(room)
    [item] = await room.store.memory.recent(PLACE.conversation, 1)
    assert item.message_ids == (next(key for key, one in room.door.messages.items() if one is answer),)


async def test_an_answer_that_cannot_be_changed_is_followed_by_a_new_one(room: Room) -> None:
    """A voice, or one that only a restarted house would know as text."""
    await room.parts.settings.put(PLACE.channel_key, "reply_mode", "both", by="h", at=1.0)
    asked = room.event("My name is Bda")
    before = len(await room.send(asked))
    again = await room.send(edit(room, asked, "My name is Ada"))
    assert len(again) == before
    assert "Ada" in again[0].text
    assert again[0].target.reply_to == asked.message_id


async def test_an_edited_question_can_be_edited_again(room: Room) -> None:
    asked = room.event("one")
    await room.send(asked)
    await room.send(edit(room, asked, "two"))
    await room.send(edit(room, asked, "three"))
    assert calls(room) == [["one"], ["two"], ["three"]]
    assert (await texts(room))[0] == "three"
    assert len(await texts(room)) == 2


async def test_an_edit_that_cannot_be_answered_leaves_memory_alone(room: Room) -> None:
    asked = room.event("one")
    await room.send(asked)
    before = await texts(room)
    shown = list(room.door.texts)
    room.demo.faults.next(CHAT, Fault.status(500)).always()
    [sentence] = await room.send(edit(room, asked, "two"))
    assert "try again" in sentence.text
    assert room.door.texts[:-1] == shown
    assert await texts(room) == before
    assert await room.spent() == await held(room)


async def test_an_edit_before_the_first_word_asks_with_the_new_text_only(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang())
    asked = room.event("My name is Bda")
    await room.parts.engine.submit([asked])
    await until(lambda: calls(room))
    [answer] = await room.send(edit(room, asked, "My name is Ada"))
    assert "Ada" in answer.text
    assert calls(room) == [["My name is Bda"], ["My name is Ada"]]
    assert await texts(room) == ["My name is Ada", answer.text]
    assert await room.spent() == await held(room)


async def test_an_edit_while_the_answer_grows_fills_the_same_message_anew(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang(30))
    asked = room.event("Write a long story")
    await room.parts.engine.submit([asked])
    await until(lambda: room.door.texts)
    assert await room.send(edit(room, asked, "My name is Ada")) == []
    [answer] = room.door.texts
    assert "Ada" in answer
    assert await texts(room) == ["My name is Ada", answer]
    assert 0 < await room.spent() == await held(room)


async def test_an_edit_of_a_waiting_question_changes_it(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang())
    asked = room.event("And my name is Bda", author=BOB)
    await room.parts.engine.submit([room.event("first")])
    await until(lambda: calls(room))
    await room.parts.engine.submit([asked])
    await room.send(edit(room, asked, "And my name is Ada"))
    assert calls(room)[-1][-1] == "And my name is Ada"
    assert sum("And my name" in text for text in await texts(room)) == 1
    assert await room.spent() == await held(room)


async def test_editing_an_older_question_offers_a_branch(room: Room) -> None:
    await room.say("I like tea")
    asked = room.event("I like rain")
    await room.send(asked)
    await room.say("I like snow")
    before, count = await texts(room), len(calls(room))
    [offer] = await room.send(edit(room, asked, "My name is Ada"))
    assert len(calls(room)) == count
    [[button]] = offer.buttons
    press = ButtonPress(button.id, "1")
    [answer] = await room.send(room.event(addressed=Addressed.BUTTON, press=press))
    assert calls(room)[-1] == [*before[:2], "My name is Ada"]
    assert await texts(room) == [*before[:2], "My name is Ada", answer.text]
    [listed] = await room.command("chats")
    assert "**Branch: My name is Ada** (4 messages" in listed.text
    await room.command("resume", chat="I like tea")
    assert await texts(room) == before


@pytest.mark.parametrize("author", [ADA, BOB])
async def test_an_edit_of_what_was_no_question_is_ignored(room: Room, author: Person) -> None:
    await room.say("Hello")
    stranger = room.event("never said", author=author, message_id="m77")
    assert await room.send(edit(room, stranger, "My name is Ada")) == []
    answer = room.event("", message_id="1")  # the bot's own message
    assert await room.send(edit(room, answer, "My name is Ada")) == []
    assert len(calls(room)) == 1
    assert len(await texts(room)) == 2


async def test_the_same_edit_twice_is_answered_once(room: Room) -> None:
    asked = room.event("one")
    await room.send(asked)
    changed = edit(room, asked, "two")
    await room.send(changed)
    await room.send(changed)
    assert calls(room) == [["one"], ["two"]]


async def test_an_edited_search_searches_again(room: Room) -> None:
    use: dict[str, Any] = {"addressed": Addressed.COMMAND}
    asked = room.event(command=CommandUse("search", {"question": "news about rain"}), **use)
    [answer] = await room.send(asked)
    again = edit(room, asked, "", command=CommandUse("search", {"question": "news about snow"}), **use)
    assert await room.send(again) == []
    assert "**Sources**" in answer.text
    assert "snow" in answer.text
    assert calls(room)[-1] == ["news about snow"]
    assert (await texts(room))[0] == "news about snow"


# --- deletions ---


async def test_a_deleted_question_is_forgotten_with_its_answer(room: Room) -> None:
    asked = room.event("My name is Ada")
    await room.send(asked)
    await room.say("I like tea")
    await room.parts.engine.forgotten(PLACE, [asked.message_id, "unknown"])
    assert (await texts(room))[0] == "I like tea"
    assert len(await texts(room)) == 2
    assert await room.spent() == await held(room)


async def test_a_deleted_answer_leaves_its_question(room: Room) -> None:
    await room.say("I like tea")
    await room.parts.engine.forgotten(PLACE, ["1"])
    assert await texts(room) == ["I like tea"]


async def test_deleting_a_question_stops_its_answer(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang(30))
    asked = room.event("Write a long story")
    await room.parts.engine.submit([asked])
    await until(lambda: room.door.texts)
    await room.parts.engine.forgotten(PLACE, [asked.message_id])
    await room.parts.engine.idle()
    assert len(room.door.texts) == 1
    assert await texts(room) == []
    assert 0 < await room.spent() == await held(room)


async def test_deleting_a_waiting_question_takes_it_out_of_the_line(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang())
    asked = room.event("second", author=BOB)
    await room.parts.engine.submit([room.event("first")])
    await until(lambda: calls(room))
    await room.parts.engine.submit([asked])
    await room.parts.engine.forgotten(PLACE, [asked.message_id])
    await room.parts.engine.idle()
    assert all("second" not in call for call in calls(room))


async def test_deleting_one_of_two_messages_asks_with_the_other(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang())
    first, second = room.event("I like tea"), room.event("My name is Ada")
    await room.parts.engine.submit([first])
    await until(lambda: calls(room))
    room.demo.faults.next(CHAT, Fault.hang())
    await room.parts.engine.submit([second])
    await until(lambda: len(calls(room)) == 2)
    await room.parts.engine.forgotten(PLACE, [first.message_id])
    await room.parts.engine.idle()
    assert calls(room) == [["I like tea"], ["I like tea\nMy name is Ada"], ["My name is Ada"]]
    assert (await texts(room))[0] == "My name is Ada"
    assert await room.spent() == await held(room)
