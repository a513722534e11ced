"""Orders and reminders under way, in pages and by server, on both databases."""

from __future__ import annotations

import pytest

from bot.messages import Place
from bot.orders import Order, OrderState
from bot.overseeing import OrderLine, ReminderLine
from bot.reminding import Reminder
from storage import SqlStore
from tests.contract.storage.houses import NOON

HOME = "server:discord:1"
SPACES = ("1", "12", "1_", "")
"""Ids that begin alike, one with a sign that means something in LIKE, and a private chat."""


def room_of(space: str, member: str = "") -> str:
    return Place("discord", space, "2", member=member).conversation


@pytest.fixture
async def full(store: SqlStore) -> SqlStore:
    """Forty of each in every place, ten at a time in the same moment."""
    for index in range(160):
        space, at = SPACES[index % 4], NOON + index // 10
        room = room_of(space, "5" if index % 8 > 3 else "")
        order = Order(f"o{index:03}", OrderState.QUEUED, room, "p1", "video", "m", "{}", 5, at, at)
        await store.orders.add(order)
        await store.reminders.add(
            Reminder(f"r{index:03}", room, f"p{index}", "discord:5", "Ann", "secret", at, NOON), 9
        )
    over = Order("over", OrderState.DELIVERED, room_of("1"), "p1", "video", "m", "{}", 5, NOON, NOON)
    await store.orders.add(over)
    return store


async def test_orders_are_paged_the_newest_first(full: SqlStore) -> None:
    seen, after = list[OrderLine](), None
    while rows := await full.overseen.orders(7, after=after):
        seen += rows
        after = rows[-1].created_at, rows[-1].order_id
    assert [one.order_id for one in sorted(seen, key=lambda one: (-one.created_at, one.order_id))] == [
        one.order_id for one in seen
    ]
    assert len(seen) == len({one.order_id for one in seen}) == 160


async def test_reminders_are_paged_the_next_first(full: SqlStore) -> None:
    seen, after = list[ReminderLine](), None
    while rows := await full.overseen.reminders(7, after=after):
        seen += rows
        after = rows[-1].due_at, rows[-1].reminder_id
    assert [one.reminder_id for one in seen] == [f"r{index:03}" for index in range(160)]


async def test_what_is_of_a_server_is_of_no_other(full: SqlStore) -> None:
    for servers, number in (([HOME], 40), ([HOME, "server:discord:12"], 80), (["server:discord:1_"], 40)):
        orders = await full.overseen.orders(999, servers=servers)
        reminders = await full.overseen.reminders(999, servers=servers)
        assert {one.server for one in orders} == {one.server for one in reminders} == set(servers)
        assert (len(orders), len(reminders)) == (number, number)
    for nothing in ([], ["server:discord:"], ["server:discord:3"], ["channel:discord:2"]):
        assert await full.overseen.orders(9, servers=nothing) == []
        assert await full.overseen.reminders(9, servers=nothing) == []


async def test_homes_of_many_channels_at_once(full: SqlStore) -> None:
    assert await full.overseen.homes(["channel:discord:2", "channel:discord:77"]) == {}
    assert await full.overseen.homes([]) == {}
