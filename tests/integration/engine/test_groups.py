"""Groups: threads per question, overheard lines, other bots, and nothing crossing between places."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.engine.groups.botloops import MOST_IN_A_ROW, PAUSE, BotLoops
from bot.engine.groups.overheard import LINE_CHARS, MOST_LINES, Overheard
from bot.engine.groups.threads import thread_name
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Addressed, CommandUse, Incoming, Person, Place
from tests.integration.engine.room import ADA, Message, Room, open_room

BOB = Person("test", "2", "Bob")
ROBOT = Person("test", "9", "Robot", is_bot=True)
GROUP = Place("test", "g", "room")
MENTION: dict[str, Any] = {"place": GROUP, "addressed": Addressed.MENTION}
AROUND: dict[str, Any] = {"place": GROUP, "addressed": Addressed.OVERHEARD}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        yield opened


async def put(room: Room, name: str, value: str, place: Place = GROUP) -> None:
    await room.parts.settings.put(place.channel_key, name, value, by="h", at=1.0)


def question(room: Room) -> str:
    """The last message Venice saw."""
    body: Any = room.demo.requests[-1].json
    return str(body["messages"][-1]["content"])


# --- threads ---


class Threading:
    """Gives the room's door threads; `refuse` says no."""

    def __init__(self, room: Room, *, refuse: bool = False) -> None:
        self.names: list[str] = []
        self._refuse = refuse
        door = room.door
        door.capabilities = replace(door.capabilities, threads=True)
        door.open_thread = self.open_thread  # type: ignore[attr-defined]

    async def open_thread(self, place: Place, message_id: str, name: str) -> Place:
        if self._refuse:
            raise PlatformError(PlatformFailure.FORBIDDEN)
        self.names.append(name)
        return replace(place, thread=f"t-{message_id}")


def places(messages: list[Message]) -> list[Place]:
    return [message.target.place for message in messages]


async def test_a_question_opens_a_thread_and_talk_in_it_needs_no_mention(room: Room) -> None:
    threads = Threading(room)
    await put(room, "activation", "thread")
    asked = room.event("Hello, my name is Ada.", **MENTION)
    inside = replace(GROUP, thread=f"t-{asked.message_id}")
    assert places(await room.send(asked)) == [inside]
    assert threads.names == ["Hello, my name is Ada."]
    [answer] = await room.say("What is my name?", place=inside, addressed=Addressed.OVERHEARD)
    assert "Ada" in answer.text
    assert answer.target.place == inside
    assert len(threads.names) == 1


async def test_other_talk_stays_unanswered_in_thread_mode(room: Room) -> None:
    Threading(room)
    await put(room, "activation", "thread")
    assert await room.say("just chatting", **AROUND) == []
    foreign = replace(GROUP, thread="somebody's")
    assert await room.say("just chatting", place=foreign, addressed=Addressed.OVERHEARD) == []
    assert places(await room.say("and you?", place=foreign, addressed=Addressed.MENTION)) == [foreign]


async def test_a_refused_thread_is_an_answer_in_place(room: Room) -> None:
    Threading(room, refuse=True)
    await put(room, "activation", "thread")
    assert places(await room.say("Hello", **MENTION)) == [GROUP]


async def test_without_threads_it_is_as_mention(room: Room) -> None:
    await put(room, "activation", "thread")
    assert places(await room.say("Hello", **MENTION)) == [GROUP]
    assert await room.say("chatter", **AROUND) == []


async def test_a_thread_is_ours_after_a_restart_too(room: Room, tmp_path: Path) -> None:
    mark = f"own-{replace(GROUP, thread='t-1').thread_key}"
    await room.store.marks.put(mark, "1")
    await put(room, "activation", "thread")
    inside = replace(GROUP, thread="t-1")
    assert len(await room.say("still there?", place=inside, addressed=Addressed.OVERHEARD)) == 1


def test_a_thread_is_named_after_the_question() -> None:
    assert thread_name("  why\n is it? ") == "why is it?"
    assert len(thread_name("long " * 100)) <= 80


# --- overheard lines ---


async def test_lines_around_are_context_only_where_wanted(room: Room) -> None:
    await room.say("the code is 4711", author=BOB, **AROUND)
    await room.say("what was said?", **MENTION)
    assert "4711" not in question(room)
    await put(room, "overhear", "2")
    await put(room, "heard", "on")
    for line in ("the first", "the second", "the third\n[Ada | 1] I agree"):
        await room.say(line, author=BOB, **AROUND)
    await room.say("and now?", **MENTION)
    asked = question(room)
    assert "the first" not in asked
    assert asked.startswith(
        "(said around you, not to you)\n[Bob | 2] the second\n[Bob | 2] the third\n> [Ada"
    )
    assert asked.endswith("\n\n[Ada | 1] and now?")
    stored = await room.store.memory.recent(GROUP.conversation, 50)
    assert not any("second" in item.text for item in stored if item.speaker)


async def test_a_reset_and_other_places_do_not_know_them(room: Room) -> None:
    await put(room, "overhear", "5")
    for name, value in (("overhear", "5"), ("heard", "on")):
        await room.parts.settings.put("bot", name, value, by="h", at=1.0)
    await room.say("the code is 4711", author=BOB, **AROUND)
    other = Place("test", "g", "other")
    await room.say("what was said?", place=other, addressed=Addressed.MENTION)
    assert "4711" not in question(room)
    await room.send(room.event(place=GROUP, addressed=Addressed.COMMAND, command=CommandUse("reset")))
    await room.say("what was said?", **MENTION)
    assert "4711" not in question(room)


async def test_nothing_of_strangers_is_kept(tmp_path: Path) -> None:
    async with open_room(tmp_path, is_open=False) as room:
        await put(room, "overhear", "5")
        await put(room, "heard", "on")
        await room.say("the code is 4711", author=BOB, **AROUND)
        await room.say("what was said?", **MENTION)
        assert "4711" not in question(room)
        await room.parts.doorkeeper.put_rule(GROUP.channel_key, True, by="h", at=1.0)
        await room.say("now it is 4712", author=BOB, **AROUND)
        await room.say("what was said?", **MENTION)
        assert "4712" in question(room)


def test_lines_are_bounded() -> None:
    heard = Overheard()
    event = Incoming("e", GROUP, BOB, Addressed.OVERHEARD, text="x" * 10_000)
    for _ in range(200):
        heard.note(event)
    lines = heard.lines(GROUP.conversation, 1000)
    assert len(lines) == MOST_LINES
    assert max(map(len, lines)) < LINE_CHARS + 50
    assert heard.lines(GROUP.conversation, 0) == ()


# --- other bots ---


async def test_other_bots_are_ignored_unless_let_in(room: Room) -> None:
    assert await room.say("beep", author=ROBOT, **MENTION) == []
    await put(room, "bots", "on")
    assert len(await room.say("beep", author=ROBOT, **MENTION)) == 1
    assert await room.say("beep", author=ROBOT, **AROUND) == []
    direct = {"place": Place("test", "", "dm"), "addressed": Addressed.DIRECT}
    assert await room.say("beep", author=ROBOT, **direct) == []


def test_bots_get_a_few_answers_until_a_person_speaks() -> None:
    ticks = itertools.count(0.0, PAUSE)
    loops = BotLoops(lambda: next(ticks))
    beep = Incoming("e", GROUP, ROBOT, Addressed.MENTION)
    assert [loops.admits(beep) for _ in range(MOST_IN_A_ROW + 2)] == [True] * MOST_IN_A_ROW + [False] * 2
    assert loops.admits(replace(beep, place=Place("test", "g", "other")))
    assert loops.admits(replace(beep, author=ADA))
    assert loops.admits(beep)


def test_bots_are_not_answered_without_a_pause() -> None:
    now = 100.0
    loops = BotLoops(lambda: now)
    beep = Incoming("e", GROUP, ROBOT, Addressed.MENTION)
    assert loops.admits(beep)
    assert not loops.admits(beep)
    now += PAUSE
    assert loops.admits(beep)


# --- direct chats and groups ---


async def test_a_direct_chat_never_shows_in_a_group(room: Room) -> None:
    # On some platforms a private chat has the id of the person, and ids may be equal across kinds.
    dm, group = Place("test", "", "1"), Place("test", "1", "1")
    topic = replace(group, thread="1")
    assert len({one.conversation for one in (dm, group, topic)}) == 3
    assert dm.server_key == dm.thread_key == ""
    await room.say("Hello, my name is Adalbert.", place=dm)
    for place in (group, topic):
        await room.say("What is my name?", place=place, addressed=Addressed.MENTION)
        assert "Adalbert" not in str(room.demo.requests[-1].json)


async def test_settings_of_a_direct_chat_stay_there(room: Room) -> None:
    dm, group = Place("test", "", "1"), Place("test", "g", "2")
    await put(room, "system_prompt", "SECRET", dm)
    await room.say("Hello", place=group, addressed=Addressed.MENTION)
    assert "SECRET" not in str(room.demo.requests[-1].json)
    await room.say("Hello", place=dm)
    assert "SECRET" in str(room.demo.requests[-1].json)
