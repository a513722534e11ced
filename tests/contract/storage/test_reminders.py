"""Reminders in storage: claimed once, whoever asks, and gone with their words."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.messages import Place
from bot.reminding import Reminder
from storage import SqlStore
from storage.tables import reminders
from tests.contract.storage.houses import NOON, House

ROOM = Place("telegram", "-12", "-12")
ONE = Reminder(
    id="r1",
    conversation=ROOM.conversation,
    person="hash",
    speaker="telegram:5",
    name="Ann",
    text="feed the cat 🐈",
    due_at=NOON + 60,
    made_at=NOON,
    zone="Europe/Berlin",
)
HERE = ("telegram",)


def numbered(number: int, **fields: object) -> Reminder:
    return replace(ONE, id=f"r{number}", due_at=NOON + number, **fields)


async def test_kept_whole_and_listed_the_next_first(store: SqlStore) -> None:
    later = replace(ONE, id="r0", due_at=NOON + 90)
    assert await store.reminders.add(later, 25)
    assert await store.reminders.add(ONE, 25)
    assert await store.reminders.open_of("hash") == [ONE, later]
    assert await store.reminders.open_of("other") == []


async def test_a_person_has_at_most_so_many(store: SqlStore) -> None:
    for number in range(3):
        assert await store.reminders.add(numbered(number), 3)
    assert not await store.reminders.add(numbered(3), 3)
    assert await store.reminders.add(numbered(3, person="other"), 3)
    assert len(await store.reminders.open_of("hash")) == 3


async def test_listed_by_room_with_peoples_own_conversations_in_it(store: SqlStore) -> None:
    own = replace(ROOM, member="5").conversation
    neighbour = Place("telegram", "-123", "-123").conversation
    for number, where in enumerate((ROOM.conversation, own, neighbour)):
        await store.reminders.add(numbered(number, conversation=where), 25)
    assert [one.id for one in await store.reminders.open_of("hash", ROOM.room)] == ["r0", "r1"]


async def test_only_what_is_due_on_these_platforms_is_claimed(built: House) -> None:
    store = built.store
    await store.reminders.add(ONE, 25)
    await store.reminders.add(numbered(2, conversation="discord:g:c:"), 25)
    assert await store.reminders.claim(HERE, 10) == []
    assert await store.reminders.next_at(HERE) == NOON + 60
    built.clock.now += 60
    assert await store.reminders.claim((), 10) == []
    assert await store.reminders.claim(HERE, 10) == [ONE]


async def test_one_instance_gets_it_however_many_ask_at_once(built: House) -> None:
    others = [await built.another(name) for name in "bcd"]
    for number in range(20):
        await built.store.reminders.add(numbered(number), 25)
    built.clock.now += 100
    stores = [built.store, *others]
    found = await asyncio.gather(*(store.reminders.claim(HERE, 7) for store in stores for _ in range(2)))
    ids = [one.id for batch in found for one in batch]
    assert sorted(ids) == sorted(f"r{number}" for number in range(20))


async def test_what_a_dead_instance_held_is_claimed_again_and_says_if_it_was_begun(built: House) -> None:
    other = await built.another("b")
    await built.store.reminders.add(ONE, 25)
    await built.store.reminders.add(numbered(2), 25)
    built.clock.now += 60
    assert len(await built.store.reminders.claim(HERE, 10)) == 2
    assert await built.store.reminders.begin("r1")
    assert await other.reminders.claim(HERE, 10) == []
    assert not await other.reminders.begin("r1")
    built.clock.now += 61
    assert await other.reminders.claim(HERE, 10) == [
        numbered(2),
        replace(ONE, begun_at=NOON + 60),
    ]
    assert not await built.store.reminders.begin("r1")


async def test_put_off_is_free_again_at_its_time_and_not_begun(built: House) -> None:
    await built.store.reminders.add(ONE, 25)
    built.clock.now += 60
    await built.store.reminders.claim(HERE, 10)
    await built.store.reminders.begin("r1")
    await built.store.reminders.put_off("r1", NOON + 120)
    assert await built.store.reminders.claim(HERE, 10) == []
    assert await built.store.reminders.next_at(HERE) == NOON + 120
    built.clock.now += 60
    assert await built.store.reminders.claim(HERE, 10) == [ONE]


async def test_cancelled_unless_it_is_being_delivered(built: House) -> None:
    store = built.store
    await store.reminders.add(ONE, 25)
    await store.reminders.add(numbered(2), 25)
    assert await store.reminders.cancel("r2")
    assert not await store.reminders.cancel("r2")
    built.clock.now += 60
    await store.reminders.claim(HERE, 10)
    assert not await store.reminders.cancel("r1")


@pytest.mark.parametrize("how", ["finish", "forget", "forget chat"])
async def test_its_words_are_gone(built: House, how: str) -> None:
    store = built.store
    await store.reminders.add(ONE, 25)
    await store.reminders.add(replace(ONE, id="else", conversation="telegram:-7:-7:"), 25)
    if how == "finish":
        await store.reminders.finish("r1")
    elif how == "forget":
        await store.memory.forget(ROOM.conversation)
    else:
        await store.chats.forget(ROOM.conversation, "")
    rows = await built.rows(select(reminders.c.id))
    assert [row["id"] for row in rows] == ["else"]


async def test_a_chat_that_moves_takes_its_reminders_along(store: SqlStore) -> None:
    await store.reminders.add(ONE, 25)
    await store.reminders.add(numbered(2, conversation="telegram:-123:-123:"), 25)
    await store.move("telegram", "-12", "-100")
    moved, neighbour = sorted(await store.reminders.open_of("hash"), key=lambda one: -one.due_at)
    assert moved.conversation == "telegram:-100:-100:"
    assert neighbour.conversation == "telegram:-123:-123:"


async def test_a_restart_on_sqlite_frees_what_the_dead_process_held(built: House) -> None:
    if built.url:
        return  # others may be alive there: the lease has to run out
    await built.store.reminders.add(ONE, 25)
    built.clock.now += 60
    await built.store.reminders.claim(HERE, 10)
    await built.store.close()
    again = await built.reopened()
    assert await again.reminders.claim(HERE, 10) == [ONE]
