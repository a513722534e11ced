"""Caps hold exactly, whatever happens at the same time; reservations end once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from sqlalchemy import func, select

from bot.errors import GondolaError
from bot.records import (
    ALL_MEDIA,
    Admission,
    CapPeriod,
    CapUnit,
    Closing,
    Outdated,
    Refusal,
    Settlement,
    Spent,
    TurnState,
    UsageRow,
    counter_key,
)
from storage import SqlStore
from storage.tables import counters, ledger, reservations
from tests.contract.storage.houses import (
    NOON,
    TODAY,
    House,
    Statements,
    admission,
    intake,
    line,
    settlement,
)


async def used(
    store: SqlStore, scope: str, *, medium: str = ALL_MEDIA, unit: CapUnit = CapUnit.MONEY
) -> int | None:
    """What is used of the daily cap of a scope, None without a counter."""
    key = counter_key(scope, medium, unit, CapPeriod.DAY, TODAY)
    return next((state.used for state in await store.money.counters([key])), None)


async def settle(store: SqlStore, *settlements: Settlement) -> None:
    """Settle in one closing."""
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, settlements=settlements)])


async def admit_one(store: SqlStore, one: Admission) -> Refusal | Outdated | None:
    """Admit by itself."""
    return (await store.money.admit([one]))[0]


async def test_a_reservation_draws_on_each_of_its_counters(store: SqlStore) -> None:
    lines = (line("bot", 30, 100), line("channel:discord:2", 30, 50))
    assert await store.money.admit([admission("a", *lines)]) == [None]
    assert await used(store, "bot") == 30
    assert await used(store, "channel:discord:2") == 30
    assert await used(store, "user:p1") is None


async def test_a_full_cap_refuses_and_says_which_and_how_full(store: SqlStore) -> None:
    first = (line("bot", 60, 1000), line("channel:discord:2", 60, 100))
    assert await store.money.admit([admission("a", *first)]) == [None]
    assert await store.money.admit([admission("b", *first)]) == [Refusal(first[1], 60)]
    assert await used(store, "bot") == 60
    assert await store.money.admit([admission("c", line("bot", 940, 1000))]) == [None]


async def test_the_first_call_of_a_period_must_fit_too(store: SqlStore) -> None:
    too_dear = line("bot", 101, 100)
    assert await store.money.admit([admission("a", too_dear)]) == [Refusal(too_dear, 0)]
    assert await used(store, "bot") is None
    assert await store.money.admit([admission("b", line("bot", 100, 100))]) == [None]


async def test_a_call_without_caps_is_reserved_all_the_same(built: House) -> None:
    assert await built.store.money.admit([admission("a"), admission("b")]) == [None, None]
    held = await built.rows(select(reservations.c.reservation_id))
    assert {row["reservation_id"] for row in held} == {"a", "b"}
    assert await built.store.money.admit([]) == []


async def test_a_batch_that_does_not_fit_whole_is_admitted_in_order(store: SqlStore) -> None:
    """60 + 50 exceed 100, the 40 behind them fit: who comes first is served first, nobody blocks others."""
    batch = [
        admission("a", line("bot", 60, 100)),
        admission("b", line("bot", 50, 100)),
        admission("c", line("bot", 40, 100)),
        admission("d", line("bot", 1, 100)),
        admission("e"),
    ]
    verdicts = await store.money.admit(batch)
    assert verdicts == [
        None,
        Refusal(line("bot", 50, 100), 60),
        None,
        Refusal(line("bot", 1, 100), 100),
        None,
    ]
    assert await used(store, "bot") == 100


async def test_two_limits_on_one_counter_each_hold_for_their_own_call(store: SqlStore) -> None:
    """A cap lowered between two calls of one batch."""
    batch = [admission("a", line("bot", 60, 100)), admission("b", line("bot", 30, 50))]
    assert await store.money.admit(batch) == [None, Refusal(line("bot", 30, 50), 60)]


@pytest.mark.parametrize("instances", [1, 2])
async def test_three_hundred_at_once_pass_exactly_as_the_cap_allows(built: House, instances: int) -> None:
    stores = [built.store, *[await built.another("b") for _ in range(instances - 1)]]
    calls = [admission(f"r{n}", line("bot", 7, 1000)) for n in range(300)]
    verdicts = await asyncio.gather(*(admit_one(stores[n % instances], one) for n, one in enumerate(calls)))
    assert verdicts.count(None) == 1000 // 7
    assert await used(built.store, "bot") == 1000 // 7 * 7
    assert len(await built.rows(select(reservations))) == 1000 // 7


async def test_batches_of_two_instances_at_once_pass_exactly_as_the_cap_allows(built: House) -> None:
    stores = [built.store, await built.another("b")]
    batches = [[admission(f"{b}-{n}", line("bot", 7, 1000)) for n in range(25)] for b in range(12)]
    results = await asyncio.gather(*(stores[b % 2].money.admit(batch) for b, batch in enumerate(batches)))
    assert sum(verdicts.count(None) for verdicts in results) == 1000 // 7
    assert await used(built.store, "bot") == 1000 // 7 * 7


async def test_overlapping_caps_in_any_order_neither_overspend_nor_block(built: House) -> None:
    """Bot, server, channel and person caps, lines shuffled, 300 at once over two instances; then
    everything is settled at nothing and the counters are empty again."""
    dice = random.Random(7)
    stores = [built.store, await built.another("b")]
    calls = [_overlapping(f"r{n}", dice) for n in range(300)]
    verdicts = await asyncio.gather(*(admit_one(dice.choice(stores), one) for one in calls))
    drawn: Counter[str] = Counter()
    for one, refused in zip(calls, verdicts, strict=True):
        if refused is None:
            drawn.update({each.counter: each.amount for each in one.lines})
    limits = {each.counter: each.limit for one in calls for each in one.lines}
    states = {state.counter: state.used for state in await built.store.money.counters(list(limits))}
    assert states == dict(drawn)
    assert all(drawn[counter] <= limit for counter, limit in limits.items())
    # Nothing was given back, so whoever was refused must still not fit.
    refused_calls = [one for one, refused in zip(calls, verdicts, strict=True) if refused]
    assert refused_calls
    assert all(any(drawn[x.counter] + x.amount > x.limit for x in one.lines) for one in refused_calls)
    await asyncio.gather(*(settle(dice.choice(stores), settlement(one.reservation_id, 0)) for one in calls))
    assert {state.used for state in await built.store.money.counters(list(limits))} == {0}
    assert await built.rows(select(reservations)) == []


def _overlapping(name: str, dice: random.Random) -> Admission:
    lines = [
        line("bot", 10, 2000),
        line(f"server:discord:{dice.randrange(3)}", 10, 700),
        line(f"channel:discord:{dice.randrange(9)}", 10, 250),
        line(f"user:p{dice.randrange(20)}", 10, 130),
    ]
    dice.shuffle(lines)
    return admission(name, *lines[: dice.randrange(1, 5)])


async def test_admitting_and_settling_at_once_keeps_the_books(built: House) -> None:
    stores = [built.store, await built.another("b")]

    async def call(number: int) -> int:
        store = stores[number % 2]
        one = admission(f"r{number}", line("bot", 50, 400), line(f"user:p{number % 5}", 50, 200))
        if await admit_one(store, one) is not None:
            return 0
        await settle(store, settlement(one.reservation_id, number % 3))
        return number % 3

    spent = sum(await asyncio.gather(*(call(number) for number in range(200))))
    assert await used(built.store, "bot") == spent
    assert sum(row["cost"] for row in await built.rows(select(ledger.c.cost))) == spent


async def test_fifty_admissions_need_a_handful_of_statements(store: SqlStore) -> None:
    await store.turns.take_in([intake(f"r{n}") for n in range(50)])
    statements = Statements(store)
    batch = [
        admission(f"r{n}", line("bot", 1, 1000), line(f"channel:discord:{n % 7}", 1, 1000)) for n in range(50)
    ]
    assert await store.money.admit(batch) == [None] * 50
    assert len(statements.take()) <= 8


async def test_settling_replaces_the_estimate_by_the_real_price(built: House) -> None:
    """Money and count caps each in their unit; the ledger keeps both prices."""
    calls = line("user:p1", 2, 10, medium="image", unit=CapUnit.COUNT)
    one = admission("a", line("bot", 100, 1000), calls, estimate=100, medium="image")
    await built.store.money.admit([one])
    await settle(built.store, settlement("a", 30, count=1))
    assert await used(built.store, "bot") == 30
    assert await used(built.store, "user:p1", medium="image", unit=CapUnit.COUNT) == 1
    (row,) = await built.rows(select(ledger))
    assert (row["estimate"], row["cost"], row["calls"], row["uncertain"]) == (100, 30, 1, False)
    assert (row["turn_id"], row["person"], row["request_id"]) == ("t-a", "p1", "request-a")
    assert (row["server"], row["channel"], row["medium"]) == (one.server, one.channel, "image")


async def test_a_call_that_delivered_nothing_gives_everything_back(store: SqlStore) -> None:
    calls = line("bot", 1, 5, unit=CapUnit.COUNT)
    await store.money.admit([admission("a", line("bot", 100, 1000), calls)])
    await settle(store, settlement("a", 0, count=0))
    assert await used(store, "bot") == 0
    assert await used(store, "bot", unit=CapUnit.COUNT) == 0


async def test_an_overrun_is_booked_and_the_next_call_refused(store: SqlStore) -> None:
    await store.money.admit([admission("a", line("bot", 90, 100))])
    await settle(store, settlement("a", 150))
    assert await used(store, "bot") == 150
    refused = await admit_one(store, admission("b", line("bot", 1, 100)))
    assert refused == Refusal(line("bot", 1, 100), 150)


async def test_settling_twice_or_something_unknown_changes_nothing(built: House) -> None:
    await built.store.money.admit([admission("a", line("bot", 100, 1000))])
    await settle(built.store, settlement("a", 30), settlement("never", 999))
    await settle(built.store, settlement("a", 30))
    assert await used(built.store, "bot") == 30
    assert len(await built.rows(select(ledger))) == 1


async def test_settling_the_same_at_once_in_two_instances_books_once(built: House) -> None:
    stores = [built.store, await built.another("b")]
    names = [f"r{n}" for n in range(20)]
    await built.store.money.admit([admission(name, line("bot", 100, 10_000)) for name in names])
    settlements = [settlement(name, 30) for name in names]
    await asyncio.gather(*(settle(stores[n % 2], *settlements[:: 1 if n < 4 else -1]) for n in range(8)))
    assert await used(built.store, "bot") == 600
    assert len(await built.rows(select(ledger))) == 20


async def test_what_a_dead_instance_held_is_settled_at_the_estimate_and_flagged(built: House) -> None:
    await built.store.money.admit([admission("a", line("bot", 100, 1000), estimate=100)])
    other = await built.another("b")
    await other.money.admit([admission("b", line("bot", 50, 1000), estimate=50)])
    built.clock.now += 50
    await other.turns.renew_leases()
    built.clock.now += 50  # a's lease ran out at 60, b's was renewed until 110
    assert await other.turns.sweep(built.clock.now) == 1
    assert await other.turns.sweep(built.clock.now) == 0
    assert await used(other, "bot") == 150
    (row,) = await built.rows(select(ledger))
    assert (row["reservation_id"], row["cost"], row["uncertain"]) == ("a", 100, True)
    await settle(built.store, settlement("a", 10))  # not dead after all, only late: the books stand
    assert await used(other, "bot") == 150


async def test_two_sweeps_at_once_settle_each_reservation_once(built: House) -> None:
    other = await built.another("b")
    await built.store.money.admit([admission(f"r{n}", line("bot", 10, 1000), estimate=10) for n in range(20)])
    built.clock.now += 100
    swept = await asyncio.gather(*(s.turns.sweep(built.clock.now) for s in (built.store, other) * 3))
    assert sum(swept) == 20
    assert len(await built.rows(select(ledger))) == 20
    assert await used(built.store, "bot") == 200


async def test_admission_takes_a_turn_forward_only(built: House) -> None:
    await built.store.turns.take_in([intake("a"), intake("b")])
    await built.store.money.admit([admission("a")])
    await built.store.turns.close([Closing("t-b", TurnState.ANSWERING)])
    await built.store.money.admit([admission("b")])
    built.clock.now += 100
    claimed = await (await built.another("b")).turns.claim_expired(10)
    assert {turn.turn_id: turn.state for turn in claimed} == {
        "t-a": TurnState.ADMITTED,
        "t-b": TurnState.ANSWERING,
    }


async def test_one_reservation_id_twice_is_an_error_that_changes_nothing(store: SqlStore) -> None:
    await store.money.admit([admission("a", line("bot", 10, 100))])
    with pytest.raises(GondolaError) as caught:
        await store.money.admit([admission("a", line("bot", 10, 100))])
    assert "IntegrityError" in caught.value.detail or "UniqueViolation" in caught.value.detail
    assert await used(store, "bot") == 10


async def test_usage_sums_by_medium_and_model_and_filters(store: SqlStore) -> None:
    await store.money.admit(
        [
            admission("a", person="p1", channel="channel:discord:2"),
            admission("b", person="p2", channel="channel:discord:3"),
            admission("c", person="p1", medium="image"),
            admission("d", person="p1", at=NOON - 86_400),
        ]
    )
    await settle(store, *(settlement(name, cost) for name, cost in zip("abcd", (5, 6, 100, 7), strict=True)))
    image, chat = UsageRow("image", "model", 100, 1), UsageRow("chat", "model", 11, 2)
    assert await store.money.usage(since=NOON - 60) == [image, chat]
    assert await store.money.usage(since=0, person="p1") == [image, UsageRow("chat", "model", 12, 2)]
    assert await store.money.usage(since=NOON, channel="channel:discord:3") == [
        UsageRow("chat", "model", 6, 1)
    ]
    assert await store.money.usage(since=NOON, server="server:discord:9") == []


async def test_a_cancelled_caller_leaves_whole_transactions(built: House) -> None:
    tasks = [
        asyncio.create_task(admit_one(built.store, admission(f"r{n}", line("bot", 10, 1000))))
        for n in range(40)
    ]
    await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await built.store.money.admit([admission("last", line("bot", 10, 1000))]) == [None]
    # One statement, because on PostgreSQL what was begun may still be ending.
    held = select(func.count()).select_from(reservations).scalar_subquery()
    (row,) = await built.rows(select(counters.c.used, held.label("held")))
    assert row["used"] == 10 * row["held"] > 0


async def test_spending_is_summed_by_bar_and_medium(store: SqlStore) -> None:
    hour = 3600
    await store.money.admit(
        [
            admission("a", at=NOON + 5),
            admission("b", at=NOON + hour - 1, person="p2"),
            admission("c", at=NOON + 2 * hour, medium="image"),
            admission("early", at=NOON - 1),
        ]
    )
    await settle(store, *(settlement(name, 10) for name in ("a", "b", "c", "early")))
    assert await store.money.spending(since=NOON, seconds=hour) == [
        Spent(0, "chat", 20, 2),
        Spent(2, "image", 10, 1),
    ]
    assert await store.money.spending(since=NOON, seconds=hour, person="p2") == [Spent(0, "chat", 10, 1)]
    assert await store.money.spending(since=NOON, seconds=hour, server="server:discord:9") == []
    assert await store.money.people(since=NOON) == 2
    assert await store.money.people(since=NOON + hour) == 1
    assert await store.money.people(since=NOON, channel="channel:discord:none") == 0
