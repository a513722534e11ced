"""The door with the whole engine behind it: codes, lists of admins, permits, statements, pace, audit."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.commands import doors
from bot.engine.flow.threshold import Threshold
from bot.messages import Addressed, Authority, ButtonPress, CommandUse, OptionValue, Person, Place
from tests.integration.engine.room import CAPABILITIES, MemoryDoor, Message, Room, open_room

GROUP = Place("test", "100", "101")
OWNERS_ROOM = Place("test", "", "c1")
BOB, EVE, MO = (Person("test", number, name) for number, name in (("2", "Bob"), ("3", "Eve"), ("4", "Mo")))
ADMIN: dict[str, Any] = {"author": MO, "place": GROUP, "authority": Authority.MODERATOR, "admin": True}
REFUSALS = ("In this server", "private for now", "a lot in one minute", "Only ")
CODE = re.compile(r"[A-Z]{4}-[A-Z]{4}")


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, is_open=False) as room:
        yield room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as room:
        yield room


async def use(room: Room, name: str, asker: dict[str, Any], /, **options: OptionValue) -> list[Message]:
    event = room.event(addressed=Addressed.COMMAND, command=CommandUse(name, options))
    return await room.send(replace(event, **asker))


async def said(room: Room, name: str, asker: dict[str, Any], /, **options: OptionValue) -> str:
    return "\n".join(message.text for message in await use(room, name, asker, **options))


async def press(room: Room, message: Message, label: str, **who: Any) -> list[Message]:
    [button] = [one for row in message.buttons for one in row if one.label == label]
    shown = next(key for key, one in room.door.messages.items() if one is message)
    press = ButtonPress(button.id, shown)
    return await room.send(room.event(addressed=Addressed.BUTTON, press=press, **who))


async def speaks(room: Room, person: Person, place: Place = GROUP, **more: Any) -> bool:
    """Whether a mention is answered with more than a refusal."""
    found = await room.say("Hello there", author=person, place=place, addressed=Addressed.MENTION, **more)
    return bool(found) and not any(words in found[0].text for words in REFUSALS)


# --- pairing ---


async def test_a_stranger_asks_an_owner_approves_and_they_are_told_once(closed: Room) -> None:
    [told] = await closed.say("let me in", author=BOB, place=Place("test", "", "bob"))
    code = CODE.findall(told.text)[0]
    assert await closed.say("please", author=BOB, place=Place("test", "", "bob")) == []
    [listed] = await closed.command("pairings")
    assert f"ending in **{code[-2:]}**" in listed.text
    both = await press(closed, listed, "Approve 1")
    assert any("may come in now" in message.text for message in both)
    [news] = [message for message in both if message.target.place.channel == "bob"]
    assert "You are in" in news.text
    assert len(await closed.say("hello", author=BOB, place=Place("test", "", "bob"))) == 1
    [again] = await press(closed, listed, "Refuse 1")
    assert "no longer open" in again.text


async def test_a_code_works_once_for_owners_only_and_for_an_hour(closed: Room) -> None:
    [told] = await closed.say("hi", author=BOB, place=Place("test", "", "bob"))
    code = CODE.findall(told.text)[0]
    await closed.command("allow", who="3")  # Eve is in, and no owner
    assert "Only someone who manages" in await said(
        closed, "allow", {"author": EVE, "place": Place("test", "", "eve")}, who=code
    )
    closed.ahead = 3601
    assert "no longer open" in (await closed.command("allow", who=code))[0].text
    found = await closed.say("hi", author=BOB, place=Place("test", "", "bob"))
    [told] = [one for one in found if one.target.place.channel == "bob"]
    fresh = CODE.findall(told.text)[0].lower().replace("-", " ")
    answers = await closed.command("allow", who=fresh)
    assert "may come in now" in answers[0].text + answers[-1].text
    assert "no longer open" in (await closed.command("allow", who=fresh))[0].text


async def test_the_owner_is_told_where_they_write_to_the_bot_alone_once_an_hour(closed: Room) -> None:
    await closed.say("hello")  # now it is known where
    first = await closed.say("hi", author=BOB, place=Place("test", "", "bob"))
    second = await closed.say("hi", author=EVE, place=Place("test", "", "eve"))
    notes = [one for one in [*first, *second] if one.target.place == OWNERS_ROOM]
    assert ["asks to be let in" in one.text for one in notes] == [True]
    assert not any(code in notes[0].text for code in CODE.findall(first[-1].text + first[0].text))


async def test_an_admin_of_an_unknown_server_asks_for_the_server(closed: Room) -> None:
    member = await closed.say("hi", author=BOB, place=GROUP, addressed=Addressed.MENTION)
    assert member == []
    [told] = await closed.say("hi", **ADMIN, addressed=Addressed.MENTION)
    code = CODE.findall(told.text)[0]
    await closed.command("allow", who=code)
    assert await speaks(closed, BOB)


async def test_codes_survive_a_restart_and_pairing_can_be_off(tmp_path: Path) -> None:
    direct = Place("test", "", "bob")
    async with open_room(tmp_path, is_open=False) as room:
        [told] = await room.say("hi", author=BOB, place=direct)
    door = MemoryDoor()
    door.messages["x"] = Message()
    async with open_room(tmp_path, is_open=False, door=door) as room:
        await room.command("allow", who=CODE.findall(told.text)[0])
        assert len(await room.say("hello", author=BOB, place=direct)) == 1
        await room.command("settings", name="pairing", value="off")
        [plain] = await room.say("hi", author=EVE, place=Place("test", "", "eve"))
        assert not CODE.search(plain.text)
        assert "private for now" in plain.text


# --- rules of admins ---


async def test_admins_open_their_server_only_where_owners_leave_that_to_them(closed: Room) -> None:
    await said(closed, "allow", ADMIN)
    assert not await speaks(closed, BOB)
    await closed.command("settings", name="admin_enable", value="on")
    assert "This server may come in now" in await said(closed, "allow", ADMIN)
    assert await speaks(closed, BOB)
    assert "is shut out" in await said(closed, "deny", ADMIN)
    assert not await speaks(closed, BOB)
    assert "may come in" in await said(closed, "allow", ADMIN)  # what they shut they open again
    assert await speaks(closed, BOB)
    await closed.command("deny", who="server:100")
    assert await said(closed, "allow", ADMIN) == ""  # an owner's block
    assert not await speaks(closed, BOB)
    await closed.command("deny", who="server:100", forget=True)
    assert await speaks(closed, BOB)
    await closed.command("settings", name="admin_enable", value="off")
    assert not await speaks(closed, BOB)


async def test_admins_narrow_what_owners_let_in(closed: Room) -> None:
    await closed.command("allow", who="server:100")
    category = replace(GROUP, category="cat")
    topic = replace(GROUP, thread="t1")
    assert await speaks(closed, BOB, category)
    await said(closed, "deny", ADMIN | {"place": category}, who="category")
    assert not await speaks(closed, BOB, category)
    await said(closed, "allow", ADMIN | {"place": topic}, who="topic")
    assert await speaks(closed, BOB, replace(category, thread="t1"))
    await said(closed, "deny", ADMIN, who="server")
    await said(closed, "allow", ADMIN, role="test:77")
    assert await speaks(closed, BOB, roles=("test:9", "test:77"))
    assert not await speaks(closed, BOB, roles=("test:9",))
    await said(closed, "deny", ADMIN, who="2")
    assert not await speaks(closed, BOB, roles=("test:77",))
    assert await speaks(closed, EVE, roles=("test:77",))
    shown = await said(closed, "doors", ADMIN)
    assert "the role 77: may come in" in shown
    assert "the category `cat`: **shut out**" in shown
    assert "taken back" in await said(closed, "deny", ADMIN, who="2", forget=True)
    assert "no such rule" in await said(closed, "deny", ADMIN, who="2", forget=True)
    assert await speaks(closed, BOB, roles=("test:77",))


async def test_moderators_of_a_channel_do_not_run_the_door(room: Room) -> None:
    moderator = ADMIN | {"admin": False}
    for command in ("allow", "deny", "doors", "permit"):
        assert "Only someone who manages this server" in await said(room, command, moderator)
    assert "did not tell me just now" in await said(room, "doors", moderator | {"unsure": True})


async def test_an_admin_names_no_other_server(room: Room) -> None:
    assert "Only an owner" in await said(room, "allow", ADMIN, who="server:200")


async def test_rules_hold_after_a_restart(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await said(room, "deny", ADMIN, who="2")
        await said(room, "permit", ADMIN, medium="image", who="nobody")
    door = MemoryDoor()
    door.messages["x"] = Message()
    async with open_room(tmp_path, door=door) as room:
        assert not await speaks(room, BOB)
        assert "switched off" in await said(room, "image", {"author": EVE, "place": GROUP}, prompt="a boat")


# --- permits ---


async def test_a_medium_is_for_a_role_by_command_button_and_tool_alike(room: Room) -> None:
    drawn = await use(room, "image", {"author": EVE, "place": GROUP}, prompt="a boat")
    picture = next(message for message in drawn if message.buttons)
    label = next(one.label for row in picture.buttons for one in row if "gain" in one.label)
    await said(room, "permit", ADMIN, medium="image", role="test:7")
    for found in (
        await use(room, "image", {"author": EVE, "place": GROUP}, prompt="a boat"),
        await press(room, picture, label, author=EVE, place=GROUP),
        await use(room, "edit", {"author": EVE, "place": GROUP}, words="make it blue", picture=1),
    ):
        assert "is for people with the role 7 only" in "\n".join(one.text for one in found)
        assert not any(one.media for one in found)
    artist = {"author": EVE, "place": GROUP, "roles": ("test:7",)}
    assert any(one.media for one in await use(room, "image", artist, prompt="a boat"))
    assert any(one.media for one in await room.command("image", prompt="an owner's boat"))


async def test_a_tool_is_refused_like_its_command(room: Room) -> None:
    await said(room, "permit", ADMIN, command="image", who="nobody")
    before = len(room.demo.requests)
    found = await room.say(
        "Please draw me a picture of a boat", author=EVE, place=GROUP, addressed=Addressed.MENTION
    )
    assert not any(message.media for message in found)
    paths = [request.path for request in room.demo.requests[before:]]
    assert "/chat/completions" in paths
    assert not any("image" in path for path in paths)


async def test_chat_itself_is_permitted_and_nobody_unasked_is_refused(room: Room) -> None:
    await said(room, "permit", ADMIN, medium="chat", role="test:7")
    [told] = await room.say("Hello there", author=EVE, place=GROUP, addressed=Addressed.MENTION)
    assert "talking to me is for people with the role 7 only" in told.text
    await room.parts.settings.put(GROUP.channel_key, "activation", "always", by="t", at=1.0)
    assert await room.say("just chatting", author=EVE, place=GROUP, addressed=Addressed.OVERHEARD) == []
    assert await speaks(room, EVE, roles=("test:7",))
    assert await speaks(room, EVE, Place("test", "", "eve"))


async def test_permit_says_what_it_cannot_do(room: Room) -> None:
    cases: list[tuple[dict[str, OptionValue], str]] = [
        ({"command": "permit", "who": "nobody"}, "nobody may be kept"),
        ({"command": "account", "who": "anyone"}, "is for owners"),
        ({"command": "nonsense", "who": "nobody"}, "There is no command"),
        ({"command": "image"}, "Say who may"),
        ({"command": "image", "medium": "image", "who": "nobody"}, "either a command or a medium"),
    ]
    for options, words in cases:
        assert words in await said(room, "permit", ADMIN, **options)
    assert "`/image`: nobody" in await said(room, "permit", ADMIN, command="/image", who="nobody")
    assert "`/image`: nobody" in await said(room, "permit", ADMIN)
    assert "as everywhere again" in await said(room, "permit", ADMIN, command="image", who="default")
    await said(room, "permit", ADMIN, command="image", role="test:1")
    assert "role 1 or 2" in await said(room, "permit", ADMIN, command="image", role="test:2")


# --- adults ---


async def test_a_place_is_for_adults_by_statement_only(tmp_path: Path) -> None:
    door = MemoryDoor()
    door.capabilities = replace(CAPABILITIES, adults_by_statement=True)
    async with open_room(tmp_path, door=door) as room:
        threshold: Threshold = room.parts.engine._threshold  # pyright: ignore[reportPrivateUsage]
        event = room.event("x", author=EVE, place=GROUP, adult_allowed=True)
        assert not threshold.judged(event).adult_allowed  # what an adapter claims does not count here
        member = {"author": EVE, "place": GROUP}
        assert "Only someone who manages" in await said(room, "settings", member, name="adult", value="on")
        [asked] = await use(room, "settings", ADMIN, name="adult", value="on")
        assert not threshold.judged(event).adult_allowed  # asked is not stated
        [refused] = await press(room, asked, "I state that only adults are here", author=EVE, place=GROUP)
        assert "Only" in refused.text
        await press(room, asked, "I state that only adults are here", **ADMIN)
        assert threshold.judged(event).adult_allowed
        assert threshold.judged(replace(event, place=replace(GROUP, thread="t"))).adult_allowed
        assert not threshold.judged(replace(event, place=Place("test", "200", "200"))).adult_allowed
        [entry] = await room.store.audit.entries(1, kind="setting")
        assert (entry.change.subject, entry.change.new, entry.change.scope) == (
            "adult",
            "on",
            GROUP.channel_key,
        )
        await said(room, "settings", ADMIN, name="adult", value="off")
        assert not threshold.judged(event).adult_allowed


async def test_where_the_platform_marks_places_nothing_is_stated(room: Room) -> None:
    assert "age restriction decides" in await said(room, "settings", ADMIN, name="adult", value="on")


# --- pace ---


async def test_too_much_is_told_once_and_counts_across_places(room: Room) -> None:
    await room.command("settings", name="rate_limit", value="3")
    for place in (GROUP, Place("test", "", "eve"), Place("test", "200", "200")):
        assert await speaks(room, EVE, place)
    [told] = await room.say("four", author=EVE, place=Place("test", "", "eve"))
    assert re.search(r"Ask again in \d+ s", told.text)
    assert await said(room, "help", {"author": EVE, "place": GROUP}) == ""
    assert await room.say("five", author=EVE, place=Place("test", "", "eve")) == []
    assert await speaks(room, BOB)
    for _ in range(5):
        assert await room.say("an owner's")
    assert "Nothing is being written" in await said(
        room, "stop", {"author": EVE, "place": Place("test", "", "eve")}
    )
    room.ahead = 61
    assert await speaks(room, EVE)


async def test_a_refused_question_is_not_in_the_journal(room: Room) -> None:
    await room.command("settings", name="rate_limit", value="1")
    assert await speaks(room, EVE)
    event = room.event("secret words 4711", author=EVE, place=GROUP, addressed=Addressed.MENTION)
    await room.send(event)
    room.ahead = 61
    answered = await room.send(event)  # the same event again: it was never taken in
    assert len(answered) == 1


# --- audit ---


async def test_everything_is_audited_and_shown_to_whom_it_concerns(room: Room) -> None:
    await said(room, "deny", ADMIN, who="2")
    await said(room, "permit", ADMIN, command="image", who="nobody")
    await room.command("caps", scope="bot", amount="$3")
    shown = await said(room, "audit", ADMIN)
    assert re.search(r"you: access access here: \*nothing\* → blocked", shown)
    assert "command command:image: *nothing* → nobody" in shown
    assert "cap" not in shown.replace("caps", "")
    assert "Only someone who manages this channel" in await said(
        room, "audit", {"author": EVE, "place": GROUP}
    )
    everything = "\n".join(message.text for message in await room.command("audit"))
    assert "command:image" in everything
    assert "cap" in everything
    assert "access" not in await said(room, "audit", ADMIN, kind="command")


async def test_the_audit_log_is_paged(room: Room) -> None:
    await room.command("settings", name="rate_limit", value="0")
    for number in range(25):
        await said(room, "deny", ADMIN, who=str(1000 + number))
    [page] = await use(room, "audit", ADMIN)
    assert page.text.count("access here") == 20
    older = await press(room, page, "Older", **ADMIN)
    assert sum(message.text.count("access here") for message in older) == 5


async def test_an_admin_cannot_fill_the_house_with_rules(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "MOST_HERE", 2)
    for number in (1000, 1001, 1001):
        assert "shut out now" in await said(room, "deny", ADMIN, who=str(number))
    assert "which is the most" in await said(room, "deny", ADMIN, who="1002")
    await said(room, "deny", ADMIN, who="1000", forget=True)
    assert "shut out now" in await said(room, "deny", ADMIN, who="1002")


async def test_two_decisions_at_once_are_one(closed: Room) -> None:
    await closed.say("hi", author=BOB, place=Place("test", "", "bob"))
    [listed] = await closed.command("pairings")
    yes, no = (one.id for one in listed.buttons[0])
    events = [
        closed.event(addressed=Addressed.BUTTON, press=ButtonPress(one, "1")) for one in (yes, no, yes, no)
    ]
    found = await closed.send(*events)
    await asyncio.sleep(0)
    decided = [one.text for one in found if "may come in now" in one.text or "Refused" in one.text]
    assert len(decided) == 1
