"""Caps as set, and what counts when one is set in the middle of its period."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.records import (
    ALL_MEDIA,
    Cap,
    CapPeriod,
    CapUnit,
    Closing,
    Refusal,
    Settlement,
    TurnState,
    counter_key,
    period_name,
)
from storage import SqlStore
from tests.contract.storage.houses import MIDNIGHT, NOON, TODAY, House, admission, line, settlement

CHANNEL = "channel:discord:2"


def cap(scope: str, *, medium: str = ALL_MEDIA, unit: CapUnit = CapUnit.MONEY, limit: int = 1000) -> Cap:
    """A daily cap."""
    return Cap(scope, medium, unit, CapPeriod.DAY, limit)


async def put(store: SqlStore, new: Cap) -> None:
    """Set a cap as the engine does."""
    keys = [] if new.for_each else [key(new, new.scope)]
    await store.money.set_cap(new, keys, MIDNIGHT, NOON)


def key(of: Cap, scope: str) -> str:
    """Today's counter."""
    return counter_key(scope, of.medium, of.unit, of.period, TODAY)


async def used(store: SqlStore, of: Cap, *scopes: str) -> list[int | None]:
    """What is used of a cap by scope, None without a counter."""
    keys = [key(of, scope) for scope in scopes or (of.scope,)]
    found = {state.counter: state.used for state in await store.money.counters(keys)}
    return [found.get(each) for each in keys]


async def settle(store: SqlStore, *settlements: Settlement) -> None:
    """Settle in one closing."""
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, settlements=settlements)])


async def test_caps_are_set_replaced_and_lifted(store: SqlStore) -> None:
    await put(store, cap("bot", limit=5))
    await put(store, cap("bot", limit=7))
    await put(store, cap(CHANNEL, medium="image", unit=CapUnit.COUNT, limit=3))
    assert await store.money.caps() == [
        cap("bot", limit=7),
        cap(CHANNEL, medium="image", unit=CapUnit.COUNT, limit=3),
    ]
    assert await store.money.clear_cap("bot", ALL_MEDIA, "money", "day") is True
    assert await store.money.clear_cap("bot", ALL_MEDIA, "money", "day") is False
    assert await store.money.clear_cap(CHANNEL, ALL_MEDIA, "count", "day") is False
    assert len(await store.money.caps()) == 1


async def test_a_new_cap_starts_with_what_was_spent_and_is_held(store: SqlStore) -> None:
    await store.money.admit(
        [
            admission("settled"),
            admission("held", estimate=200),
            admission("elsewhere", channel="channel:discord:9"),
            admission("yesterday", at=MIDNIGHT - 1),
            admission("picture", medium="image"),
        ]
    )
    await settle(store, settlement("settled", 30), settlement("yesterday", 40), settlement("picture", 50))
    money, pictures = cap(CHANNEL), cap(CHANNEL, medium="image", unit=CapUnit.COUNT)
    for new in (money, pictures):
        await put(store, new)
    assert await used(store, money) == [30 + 200 + 50]
    assert await used(store, pictures) == [1]
    # The held call joins the counters and is corrected when it ends.
    await settle(store, settlement("held", 11))
    assert await used(store, money) == [30 + 11 + 50]


async def test_a_cap_below_what_was_spent_refuses_at_once(store: SqlStore) -> None:
    await store.money.admit([admission("a")])
    await settle(store, settlement("a", 80))
    await put(store, cap("bot", limit=50))
    (refused,) = await store.money.admit([admission("b", line("bot", 1, 50))])
    assert isinstance(refused, Refusal)
    assert refused.used == 80


async def test_setting_a_cap_again_counts_nothing_twice(store: SqlStore) -> None:
    new = cap("bot")
    await put(store, new)
    await store.money.admit([admission("a", line("bot", 100, 1000), estimate=100)])
    await put(store, cap("bot", limit=2000))
    assert await used(store, new) == [100]
    await settle(store, settlement("a", 60))
    await put(store, new)
    assert await used(store, new) == [60]


async def test_spending_while_a_cap_was_lifted_counts_when_it_returns(store: SqlStore) -> None:
    new = cap("bot")
    await put(store, new)
    await store.money.admit([admission("a", line("bot", 100, 1000), estimate=100)])
    await store.money.clear_cap("bot", ALL_MEDIA, "money", "day")
    await store.money.admit([admission("b", estimate=20)])
    await settle(store, settlement("a", 60))
    await put(store, new)
    assert await used(store, new) == [60 + 20]


async def test_a_cap_for_everyone_finds_who_spent(store: SqlStore) -> None:
    await store.money.admit(
        [
            admission("a", person="p1"),
            admission("b", person="p2", estimate=70),
            admission("direct", person="p3", server="", at=MIDNIGHT - 5),
        ]
    )
    await settle(store, settlement("a", 30))
    people = cap("user:*")
    await put(store, people)
    assert await used(store, people, "user:p1", "user:p2", "user:p3") == [30, 70, None]
    await settle(store, settlement("b", 5))
    assert await used(store, people, "user:p2") == [5]


async def test_a_cap_for_every_server_passes_over_direct_chats(store: SqlStore) -> None:
    await store.money.admit([admission("a"), admission("direct", server="", channel="channel:discord:77")])
    await settle(store, settlement("a", 30), settlement("direct", 40))
    servers, channels = cap("server:*"), cap("channel:*", unit=CapUnit.COUNT)
    for new in (servers, channels):
        await put(store, new)
    assert await used(store, servers, "server:discord:1", "") == [30, None]
    assert await used(store, channels, CHANNEL, "channel:discord:77") == [1, 1]


async def test_a_monthly_cap_counts_the_month(store: SqlStore) -> None:
    month_start = MIDNIGHT - 23 * 86_400
    await store.money.admit([admission("a", at=month_start + 5), admission("b", at=month_start - 5)])
    await settle(store, settlement("a", 30), settlement("b", 40))
    everyone = Cap("user:*", ALL_MEDIA, CapUnit.MONEY, CapPeriod.MONTH, 1000)
    await store.money.set_cap(everyone, [], month_start, NOON)
    wanted = counter_key("user:p1", ALL_MEDIA, CapUnit.MONEY, CapPeriod.MONTH, "2025-11")
    (state,) = await store.money.counters([wanted])
    assert state.used == 30


async def test_setting_a_cap_amid_admissions_and_settlements_misses_nothing(built: House) -> None:
    """Another instance draws on the same counter all the while; in the end the counter equals the books."""
    other = await built.another("b")
    bot = cap("bot", limit=100_000)
    await put(built.store, bot)

    async def call(number: int) -> None:
        name = f"r{number}"
        store = (built.store, other)[number % 2]
        assert await store.money.admit([admission(name, line("bot", 100, 100_000))]) == [None]
        if number % 3:
            await settle(store, settlement(name, 7))

    async def set_again() -> None:
        for _ in range(10):
            await put(other, bot)

    await asyncio.gather(*(call(number) for number in range(60)), set_again())
    held, settled = 20, 40
    assert await used(built.store, bot) == [held * 100 + settled * 7]


async def test_a_weekly_cap_counts_the_week(store: SqlStore) -> None:
    monday = MIDNIGHT - datetime.fromtimestamp(MIDNIGHT, UTC).weekday() * 86_400
    await store.money.admit([admission("a", at=monday + 5), admission("b", at=monday - 5)])
    await settle(store, settlement("a", 30), settlement("b", 40))
    bot = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.WEEK, 1000)
    await store.money.set_cap(bot, [], monday, NOON)
    name = period_name(CapPeriod.WEEK, datetime.fromtimestamp(monday, UTC))
    (state,) = await store.money.counters(
        [counter_key("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.WEEK, name)]
    )
    assert state.used == 30


async def test_a_roles_cap_counts_what_each_person_spent(store: SqlStore) -> None:
    await store.money.admit([admission("a"), admission("b", person="p2")])
    await settle(store, settlement("a", 30), settlement("b", 40))
    await put(store, cap("role:discord:7"))
    people = cap("user:*")
    assert await used(store, people, "user:p1") == [30]
    assert await used(store, people, "user:p2") == [40]
