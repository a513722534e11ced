"""Learning in passing: from own words only, where it is wanted, and never in anybody's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.engine.memory.shelves import CLOSED, DECLINED
from bot.messages import (
    Attachment,
    MediaKind,
    Quoted,
)
from bot.records import Cap, CapPeriod, CapUnit
from bot.remembered import Shelf
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.integration.engine.shelf import (
    BOB,
    CHAT,
    DOG,
    GROUP,
    calls,
    facts,
    labels,
    learning,
    press,
    question,
    say,
    setting,
    use,
)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, owner=False, long_memory=True) as opened:
        yield opened


async def test_learned_in_a_private_chat_and_undone(room: Room) -> None:
    answer, told = await say(room, DOG)
    assert answer.text
    assert told.text == "*Remembered about you: The person's dog is Bello.*"
    assert told.target.reply_to == "m1"
    [fact] = await facts(room)
    assert (fact.learned, fact.kind, fact.message_ids) == (True, Shelf.USER, ("m1",))
    [undone] = await press(room, told, "Undo")
    assert "Forgotten" in undone.text
    assert await facts(room) == []
    assert told.buttons == ()


async def test_two_facts_have_two_buttons(room: Room) -> None:
    _, told = await say(room, "My dog is Bello. My cat is Mia. My fish is Tom.")
    assert labels(told) == ["Undo 1", "Undo 2"]
    await press(room, told, "Undo 1")
    assert [fact.text for fact in await facts(room)] == ["The person's cat is Mia."]
    assert labels(told) == ["Undo 1", "Undo 2"]


async def test_nothing_is_learned_in_a_group_unless_its_person_chose_that(room: Room) -> None:
    await say(room, DOG, place=GROUP)
    assert learning(room) == []
    await setting(room, "on", place=GROUP)
    await say(room, "Our meeting is on Monday. My cat is Mia.", place=GROUP)
    assert [(fact.text, fact.kind) for fact in await facts(room)] == [
        ("The meeting is on Monday.", Shelf.CHANNEL)
    ]
    await setting(room, "on", person=ADA)
    await say(room, "My cat is Mia.", place=GROUP)
    await say(room, "My horse is Max.", place=GROUP, author=BOB)
    assert {fact.text for fact in await facts(room)} == {
        "The meeting is on Monday.",
        "The person's cat is Mia.",
    }


async def test_a_place_that_is_off_keeps_and_tells_nothing(room: Room) -> None:
    await use(room, "remember", place=GROUP, text=DOG)
    await setting(room, "on", person=ADA)
    await setting(room, "off", place=GROUP)
    before = len(calls(room, CHAT))
    await say(room, "My cat is Mia. Who is Bello?", place=GROUP)
    assert len(calls(room, CHAT)) == before + 1
    assert "about the person" not in question(room)
    [refused] = await use(room, "remember", place=GROUP, text="I like tea")
    assert refused.text == CLOSED
    [listed] = await use(room, "memory", place=GROUP)
    assert "dog is Bello" not in listed.text
    assert [fact.text for fact in await facts(room)] == [DOG]


async def test_a_person_who_declines_is_not_remembered(room: Room) -> None:
    await use(room, "remember", text=DOG)
    await setting(room, "on", place=GROUP)
    await setting(room, "off", person=ADA)
    await say(room, "Our meeting is on Monday. My cat is Mia.", place=GROUP)
    await say(room, "My horse is Max.")
    assert learning(room) == []
    assert "Bello" not in question(room)
    assert (await use(room, "remember", text="I like tea"))[0].text == DECLINED


@pytest.mark.parametrize(
    "text",
    ["Hello", "What is the capital of France?", "My key is sk-abcdefghijklmnop1234, keep it", "my " * 2_000],
)
async def test_what_is_not_worth_a_call(room: Room, text: str) -> None:
    await say(room, text)
    assert learning(room) == []


async def test_only_own_words_are_learned_from(room: Room) -> None:
    await say(room, "My dog is Bello.", forwarded=True)
    await say(room, "Is this right for you and me?", quoted=Quoted("q", BOB, "My dog is Bello."))
    room.door.files["f"] = b"My dog is Bello."
    file = Attachment(MediaKind.DOCUMENT, "f", "text/plain", "f.txt", 16)
    await say(room, "What is in my file?", attachments=(file,))
    assert await facts(room) == []
    assert all("Bello" not in str(body) for body in learning(room))


async def test_learning_is_bounded_by_the_hour(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engine.memory.learning.CALLS_AN_HOUR", 2)
    for name in ("Al", "Bo", "Cy"):
        await say(room, f"My dog is {name}.")
    assert len(learning(room)) == 2
    room.ahead = 3700
    await say(room, "My cat is Mia.")
    assert len(learning(room)) == 3


async def test_what_a_model_makes_up_is_checked(room: Room) -> None:
    """A secret in what the model wants kept, and a shelf that is not asked for."""
    await say(room, "My bank pin is 1234 and my dog is Bello.")
    assert await facts(room) == []
    await say(room, "My code is 4111111111111111.")
    assert await facts(room) == []


async def test_trouble_in_learning_is_silent(room: Room) -> None:
    await room.parts.models.catalogue()
    await room.parts.caps.put(Cap("bot", "chat", CapUnit.COUNT, CapPeriod.DAY, 100), room.parts.clock())
    room.demo.faults.next(CHAT, Fault.delay(0)).times(1)
    room.demo.faults.next(CHAT, Fault.status(500)).always()
    [answer] = await say(room, DOG)
    assert answer.text
    assert await facts(room) == []


async def test_a_question_deleted_meanwhile_is_not_learned_from(room: Room) -> None:
    """The side call is still under way when the message goes."""
    room.demo.faults.next(CHAT, Fault.delay(0)).times(1)
    room.demo.faults.next(CHAT, Fault.delay(0.5)).times(1)
    await room.parts.engine.submit([room.event(DOG)])
    while len(learning(room)) < 1:
        await asyncio.sleep(0.01)
    await room.parts.engine.forgotten(PLACE, ["m1"])
    await room.parts.engine.idle()
    assert await facts(room) == []
    assert not any("Remembered" in text for text in room.door.texts)
