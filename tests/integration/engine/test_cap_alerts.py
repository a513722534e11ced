"""Who is told how far a cap is used: the right people, once, whatever the number of processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.assembly import Assembly, assemble
from bot.engine.money.cashier import Cashier, Payer
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Authority, Person, Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import ADA, Message, Room, open_room

EVE = Person("test", "9", "Eve")
BOB = Person("test", "8", "Bob")
GROUP = Place("test", "s1", "c9")
DIRECT = Place("test", "", "c1")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        for name in ("tools", "web_search", "saving"):
            await opened.parts.settings.put("bot", name, "off", by="test", at=opened.parts.clock())
        yield opened


async def cap(room: Room, scope: str, limit: int) -> None:
    await room.parts.caps.put(Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, limit), room.parts.clock())


async def used(room: Room, scope: str, percent: int, place: Place = DIRECT) -> None:
    """Let people spend, then set the limit so that this much of it is used."""
    await room.say("Hello", place=place, author=EVE)
    spent = await room.spent()
    await cap(room, scope, spent * 100 // percent)
    lines = room.parts.caps.lines(place, "x", "chat", cost=1, count=1, at=room.parts.clock())
    room.parts.levels.drawn(lines, None, Payer("t", place, room.hasher.person(EVE)))


async def told(room: Room) -> list[Message]:
    """What comes of looking."""
    before = len(room.door.messages)
    await room.parts.cap_watch.check()
    return list(room.door.messages.values())[before:]


async def test_owners_hear_of_the_bots_cap_in_their_direct_chat_once(room: Room) -> None:
    await room.say("Hello")  # now her direct chat is known
    await used(room, "bot", 85)
    [alert] = await told(room)
    assert alert.target.place == DIRECT
    assert alert.text.startswith("The bot's daily limit of $0.00")
    assert "8" in alert.text
    assert "% used" in alert.text
    assert "(UTC, in " in alert.text
    await used(room, "bot", 55)
    assert await told(room) == [], "the cap was raised: lower levels are no news"
    await used(room, "bot", 85)
    assert await told(room) == []
    await used(room, "bot", 100)
    [full] = await told(room)
    assert "is used up" in full.text


async def test_who_manages_a_channel_hears_of_its_cap_with_their_next_question(room: Room) -> None:
    await used(room, GROUP.channel_key, 60, GROUP)
    assert await told(room) == []
    quiet = await room.say("Hello", place=GROUP, author=EVE)
    assert not any("% used" in one.text for one in quiet)
    spoken = await room.say("Hello", place=GROUP, author=EVE, admin=True)
    [alert] = [one for one in spoken if "% used" in one.text]
    assert alert.text.startswith("This channel's daily limit of ")
    again = await room.say("Hello", place=GROUP, author=EVE, admin=True)
    assert not any("% used" in one.text for one in again)


async def test_a_servers_cap_is_news_for_owners_and_for_who_manages_it(room: Room) -> None:
    await room.command("usage")  # now her direct chat is known
    await used(room, GROUP.server_key, 55, GROUP)
    [alert] = await told(room)
    assert alert.text.startswith("This server's daily limit of ")
    assert alert.target.place == DIRECT
    spoken = await room.say("Hello", place=GROUP, author=EVE, admin=True)
    assert any("% used" in one.text for one in spoken)


async def test_what_is_only_reserved_alarms_nobody(room: Room) -> None:
    await room.say("Hello")
    await cap(room, "bot", 10_000)
    cashier = Cashier(room.store.money, room.parts.caps, room.parts.clock)
    cashier.drawn = room.parts.levels.drawn
    await cashier.hold(Payer("t", DIRECT, "eve"), "chat", "m", 8_500)
    assert await told(room) == []


async def test_a_direct_chats_cap_is_told_there_in_the_persons_own_time(room: Room) -> None:
    """Money's books have only a hidden name for it, which nobody is known by."""
    theirs = Place("test", "", "c7")
    await room.parts.settings.put(EVE.scope_key, "timezone", "Asia/Tokyo", by="test", at=0)
    await used(room, room.hasher.channel(theirs), 85, theirs)
    [alert] = await told(room)
    assert alert.target.place == theirs
    assert alert.text.startswith("This channel's daily limit of $0.00")
    assert "(Asia/Tokyo, in " in alert.text
    assert await told(room) == []
    quiet = await room.say("Hello", place=theirs, author=EVE)
    assert not any("% used" in one.text for one in quiet), "once is enough"


async def test_what_cannot_be_said_there_now_waits_for_the_next_question(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Place("test", "", "c7")
    await used(room, room.hasher.channel(theirs), 60, theirs)
    with monkeypatch.context() as broken:
        broken.setattr(room.door, "send", _refuses)
        await room.parts.cap_watch.check()
    spoken = await room.say("Hello", place=theirs, author=EVE)
    assert any("% used" in one.text for one in spoken)


async def _refuses(*_: object, **__: object) -> None:
    raise PlatformError(PlatformFailure.GONE)


async def test_what_waits_is_told_in_the_readers_time_and_not_once_it_is_over(room: Room) -> None:
    await room.parts.settings.put(GROUP.channel_key, "timezone", "Europe/Berlin", by="test", at=0)
    await used(room, GROUP.channel_key, 60, GROUP)
    await room.parts.cap_watch.check()
    await room.parts.settings.put(EVE.scope_key, "timezone", "Asia/Tokyo", by="test", at=0)
    spoken = await room.say("Hello", place=GROUP, author=EVE, authority=Authority.MODERATOR)
    [alert] = [one.text for one in spoken if "% used" in one.text]
    assert "(Asia/Tokyo, in " in alert
    await used(room, GROUP.channel_key, 85, GROUP)
    await room.parts.cap_watch.check()
    room.ahead = 86_400
    late = await room.say("Hello", place=GROUP, author=EVE, authority=Authority.MODERATOR)
    assert not any("% used" in one.text for one in late), "that day is over"


async def test_several_processes_and_a_restart_tell_once(room: Room) -> None:
    await room.say("Hello")
    others = [another(room) for _ in range(3)]
    for parts in others:
        await parts.load()
    for percent, expected in ((55, 1), (55, 0), (85, 1)):
        await used(room, "bot", percent)
        for parts in others:
            await parts.caps.load()
        lines = room.parts.caps.lines(DIRECT, "x", "chat", cost=1, count=1, at=room.parts.clock())
        for parts in others:
            parts.levels.drawn(lines, None)
        before = len(room.door.messages)
        await asyncio.gather(*(parts.cap_watch.check() for parts in (room.parts, *others)))
        assert len(room.door.messages) - before == expected


def another(room: Room) -> Assembly:
    return assemble(
        room.store,
        room.client,
        {"test": room.door},
        key=b"key",
        is_open=True,
        owners=frozenset({ADA.key}),
        clock=room.parts.clock,
    )


@pytest.mark.parametrize("whose", ["user:*", "role:test:r1", "one"])
async def test_what_a_person_may_spend_is_told_to_nobody_else(room: Room, whose: str) -> None:
    await room.say("Hello")
    mine = f"user:{room.hasher.person(EVE)}"
    await room.say("Hello", place=GROUP, author=EVE, roles=("test:r1",))
    spent = await room.spent()
    await cap(room, mine if whose == "one" else whose, spent // 2 * 100 // 85)
    await room.say("Hello", place=GROUP, author=EVE, roles=("test:r1",))
    assert await told(room) == [], "neither owners nor who manages the place"
    managing = await room.say("Hello", place=GROUP, author=BOB, authority=Authority.MODERATOR)
    assert not any("% used" in one.text for one in managing)


async def test_what_was_told_is_forgotten_with_its_period(room: Room) -> None:
    for day in range(3):
        room.ahead = day * 86_400
        before = await room.spent()
        await cap(room, "bot", 10_000_000)
        await room.say("Hello")
        await cap(room, "bot", (await room.spent() - before) * 100 // 55)
        await room.say("Hello")
        assert len(await told(room)) == 1, "in each period anew"
        assert len(room.parts.cap_watch.remembered) == 1
