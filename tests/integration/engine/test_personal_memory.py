"""A group in which everybody has a conversation of their own with the bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo import Fault
from bot.engine.flow.intake import from_payload, to_payload
from bot.messages import Addressed, Authority, Person
from tests.integration.engine.room import ADA, Message, Room, open_room
from tests.integration.engine.test_answer_buttons import press, started
from tests.integration.engine.test_edits import edit
from tests.integration.engine.test_turns import BOB, CHAT, GROUP, chats

ADAS, BOBS = replace(GROUP, member=ADA.id), replace(GROUP, member=BOB.id)
MODERATOR = Person("test", "9", "Mod")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        await opened.parts.settings.put(GROUP.channel_key, "memory", "personal", by="test", at=1.0)
        yield opened


async def mention(room: Room, text: str, author: Person = ADA, **fields: Any) -> list[Message]:
    return await room.say(text, author=author, place=GROUP, addressed=Addressed.MENTION, **fields)


async def remembered(room: Room) -> list[list[str]]:
    """What is remembered: of Ada, of Bob, of the room."""
    found = [await room.store.memory.recent(one.conversation, 50) for one in (ADAS, BOBS, GROUP)]
    return [[item.text for item in items] for items in found]


async def test_what_one_says_the_other_is_not_asked_about(room: Room) -> None:
    [first] = await mention(room, "My name is Ada and I like tea")
    [second] = await mention(room, "I like coffee", BOB)
    await mention(room, "What do I like?")
    sent = str(chats(room)[-1].json)
    assert "tea" in sent
    assert "coffee" not in sent
    adas, bobs, rooms = await remembered(room)
    assert adas[:2] == ["My name is Ada and I like tea", first.text]
    assert bobs == ["I like coffee", second.text]
    assert rooms == []


async def test_nobody_waits_for_anybody_else(room: Room) -> None:
    await started(room, author=ADA, place=GROUP, addressed=Addressed.MENTION)
    await room.parts.engine.submit(
        [room.event("Hello", author=BOB, place=GROUP, addressed=Addressed.MENTION)]
    )
    async with asyncio.timeout(3):
        while not (await remembered(room))[1]:
            await asyncio.sleep(0.01)
    assert (await remembered(room))[0] == []
    assert room.parts.engine.stop_answer(ADAS)


async def test_a_direct_chat_stays_as_it_is(room: Room) -> None:
    await room.parts.settings.put("bot", "memory", "personal", by="test", at=1.0)
    await room.say("Hello")
    assert room.event().place.direct
    assert len(await room.store.memory.recent(room.event().place.conversation, 5)) == 2


async def test_an_edit_finds_its_question(room: Room) -> None:
    asked = room.event("My name is Bda", place=GROUP, addressed=Addressed.MENTION)
    await room.send(asked)
    await room.send(replace(edit(room, asked, "My name is Ada"), place=GROUP))
    adas, _, _ = await remembered(room)
    assert adas[0] == "My name is Ada"
    assert len(adas) == 2


async def test_a_moderator_regenerates_in_the_askers_conversation(room: Room) -> None:
    [answer] = await mention(room, "Tell me a story")
    before = len(chats(room))
    await press(room, answer, "Regenerate", author=MODERATOR, place=GROUP, authority=Authority.MODERATOR)
    assert len(chats(room)) == before + 1
    adas, _, rooms = await remembered(room)
    assert adas[0] == "Tell me a story"
    assert (len(adas), rooms) == (2, [])


async def test_a_moderator_stops_what_somebody_else_is_told(room: Room) -> None:
    answer = await started(room, author=ADA, place=GROUP, addressed=Addressed.MENTION)
    await press(room, answer, "Stop", author=MODERATOR, place=GROUP, authority=Authority.MODERATOR)
    await room.parts.engine.idle()
    assert "(stopped)" in answer.text


async def test_a_bystander_stops_nothing(room: Room) -> None:
    answer = await started(room, author=ADA, place=GROUP, addressed=Addressed.MENTION)
    event = {"author": BOB, "place": GROUP}
    pressing = asyncio.create_task(press(room, answer, "Stop", **event))
    async with asyncio.timeout(3):
        while len(room.door.messages) < 2:
            await asyncio.sleep(0.01)
    assert "Only the person who asked" in room.door.texts[-1]
    assert room.parts.engine.stop_answer(ADAS)
    await pressing


async def test_a_deleted_message_is_forgotten_wherever_it_was_kept(room: Room) -> None:
    asked = room.event("My secret", place=GROUP, addressed=Addressed.MENTION)
    await room.send(asked)
    await mention(room, "Hello", BOB)
    await room.parts.engine.forgotten(GROUP, [asked.message_id])
    adas, bobs, _ = await remembered(room)
    assert adas == []
    assert len(bobs) == 2


async def test_deleting_the_question_stops_its_answer(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang(after=6))
    asked = room.event("Tell me a story", place=GROUP, addressed=Addressed.MENTION)
    await room.parts.engine.submit([asked])
    async with asyncio.timeout(3):
        while not room.door.texts:
            await asyncio.sleep(0.01)
    await room.parts.engine.forgotten(GROUP, [asked.message_id])
    await room.parts.engine.idle()
    assert await remembered(room) == [[], [], []]


async def test_what_is_overheard_belongs_to_the_room(room: Room) -> None:
    await room.parts.settings.put(GROUP.channel_key, "overhear", "10", by="test", at=1.0)
    await room.parts.settings.put(GROUP.channel_key, "heard", "on", by="test", at=1.0)
    line = room.event("The ferry is late", author=BOB, place=GROUP, addressed=Addressed.OVERHEARD)
    await room.send(line)
    await mention(room, "What happened?")
    assert "The ferry is late" in str(chats(room)[-1].json)


async def test_the_journal_keeps_whose_conversation_it_is(room: Room) -> None:
    asked = room.event("Hello", place=ADAS)
    assert from_payload(to_payload(asked)).place == ADAS
