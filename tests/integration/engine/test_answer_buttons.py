"""The buttons under an answer: what each does, who may press it, and what is left afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.assembly import assemble
from bot.demo import Fault
from bot.messages import Addressed, Button, ButtonPress, MediaKind, Person
from bot.records import HistoryItem, Role
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room
from tests.integration.engine.test_turns import BOB, CHAT, GROUP, chats, held, last_body, micro

STORY = "Tell me a story about a lighthouse."


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


def button(message: Message, label: str) -> Button:
    return next(one for row in message.buttons for one in row if one.label.startswith(label))


def labels(message: Message) -> list[str]:
    return [one.label for row in message.buttons for one in row]


async def press(room: Room, message: Message, label: str, **fields: Any) -> list[Message]:
    """Press a button; returns the messages that came of it."""
    key = next(key for key, one in room.door.messages.items() if one is message)
    pressed = ButtonPress(button(message, label).id, key)
    event = room.event(addressed=Addressed.BUTTON, press=pressed, **fields)
    return await room.send(replace(event, message_id=key))


async def history(room: Room) -> list[HistoryItem]:
    return await room.store.memory.recent(PLACE.conversation, 50)


async def buttons_setting(room: Room, value: str) -> None:
    await room.parts.settings.put(PLACE.channel_key, "buttons", value, by="h", at=1.0)


async def started(room: Room, text: str = STORY, **fields: Any) -> Message:
    """Ask and return the answer's first message while the rest hangs."""
    room.demo.faults.next(CHAT, Fault.hang(after=6)).times(1)
    before = len(room.door.messages)
    await room.parts.engine.submit([room.event(text, **fields)])
    async with asyncio.timeout(3):
        while len(room.door.messages) == before:
            await asyncio.sleep(0.01)
    return list(room.door.messages.values())[before]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("off", []),
        ("few", ["Regenerate", "More"]),
        ("all", ["Regenerate", "Other model", "Listen", "More"]),
    ],
)
async def test_the_setting_says_how_many_buttons_there_are(
    room: Room, level: str, expected: list[str]
) -> None:
    await buttons_setting(room, level)
    [answer] = await room.say(STORY)
    assert labels(answer) == expected
    assert len(answer.buttons) <= 2


# --- stop ---


async def test_stop_keeps_what_is_there_and_offers_to_go_on(room: Room) -> None:
    answer = await started(room)
    assert labels(answer) == ["Stop"]
    assert await press(room, answer, "Stop") == []
    assert answer.text.endswith("*(stopped)*")
    assert labels(answer) == ["Continue", "Regenerate", "More"]
    asked, said = await history(room)
    assert (asked.text, said.role) == (STORY, Role.BOT)
    assert said.text
    assert answer.text == f"{said.text}\n\n*(stopped)*"
    assert not any("interrupted" in text for text in room.door.texts)
    assert 0 < await room.spent() == await held(room)


async def test_the_stop_command_does_the_same(room: Room) -> None:
    answer = await started(room)
    [said] = await room.command("stop")
    assert said.text == "Stopped."
    assert answer.text.endswith("*(stopped)*")
    [nothing] = await room.command("stop")
    assert "Nothing is being written" in nothing.text


async def test_a_stop_before_the_first_word_can_be_asked_again(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.hang()).times(1)
    await room.parts.engine.submit([room.event(STORY)])
    async with asyncio.timeout(3):
        while not chats(room):
            await asyncio.sleep(0.01)
    await room.command("stop")
    [answer] = [one for one in room.door.messages.values() if "before the first word" in one.text]
    assert labels(answer) == ["Regenerate", "More"]
    assert await press(room, answer, "Regenerate") == []
    assert "before the first word" not in answer.text
    asked, said = await history(room)
    assert (asked.text, said.text) == (STORY, answer.text)
    assert said.media_note == ""


async def test_a_bystander_cannot_stop_and_the_asker_can(room: Room) -> None:
    eve = Person("test", "9", "Eve")
    answer = await started(room, author=BOB, place=GROUP, addressed=Addressed.MENTION)
    key = next(iter(room.door.messages))
    stop = ButtonPress(button(answer, "Stop").id, key)
    await room.parts.engine.submit(
        [room.event(author=eve, place=GROUP, addressed=Addressed.BUTTON, press=stop, message_id=key)]
    )
    await asyncio.sleep(0.1)
    assert labels(answer) == ["Stop"]
    await press(room, answer, "Stop", author=BOB, place=GROUP)
    assert answer.text.endswith("*(stopped)*")


async def test_a_late_stop_says_that_the_answer_is_over(room: Room) -> None:
    answer = await started(room)
    stop = ButtonPress(button(answer, "Stop").id, "1")
    await room.command("stop")
    [said] = await room.send(room.event(addressed=Addressed.BUTTON, press=stop))
    assert said.text == "This answer is not being written any more."


async def test_what_was_asked_meanwhile_is_answered_after_a_stop(room: Room) -> None:
    answer = await started(room)
    await room.parts.engine.submit([room.event("What is 2 + 2?", author=BOB)])
    await press(room, answer, "Stop")
    assert answer.text.endswith("*(stopped)*")
    assert [item.text for item in await history(room)][2] == "What is 2 + 2?"
    assert len(chats(room)) == 2


async def test_without_buttons_there_is_none_while_writing_either(room: Room) -> None:
    await buttons_setting(room, "off")
    answer = await started(room)
    assert answer.buttons == ()
    await room.command("stop")
    assert answer.text.endswith("*(stopped)*")
    assert answer.buttons == ()
    [receipt] = await room.command("receipt")
    assert "estimated" in receipt.text


async def test_a_closing_house_keeps_the_part_and_says_so(room: Room) -> None:
    answer = await started(room)
    await room.parts.engine.drain(0)
    assert "stopped" not in answer.text
    assert labels(answer) == ["Continue", "Regenerate", "More"]
    assert any("interrupted" in text for text in room.door.texts)
    assert (await history(room))[1].text == answer.text
    await press(room, answer, "Continue")
    assert (await history(room))[1].text.startswith(answer.text)


async def test_a_stop_at_any_moment_leaves_the_caps_exact(room: Room) -> None:
    for pause in (0, 0, 0, 0.001, 0.003, 0.01, 0.02):
        await room.parts.engine.submit([room.event(STORY)])
        await asyncio.sleep(pause)
        await room.command("stop")
    assert await room.spent() == await held(room)


# --- regenerate ---


async def test_regenerate_replaces_the_answer_in_place_and_in_memory(room: Room) -> None:
    await room.say("Hello, my name is Ada.")
    [answer] = await room.say(STORY)
    await room.say("Thank you!")
    first: Any = chats(room)[1].json
    answer.text = "an earlier text"
    assert await press(room, answer, "Regenerate") == []
    assert last_body(room)["messages"] == first["messages"]
    assert answer.text != "an earlier text"
    items = await history(room)
    assert [item.role for item in items] == [Role.PERSON, Role.BOT] * 3
    assert items[3].text == answer.text
    assert items[3].message_ids == ("2",)
    assert labels(answer) == ["Regenerate", "More"]
    assert await room.spent() == await held(room) == micro(chats(room))


async def test_a_button_of_an_earlier_form_is_too_old(room: Room) -> None:
    [answer] = await room.say(STORY)
    old = button(answer, "Regenerate")
    await press(room, answer, "Regenerate")
    calls = len(chats(room))
    [said] = await room.send(room.event(addressed=Addressed.BUTTON, press=ButtonPress(old.id, "1")))
    assert "too old" in said.text
    assert len(chats(room)) == calls


async def test_a_refused_regenerate_leaves_the_old_answer(room: Room) -> None:
    [answer] = await room.say(STORY)
    before, rows = answer.text, answer.buttons
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    messages = await press(room, answer, "Regenerate")
    assert len(messages) == 1
    assert (answer.text, answer.buttons) == (before, rows)
    assert (await history(room))[-1].text == before
    await press(room, answer, "Regenerate")
    assert labels(answer) == ["Regenerate", "More"]


async def test_a_forgotten_question_cannot_be_asked_again(room: Room) -> None:
    [answer] = await room.say(STORY)
    await room.store.memory.forget(PLACE.conversation)
    [said] = await press(room, answer, "Regenerate")
    assert "no longer remember" in said.text
    assert await history(room) == []


async def test_only_the_asker_or_a_moderator_may_press(room: Room) -> None:
    asked: dict[str, Any] = {"place": GROUP, "addressed": Addressed.MENTION}
    [answer] = await room.say(STORY, author=BOB, **asked)
    [said] = await press(room, answer, "Regenerate", author=Person("test", "9", "Eve"), place=GROUP)
    assert "Only the person who asked" in said.text
    assert await press(room, answer, "Regenerate", author=ADA, place=GROUP) == []
    assert len(chats(room)) == 2


async def test_buttons_work_after_a_restart(room: Room) -> None:
    [answer] = await room.say(STORY)
    text = answer.text
    room.parts = assemble(
        room.store, room.client, {"test": room.door}, key=b"key", owners=frozenset({ADA.key})
    )
    await room.parts.load()
    [receipt] = await room.command("receipt")
    assert "Cost: $" in receipt.text
    answer.text = "shown before the restart"
    assert await press(room, answer, "Regenerate") == []
    assert answer.text == text
    assert len(await history(room)) == 2


async def test_a_spoken_answer_is_regenerated_as_a_new_message(room: Room) -> None:
    await room.parts.settings.put(PLACE.channel_key, "reply_mode", "voice", by="h", at=1.0)
    [spoken] = await room.say(STORY)
    assert labels(spoken) == ["Regenerate", "More"]
    [again] = await press(room, spoken, "Regenerate")
    assert again.media[0].kind is MediaKind.VOICE
    assert spoken.buttons == ()
    assert labels(again) == ["Regenerate", "More"]
    assert [item.message_ids for item in await history(room)] == [("m1",), ("2",)]


# --- continue ---


async def test_continue_goes_on_where_the_limit_cut(room: Room) -> None:
    await room.parts.settings.put(PLACE.channel_key, "answer_length", "16", by="h", at=1.0)
    [answer] = await room.say(STORY)
    assert labels(answer) == ["Continue", "Regenerate", "More"]
    cut = (await history(room))[1].text
    further, *_ = await press(room, answer, "Continue")
    messages = last_body(room)["messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == cut
    assert answer.buttons == ()
    asked, said = await history(room)
    assert asked.text == STORY
    assert said.text.startswith(cut)
    assert len(said.text) > len(cut)
    assert said.message_ids == ("1", "2")
    assert "Regenerate" in labels(further)
    assert await room.spent() == await held(room) == micro(chats(room))


async def test_a_broken_answer_is_remembered_and_continued(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.drop(after=6)).times(1)
    answer, sorry = await room.say(STORY)
    assert labels(answer) == ["Continue", "Regenerate", "More"]
    assert sorry.buttons == ()
    assert (await history(room))[1].text == answer.text
    await press(room, answer, "Continue")
    assert answer.buttons == ()
    assert (await history(room))[1].text.startswith(answer.text)


async def test_a_continue_that_fails_can_be_pressed_again(room: Room) -> None:
    room.demo.faults.next(CHAT, Fault.drop(after=6)).times(1)
    answer, _ = await room.say(STORY)
    room.demo.faults.next(CHAT, Fault.status(402)).times(1)
    [sorry] = await press(room, answer, "Continue")
    assert sorry.buttons == ()
    assert (await history(room))[1].text == answer.text
    await press(room, answer, "Continue")
    assert answer.buttons == ()
    assert len((await history(room))[1].text) > len(answer.text)


# --- other model, listen, receipt ---


async def test_another_model_answers_this_one_only(room: Room) -> None:
    await buttons_setting(room, "all")
    [answer] = await room.say(STORY)
    usual = last_body(room)["model"]
    [offer] = await press(room, answer, "Other model")
    assert 1 <= len(labels(offer)) <= 6
    assert all("$" in label for label in labels(offer))
    await press(room, offer, labels(offer)[0])
    other = last_body(room)["model"]
    assert other != usual
    assert offer.buttons == ()
    assert len(await history(room)) == 2
    await room.say("And now?")
    assert last_body(room)["model"] == usual


async def test_listen_speaks_the_answer_and_costs_what_it_costs(room: Room) -> None:
    await buttons_setting(room, "all")
    [answer] = await room.say(STORY)
    [voice] = await press(room, answer, "Listen")
    assert voice.media[0].kind is MediaKind.VOICE
    assert {row.medium for row in await room.store.money.usage(since=0)} == {"chat", "voice"}
    assert labels(answer) == ["Regenerate", "Other model", "Listen", "More"]


async def test_more_shows_the_receipt_to_the_presser_and_what_else_there_is(room: Room) -> None:
    room.door.capabilities = replace(room.door.capabilities, private_replies=True)
    [answer] = await room.say(STORY)
    [receipt] = await press(room, answer, "More")
    assert receipt.target.private
    assert f"Cost: ${await room.spent() / 1e6:.6f}" in receipt.text
    assert "Tokens: " in receipt.text
    assert labels(receipt) == ["Other model", "Listen"]
    [same] = await room.command("receipt")
    assert same.text in receipt.text


async def test_thinking_is_shown_on_request_and_never_stored(room: Room) -> None:
    await room.parts.settings.put(PLACE.channel_key, "thinking", "high", by="h", at=1.0)
    [answer] = await room.say(STORY)
    [receipt] = await press(room, answer, "More")
    assert "**What the model thought**\n\n> " in receipt.text
    thought = receipt.text.rpartition("> ")[2]
    assert thought not in answer.text
    stored = await room.store.buttons.recent("answer", PLACE.channel_key, time.time(), 5)
    assert thought not in stored[0].payload
    assert STORY not in stored[0].payload


async def test_expired_buttons_are_purged(room: Room) -> None:
    [answer] = await room.say(STORY)
    assert await room.store.buttons.purge(time.time() + 8 * 24 * 3600) == 1
    [said] = await press(room, answer, "More")
    assert "too old" in said.text
