"""The key made for a server ends at Venice with the server's time; owners read where it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.messages import Place
from tests.integration.engine.room import ADA, PLACE, Room, open_room
from tests.integration.engine.test_keys import ADMIN, KEY, MO, OTHER, SERVER, key

DAY = 86_400.0


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, admin_key=ADMIN, keys=frozenset({ADMIN, KEY})) as opened:
        await opened.parts.models.catalogue()
        await opened.say("hello")  # an owner's direct chat
        yield opened


def deleted(room: Room) -> int:
    return sum((one.method, one.path) == ("DELETE", "/api_keys") for one in room.demo.requests)


def told(room: Room) -> list[str]:
    return [one.text for one in room.door.messages.values() if "Venice key I had made" in one.text]


async def left(room: Room, place: Place) -> None:
    await room.say("words to forget", place=place, author=MO)
    await room.parts.engine.membership(Place("test", place.space, ""), member=False)
    room.ahead = 31 * DAY


async def test_it_is_deleted_at_venice_once_its_time_is_over(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    await left(room, SERVER)
    room.ahead = 29 * DAY
    await room.parts.retention.enforce()
    assert deleted(room) == 0
    assert room.parts.keys.of(SERVER.server_key) is not None
    room.ahead = 31 * DAY
    await room.parts.retention.enforce()
    await room.parts.retention.enforce()
    assert deleted(room) == 1
    assert room.parts.keys.of(SERVER.server_key) is None
    assert await room.store.server_keys.all() == []
    assert told(room) == []


async def test_a_key_that_was_brought_is_only_forgotten(room: Room) -> None:
    await key(room, MO, OTHER, action="own", key=KEY)
    await left(room, OTHER)
    await room.parts.retention.enforce()
    assert deleted(room) == 0
    assert await room.store.server_keys.all() == []


async def test_a_failure_is_told_once_and_tried_again_and_words_do_not_wait(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    made = room.parts.keys.of(SERVER.server_key)
    assert made is not None
    await left(room, SERVER)
    room.demo.faults.next("/api_keys", Fault.status(500)).always()
    for _ in range(2):
        await room.parts.retention.enforce()
        assert await room.store.memory.recent(SERVER.conversation, 9) == []
        assert [one.id for one in await room.store.server_keys.all()] == [made.id]
        assert len(await room.store.retention.departed()) == 1
    [text] = told(room)
    assert f"gondola {made.id}" in text
    assert made.last4 in text
    assert "every hour" in text
    room.demo.faults.clear()
    tries = deleted(room)
    await room.parts.retention.enforce()
    assert deleted(room) == tries + 1
    assert await room.store.server_keys.all() == []
    assert await room.store.retention.departed() == []
    assert len(told(room)) == 1


async def test_without_an_admin_key_owners_are_asked_to_do_it(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    await left(room, SERVER)
    room.demo.faults.next("/api_keys", Fault.status(403)).always()
    await room.parts.retention.enforce()
    await room.parts.retention.enforce()
    [text] = told(room)
    assert "Please delete it" in text
    assert await room.store.server_keys.all() == []
    assert await room.store.retention.departed() == []


async def test_one_that_is_gone_at_venice_already(room: Room) -> None:
    await key(room, ADA, action="mint", limit="$5")
    await left(room, SERVER)
    room.demo.faults.next("/api_keys", Fault.status(404)).always()
    await room.parts.retention.enforce()
    assert told(room) == []
    assert await room.store.server_keys.all() == []


def test_the_owner_s_chat_is_direct() -> None:
    assert PLACE.direct
