"""The till under attack: caps that change beside calls, clocks that jump, calls nobody ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.engine.money.caps import CapsBook, period_at
from bot.engine.money.cashier import Cashier, Hold, Payer
from bot.errors import CapReached
from bot.messages import Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Closing, Outdated, Settlement, TurnState
from storage import SqlStore
from storage.lease import LONGEST_CALL
from storage.tables import ledger, reservations
from tests.contract.storage.houses import MIDNIGHT, NOON, House, admission, line

PLACE = Place("discord", "1", "2")
SERVER = PLACE.server_key
DAY = 86_400


def money(scope: str, limit: int, period: CapPeriod = CapPeriod.DAY) -> Cap:
    return Cap(scope, ALL_MEDIA, CapUnit.MONEY, period, limit)


class Till:
    """A process: what it knows of the caps, and its cashier."""

    def __init__(self, built: House, store: SqlStore) -> None:
        self.store = store
        self.clock = built.clock
        self.book = CapsBook(store.money)
        self.cashier = Cashier(store.money, self.book, built.clock)
        self._calls = 0

    async def hold(self, amount: int, person: str = "ada", medium: str = "chat") -> Hold | None:
        """Reserve; None where a cap refuses."""
        self._calls += 1
        try:
            return await self.cashier.hold(Payer(f"t{self._calls}", PLACE, person), medium, "model", amount)
        except CapReached:
            return None

    async def settle(self, hold: Hold, cost: int) -> None:
        done = Settlement(hold.reservation_id, cost, 1, uncertain=False, request_id="r", at=self.clock.now)
        await self.store.turns.close([Closing("t-none", TurnState.COMPLETE, settlements=(done,))])

    async def pay(self, amount: int, person: str = "ada", medium: str = "chat") -> bool:
        """A whole call; False where it was refused."""
        hold = await self.hold(amount, person, medium)
        if hold is not None:
            await self.settle(hold, amount)
        return hold is not None

    async def used(self, scope: str, at: float | None = None) -> int:
        """Of a daily cap."""
        period = period_at(CapPeriod.DAY, self.clock.now if at is None else at)
        key = f"{scope}|{ALL_MEDIA}|money|day|{period.name}"
        return sum(one.used for one in await self.store.money.counters([key]))


@pytest.fixture(name="till")
def _till(built: House) -> Till:
    return Till(built, built.store)


# --- caps that change ---


async def test_lines_of_other_caps_reserve_nothing(built: House, till: Till) -> None:
    version = till.book.version
    await till.book.put(money(SERVER, 1_000), NOON)
    old = replace(admission("old", line("bot", 100, 10_000)), caps=version)
    new = replace(admission("new", line(SERVER, 100, 1_000)), caps=till.book.version)
    any_caps = admission("any")
    assert await built.store.money.admit([old, new, any_caps]) == [Outdated(), None, None]
    assert {row["reservation_id"] for row in await built.rows(select(reservations))} == {"new", "any"}
    refused = replace(admission("full", line("bot", 100, 50)), caps=version)
    assert await built.store.money.admit([refused]) == [Outdated()], "its cap may have been raised"


async def test_a_cap_counts_every_call_that_was_on_its_way_when_it_was_set(built: House, till: Till) -> None:
    """Another process, which nobody tells of the cap, is held by it as well."""
    other = Till(built, await built.another("b"))
    calls = [asyncio.create_task(one.hold(100)) for _ in range(20) for one in (till, other)]
    setting = asyncio.create_task(till.book.put(money(SERVER, 6_000), NOON))
    later = [asyncio.create_task(one.hold(100)) for _ in range(20) for one in (till, other)]
    held = [one for one in await asyncio.gather(*calls, *later) if one is not None]
    await setting
    assert await till.used(SERVER) == 100 * len(held) <= 6_000
    while await other.hold(100) is not None:
        pass
    assert await till.used(SERVER) == 6_000
    await till.book.put(money(SERVER, 6_100), NOON)
    assert await other.hold(100) is not None, "raised by another process"
    assert await other.hold(100) is None


async def test_while_caps_are_read_anew_those_before_hold(till: Till) -> None:
    await till.book.put(money("bot", 1_000), NOON)
    loading = asyncio.create_task(till.book.load())
    while not loading.done():
        assert till.book.all() == [money("bot", 1_000)]
        await asyncio.sleep(0)


async def test_a_cap_below_what_is_spent_refuses_until_it_is_raised(till: Till) -> None:
    await till.book.put(money("user:ada", 1_000), NOON)
    assert await till.pay(800)
    await till.book.put(money("user:ada", 500), NOON)
    assert not await till.pay(1)
    await till.book.put(money("user:ada", 900), NOON)
    assert not await till.pay(101)
    assert await till.pay(100)


async def test_who_gets_a_role_in_mid_period_has_spent_what_they_spent(till: Till) -> None:
    await till.book.put(money("role:discord:7", 1_000), NOON)
    assert await till.pay(900), "nothing caps her yet"
    till.book.know_roles(PLACE, "ada", ("discord:7",))
    assert not await till.pay(200)
    assert await till.pay(100)
    till.book.know_roles(PLACE, "ada", ())
    assert await till.pay(5_000)
    till.book.know_roles(PLACE, "ada", ("discord:7",))
    assert not await till.pay(1)
    assert await till.used("user:ada") == 6_000


async def test_a_better_role_lifts_the_limit_and_forgets_nothing(till: Till) -> None:
    for scope, limit in (("user:*", 100), ("role:discord:7", 1_000), ("role:discord:8", 300)):
        await till.book.put(money(scope, limit), NOON)
    assert await till.pay(100)
    assert not await till.pay(1)
    till.book.know_roles(PLACE, "ada", ("discord:7",))
    assert await till.pay(900)
    till.book.know_roles(PLACE, "ada", ("discord:8",))
    assert not await till.pay(1)
    assert await till.used("user:ada") == 1_000


# --- clocks ---


async def test_a_call_over_midnight_belongs_to_the_day_it_was_admitted_on(built: House, till: Till) -> None:
    await till.book.put(money("bot", 1_000), NOON)
    midnight = MIDNIGHT + DAY
    built.clock.now = midnight - 1
    hold = await till.hold(800)
    assert hold is not None
    built.clock.now = midnight + 5
    assert await till.pay(900), "the new day has all of its own"
    await till.settle(hold, 300)
    assert (await till.used("bot", midnight - 1), await till.used("bot")) == (300, 900)
    assert sum(row.cost for row in await built.store.money.usage(since=midnight)) == 900
    await till.book.put(money(SERVER, 1_000), built.clock.now)
    assert await till.used(SERVER) == 900


@pytest.mark.parametrize("period", list(CapPeriod))
async def test_periods_end_in_utc_to_the_second(built: House, till: Till, period: CapPeriod) -> None:
    end = period_at(period, NOON).end
    await till.book.put(money("bot", 1_000, period), NOON)
    assert await till.pay(1_000)
    built.clock.now = end - 0.001
    assert not await till.pay(1)
    built.clock.now = end
    assert await till.pay(1_000)
    assert not await till.pay(1)


async def test_a_clock_that_jumps_and_comes_back_gives_nobody_a_new_allowance(
    built: House, till: Till
) -> None:
    await till.book.put(money("bot", 1_000), NOON)
    held = await till.hold(900)
    assert held is not None
    for jump in (3 * DAY, -3 * DAY):
        built.clock.now = NOON + jump
        await built.store.turns.sweep(built.clock.now)
        assert await till.pay(500), "another day"
    built.clock.now = NOON
    assert not await till.pay(200)
    assert await till.pay(100)
    await till.settle(held, 10)
    assert await till.used("bot") == 1_000, "the sweep had settled it at the estimate"


async def test_a_call_that_a_living_process_never_ends_is_ended_for_it(built: House, till: Till) -> None:
    await till.book.put(money("bot", 1_000), NOON)
    forgotten = await till.hold(400)
    assert forgotten is not None
    for minute in range(0, int(LONGEST_CALL) + 180, 30):
        built.clock.now = NOON + minute
        await built.store.turns.renew_leases()
        swept = await built.store.turns.sweep(built.clock.now)
        assert swept == 0 or minute > LONGEST_CALL
    (row,) = await built.rows(select(ledger))
    assert (row["reservation_id"], row["cost"], row["uncertain"]) == (forgotten.reservation_id, 400, True)
    assert await built.rows(select(reservations)) == []
    await till.settle(forgotten, 10)
    assert await till.used("bot") == 400
