"""Reminders from the words to the message, by command and by a model: once, late, cancelled, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.engine.reminding.alarm import GIVE_UP
from bot.engine.reminding.reminders import MOST_OPEN
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Addressed, ButtonPress, CommandUse, MessageRef, Part, Person, Place, Target
from storage.lease import Lease, release_all
from tests.integration.engine.room import ADA, PLACE, Message, Room, open_room

BOB = Person("test", "2", "Bob *the* [bold]")
GROUP = Place("test", "g", "room")
HOUR = 3600.0


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def remind(room: Room, when: str, what: str, **fields: Any) -> list[Message]:
    use = CommandUse("remind", {"when": when, "what": what})
    return await room.send(room.event(addressed=Addressed.COMMAND, command=use, **fields))


async def due(room: Room, minutes: int = 30, what: str = "feed the cat", **fields: Any) -> list[Message]:
    """A reminder that is due now: asked for as if that were earlier."""
    room.ahead = -60.0 * minutes
    shown = await remind(room, f"in {minutes} minutes", what, **fields)
    room.ahead = 0.0
    return shown


async def rung(room: Room) -> list[Message]:
    """What comes of what is due."""
    before = len(room.door.messages)
    await room.parts.alarm.ring()
    return list(room.door.messages.values())[before:]


async def press(room: Room, message: Message, number: int = 0, **fields: Any) -> list[Message]:
    button = [one for row in message.buttons for one in row][number]
    press = ButtonPress(button.id, "1")
    return await room.send(room.event(addressed=Addressed.BUTTON, press=press, **fields))


# --- asked for ---


async def test_asked_for_understood_and_delivered_once(room: Room) -> None:
    [confirmation] = await due(room)
    assert "I will remind you on **" in confirmation.text
    assert "(UTC)" in confirmation.text
    assert "/settings timezone" in confirmation.text
    [told] = await rung(room)
    assert told.text == "⏰ feed the cat"
    assert told.target.notify == ADA.id
    assert await rung(room) == []
    assert await room.store.reminders.open_of(room_person(room)) == []


def room_person(room: Room, person: Person = ADA) -> str:
    return room.parts.doorkeeper.person_subject(person).partition(":")[2]


async def test_nothing_is_said_before_its_time(room: Room) -> None:
    await remind(room, "in 20 minutes", "feed the cat")
    assert await rung(room) == []


async def test_in_ones_own_time_zone(room: Room) -> None:
    use = CommandUse("settings", {"name": "timezone", "value": "tokyo", "where": "user"})
    [changed] = await room.send(room.event(addressed=Addressed.COMMAND, command=use))
    assert "`Asia/Tokyo`" in changed.text
    [shown] = await remind(room, "2027-01-02 09:00", "tea")
    assert "Saturday, 2 January 2027, 09:00 (Asia/Tokyo, UTC+09:00)" in shown.text
    assert "/settings timezone" not in shown.text
    [kept] = await room.store.reminders.open_of(room_person(room))
    assert kept.due_at == 1798848000.0
    assert kept.zone == "Asia/Tokyo"


async def test_a_zone_that_is_none_is_refused_with_near_ones(room: Room) -> None:
    use = CommandUse("settings", {"name": "timezone", "value": "Berlim", "where": "user"})
    [answer] = await room.send(room.event(addressed=Addressed.COMMAND, command=use))
    assert "Europe/Berlin" in answer.text


async def test_zones_are_suggested_while_typed(room: Room) -> None:
    use = CommandUse("settings", {"name": "timezone"})
    event = room.event(addressed=Addressed.COMMAND, command=use)
    found = await room.parts.engine.complete(event, "value", "new y")
    assert [choice.value for choice in found] == ["America/New_York"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "Say when and what"),
        ({"when": "sometime"}, "do not understand that time"),
        ({"when": "tomorrow at 9"}, "what to remind you of"),
        ({"what": "feed the cat"}, "do not understand when"),
        ({"when": "2020-01-01 09:00", "what": "x"}, "is in the past"),
        ({"when": "in 9 years", "what": "x"}, "five years"),
        ({"when": "in 5 minutes", "what": "x" * 1001}, "up to 1,000 characters"),
    ],
)
async def test_what_cannot_be_understood_is_said(room: Room, options: dict[str, Any], says: str) -> None:
    [answer] = await room.command("remind", **options)
    assert says in answer.text
    assert await room.store.reminders.open_of(room_person(room)) == []


async def test_typed_as_one_line(room: Room) -> None:
    [answer] = await room.command("remind", what="in 20 minutes to feed the cat")
    assert "I will remind you" in answer.text
    [kept] = await room.store.reminders.open_of(room_person(room))
    assert kept.text == "feed the cat"


async def test_a_person_has_so_many_at_most(room: Room) -> None:
    for number in range(MOST_OPEN):
        await remind(room, "in 20 minutes", f"number {number}")
    [refused] = await remind(room, "in 20 minutes", "one too many")
    assert "which is the most" in refused.text
    [other] = await remind(room, "in 20 minutes", "fine", author=BOB)
    assert "I will remind you" in other.text


# --- taken back ---


async def test_cancelled_with_the_button(room: Room) -> None:
    [confirmation] = await due(room)
    [answer] = await press(room, confirmation)
    assert "Cancelled" in answer.text
    assert await rung(room) == []
    [late] = await press(room, confirmation)
    assert "no longer open" in late.text


async def test_nobody_else_cancels_it(room: Room) -> None:
    [confirmation] = await due(room, place=GROUP)
    await press(room, confirmation, author=BOB, place=GROUP)
    assert len(await rung(room)) == 1


async def test_listed_with_a_button_for_each(room: Room) -> None:
    await remind(room, "in 3 hours", "later *thing*")
    await remind(room, "in 2 hours", "sooner thing")
    await remind(room, "in 2 hours", "elsewhere", place=GROUP)
    await remind(room, "in 2 hours", "of another", author=BOB)
    [shown] = await room.command("reminders")
    assert shown.text.index("sooner") < shown.text.index("later \\*thing\\*")
    assert "elsewhere" in shown.text
    assert "of another" not in shown.text
    await press(room, shown, 1)
    [again] = await room.command("reminders")
    assert "elsewhere" not in again.text or "sooner" not in again.text


async def test_in_a_group_only_what_was_set_there_is_listed(room: Room) -> None:
    await remind(room, "in 2 hours", "private matter")
    await remind(room, "in 2 hours", "of the group", place=GROUP)
    use = CommandUse("reminders")
    [shown] = await room.send(room.event(addressed=Addressed.COMMAND, command=use, place=GROUP))
    assert "of the group" in shown.text
    assert "private matter" not in shown.text


async def test_forgotten_with_the_chat(room: Room) -> None:
    await room.say("Good morning")
    await due(room)
    [asked] = await room.command("forget")
    await press(room, asked)
    assert await rung(room) == []


# --- delivered ---


async def test_in_a_group_the_person_is_mentioned_and_their_name_formats_nothing(room: Room) -> None:
    await due(room, place=GROUP, author=BOB)
    [told] = await rung(room)
    assert told.text == "⏰ @Bob \\*the\\* \\[bold\\] feed the cat"
    assert told.target.notify == BOB.id
    assert told.target.place == GROUP


async def test_after_an_outage_it_says_that_it_is_late(room: Room) -> None:
    room.ahead = -5 * HOUR
    await remind(room, "in 1 hour", "feed the cat")
    room.ahead = 0.0
    [told] = await rung(room)
    assert "I am late: this was due on " in told.text


async def test_whoever_was_denied_meanwhile_is_not_reminded(room: Room) -> None:
    await due(room, author=BOB)
    rule = room.parts.doorkeeper.person_subject(BOB)
    await room.parts.doorkeeper.put_rule(rule, False, by="h", at=1.0)
    assert await rung(room) == []
    assert await room.store.reminders.open_of(room_person(room, BOB)) == []


class Trouble:
    """A door whose sends fail so often, with this failure; counts the tries."""

    def __init__(self, room: Room, failure: PlatformFailure, times: int) -> None:
        self.left, self.failure, self.tries = times, failure, 0
        self._send = room.door.send
        room.door.send = self.send

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: Any = ()) -> MessageRef:
        self.tries += 1
        if self.left > 0:
            self.left -= 1
            raise PlatformError(self.failure)
        return await self._send(target, part, nonce=nonce, buttons=buttons)


@pytest.mark.parametrize(
    "failure", [PlatformFailure.FORBIDDEN, PlatformFailure.GONE, PlatformFailure.AMBIGUOUS]
)
async def test_what_can_never_arrive_or_may_have_arrived_is_not_sent_again(
    room: Room, failure: PlatformFailure
) -> None:
    await due(room)
    trouble = Trouble(room, failure, 1)
    assert await rung(room) == []
    assert await rung(room) == []
    assert trouble.tries == 1
    assert await room.store.reminders.open_of(room_person(room)) == []


async def test_what_surely_did_not_arrive_is_tried_again_later_and_in_the_end_given_up(room: Room) -> None:
    await due(room)
    [kept] = await room.store.reminders.claim(["test"], 1)
    await room.store.reminders.begin(kept.id)
    await room.store.reminders.put_off(kept.id, 0)
    trouble = Trouble(room, PlatformFailure.MOVED, 1)  # to nowhere: the answer ends without a message
    assert await rung(room) == []
    [waiting] = await room.store.reminders.open_of(room_person(room))
    assert waiting.begun_at is None
    at = await room.store.reminders.next_at(["test"])
    assert at is not None
    assert at > room.parts.clock()
    await room.store.reminders.put_off(kept.id, 0)
    assert trouble.tries == 1
    assert GIVE_UP > HOUR


async def test_one_that_a_dead_process_had_begun_is_sent_again_only_where_that_is_not_seen(
    room: Room,
) -> None:
    """The door in memory does not know repeated sends."""
    await due(room)
    [kept] = await room.store.reminders.claim(["test"], 1)
    assert await room.store.reminders.begin(kept.id)
    await release(room)
    assert await rung(room) == []
    assert await room.store.reminders.open_of(room_person(room)) == []
    room.door.capabilities = replace(room.door.capabilities, repeatable_sends=True, repeat_seconds=120.0)
    await due(room, what="tea")
    [kept] = await room.store.reminders.claim(["test"], 1)
    assert await room.store.reminders.begin(kept.id)
    await release(room)
    [told] = await rung(room)
    assert told.text == "⏰ tea"


async def release(room: Room) -> None:
    """Let leases run out, as after the death of the process that held them."""
    lease = Lease("other", room.parts.clock, 60)
    await room.store.database.write(lambda connection: release_all(connection, lease))


async def test_two_alarms_ring_once(room: Room) -> None:
    await due(room)
    await due(room, what="tea")
    before = len(room.door.messages)
    await asyncio.gather(room.parts.alarm.ring(), room.parts.alarm.ring(), room.parts.alarm.ring())
    assert len(room.door.messages) == before + 2


async def test_the_runner_wakes_for_what_is_asked_for_and_ends_when_closed(room: Room) -> None:
    running = asyncio.create_task(room.parts.alarm.run())
    await asyncio.sleep(0.05)
    before = len(room.door.messages)
    await due(room)
    async with asyncio.timeout(5):
        while len(room.door.messages) < before + 2:
            await asyncio.sleep(0.01)
    room.parts.alarm.close()
    await asyncio.wait_for(running, 5)


# --- by a model ---


async def test_a_model_sets_one_and_people_see_how_it_was_understood(room: Room) -> None:
    shown = await room.say('use tool remind {"text": "feed the cat", "at": "2027-01-02T09:00"}')
    said = "\n".join(message.text for message in shown)
    assert "Reminder set for Saturday, 2 January 2027, 09:00" in said
    [notice] = [message for message in shown if message.text.startswith("⏰")]
    [answer] = await press(room, notice)
    assert "Cancelled" in answer.text
    items = await room.store.memory.recent(PLACE.conversation, 5)
    assert "set a reminder for Saturday, 2 January 2027" in items[-1].media_note


async def test_in_plain_words_through_the_demo(room: Room) -> None:
    await room.say("Please remind me in 20 minutes to feed the cat")
    [kept] = await room.store.reminders.open_of(room_person(room))
    assert kept.text == "feed the cat"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ('{"text": "x"}', "either"),
        ('{"text": "x", "at": "2027-01-02T09:00", "in_minutes": 5}', "either"),
        ('{"text": "x", "at": "tomorrow"}', "no time like"),
        ('{"text": "x", "at": "2020-01-02T09:00"}', "It is now"),
        ('{"text": "x", "in_minutes": -5}', "at least"),
        ('{"text": "x", "in_minutes": 1e12}', "at most"),
        ('{"text": "x", "in_minutes": NaN}', "finite"),
        ('{"text": "x", "in_minutes": true}', "type number"),
    ],
)
async def test_a_models_bad_times_are_told_to_it(room: Room, arguments: str, says: str) -> None:
    await room.say(f"use tool remind {arguments}")
    body: Any = room.demo.requests[-1].json
    assert says in body["messages"][-1]["content"]
    assert await room.store.reminders.open_of(room_person(room)) == []


async def test_a_model_learns_what_time_it_is_here_without_touching_the_prefix(room: Room) -> None:
    use = CommandUse("settings", {"name": "timezone", "value": "Asia/Tokyo", "where": "user"})
    await room.send(room.event(addressed=Addressed.COMMAND, command=use))
    await room.say("use tool current_time {}")
    first, second = ([m.get("content", "") for m in body["messages"]] for body in bodies(room))
    assert "(Asia/Tokyo, UTC+09:00)" in second[-1]
    assert first[0] == second[0]
    assert "Tokyo" not in "".join(first)


def bodies(room: Room) -> list[Any]:
    return [one.json for one in room.demo.requests if one.path == "/chat/completions"]
