"""Who is told how far a cap is used: the right people, once, whatever the number of processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.cashier import Cashier, Payer
from bot.messages import Person, Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from tests.integration.engine.room import Message, Room, open_room

EVE = Person("test", "9", "Eve")
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
    room.parts.levels.drawn(lines, None)


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
