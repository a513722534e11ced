"""The desk with hundreds of servers, channels, caps, jobs and characters: pages, and finding a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from bot.dashboard import (
    CAPS_SHOWN,
    CHANNELS_SHOWN,
    PAGE_ROWS,
    PAGE_SERVERS,
    SCOPES_SHOWN,
    Page,
    Span,
    Viewer,
)
from bot.errors import UserError
from bot.messages import Place
from bot.orders import Order, OrderState
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from bot.reminding import Reminder
from tests.integration.engine.deskroom import ANN, A, admin, owner
from tests.integration.engine.room import MemoryDoor, Room, open_room

MANY = 130
T = TypeVar("T")


class BusyDoor(MemoryDoor):
    """A door that is in many servers, each with a title of its own."""

    def servers(self) -> Sequence[Place]:
        return [Place("test", f"s{number}", "") for number in range(MANY)]

    def title(self, place: Place) -> str:
        return f"Pier {int(place.space[1:]):03}" if place.space[1:].isdecimal() and not place.channel else ""

    def roles(self, place: Place) -> Mapping[str, str]:
        return {}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, door=BusyDoor()) as opened:
        yield opened


async def all_pages(ask: Callable[[str], Awaitable[Page[T]]], size: int = PAGE_ROWS) -> list[T]:
    """Every row, page after page; only the last page may be short."""
    found, cursor = list[T](), ""
    while True:
        page = await ask(cursor)
        found += page.rows
        assert len(page.rows) == size or not page.cursor
        if not (cursor := page.cursor):
            return found


async def test_servers_by_title_in_pages_and_found_by_name(room: Room) -> None:
    desk, me = room.parts.desk, owner(room)
    found = await all_pages(lambda cursor: desk.places(me, "", cursor), PAGE_SERVERS)
    assert [one.title for one in found] == [f"Pier {number:03}" for number in range(MANY)]
    assert [one.title for one in (await desk.places(me, " pier 07")).rows] == [
        f"Pier 07{number}" for number in range(10)
    ]
    narrow = await all_pages(lambda cursor: desk.places(me, "1", cursor), PAGE_SERVERS)
    assert len(narrow) == sum("1" in f"{number:03}" for number in range(MANY))
    assert (await desk.places(me, "Canal")).rows == ()


async def test_an_admin_finds_no_other_server_by_name_or_cursor(room: Room) -> None:
    desk = room.parts.desk
    mine = Viewer("0" * 16, owner=False, servers=("server:test:s5",))
    assert [one.title for one in (await desk.places(mine, "Pier")).rows] == ["Pier 005"]
    assert (await desk.places(mine, "Pier 006")).rows == ()
    assert dict(await desk.titles(mine)) == {"server:test:s5": "Pier 005"}
    for cursor in ("server:test:s6", "nowhere"):
        with pytest.raises(UserError):
            await desk.places(mine, "", cursor)


async def test_channels_of_a_server_are_on_a_page_of_their_own(room: Room) -> None:
    desk, server = room.parts.desk, A.server_key
    for number in range(MANY):
        key = f"channel:test:c{number}"
        await room.parts.settings.put(key, "streaming", "off", by="x", at=0, server=server)
    await room.say("Hello", place=A)
    for viewer in (owner(room), admin(room, ANN, A)):
        (shown,) = [
            one
            for one in (await all_pages(lambda c, v=viewer: desk.places(v, "", c), PAGE_SERVERS))
            if one.scope == server
        ]
        assert (len(shown.channels), shown.more) == (CHANNELS_SHOWN, MANY + 1 - CHANNELS_SHOWN)
        assert shown.channels[0].scope == A.channel_key, "the last used one first"
        found = await all_pages(lambda c, v=viewer: desk.channels(v, server, c))
        assert len({one.scope for one in found}) == len(found) == MANY + 1


async def test_caps_in_pages_and_the_fullest_on_the_overview(room: Room) -> None:
    desk, me = room.parts.desk, owner(room)
    for number in range(MANY):
        scope = f"server:test:s{number}"
        await room.parts.caps.put(Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 10**9), 0)
    full = Cap("server:test:s99", "chat", CapUnit.COUNT, CapPeriod.WEEK, 1)
    await room.parts.caps.put(full, 0)
    await room.say("Hello", place=Place("test", "s99", "c"))
    found = await all_pages(lambda cursor: desk.caps(me, cursor))
    assert {bar.cap for bar in found} == set(room.parts.caps.all())
    assert len(found) == len(room.parts.caps.all())
    shown = (await desk.overview(me, Span.HOURS)).caps
    assert len(shown) == CAPS_SHOWN
    assert full in [bar.cap for bar in shown]
    mine = Viewer("0" * 16, owner=False, servers=("server:test:s5",))
    assert {bar.cap.scope for bar in (await desk.caps(mine)).rows} == {"server:test:s5"}
    with pytest.raises(UserError):
        await desk.caps(mine, "server:test:s6/all/money/day")


async def test_jobs_in_pages_of_their_own(room: Room) -> None:
    desk, now = room.parts.desk, room.parts.clock()
    for number in range(MANY):
        place = A if number % 2 else Place("test", "b", "b1")
        order = Order(
            f"o{number}", OrderState.QUOTED, place.conversation, "p", "video", "m", "{}", 5, now, now + 99
        )
        await room.store.orders.add(order)
        reminder = Reminder(
            f"r{number}", place.conversation, f"p{number}", "test:1", "", "secret", now + 99, now
        )
        await room.store.reminders.add(reminder, 9)
    for viewer, number in ((owner(room), MANY), (admin(room, ANN, A), MANY // 2)):

        async def orders(cursor: str, viewer: Viewer = viewer) -> Page[object]:
            page = (await desk.jobs(viewer, orders=cursor)).orders
            return Page(tuple(one.order_id for one in page.rows), page.cursor)

        async def reminders(cursor: str, viewer: Viewer = viewer) -> Page[object]:
            page = (await desk.jobs(viewer, reminders=cursor)).reminders
            return Page(tuple(one.reminder_id for one in page.rows), page.cursor)

        for ask in (orders, reminders):
            found = await all_pages(ask)
            assert len(found) == len(set(found)) == number
    for cursor in ("o1", "nan/o1", "5/", "-1/o1", "1e99/o1"):
        with pytest.raises(UserError):
            await desk.jobs(owner(room), orders=cursor)


async def test_characters_in_pages_with_some_of_their_places(room: Room) -> None:
    desk, me = room.parts.desk, owner(room)
    for number in range(MANY):
        scope = f"server:test:s{number}"
        await room.parts.settings.put(scope, "character", "brine", by="x", at=0, server=scope)
        await room.parts.settings.put(f"user:test:{number}", "character", f"sailor-{number:03}", by="x", at=0)
    found = await all_pages(lambda cursor: desk.characters(me, cursor))
    assert [one.slug for one in found] == ["brine", *(f"sailor-{number:03}" for number in range(MANY))]
    assert (len(found[0].scopes), found[0].more) == (SCOPES_SHOWN, MANY - SCOPES_SHOWN)
    mine = Viewer("0" * 16, owner=False, servers=("server:test:s5",))
    (seen,) = (await desk.characters(mine)).rows
    assert (seen.scopes, seen.more, seen.people) == (("server:test:s5",), 0, 0)
