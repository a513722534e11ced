"""Orders: one step at a time, one owner at a time, and their money settled once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import func, select

from bot.orders import WORKING, Advance, Order, OrderState, Slip
from bot.records import Settlement
from storage import SqlStore
from storage.tables import ledger, reservations
from tests.contract.storage.houses import NOON, House, admission, line

S = OrderState
CARD = Order(
    id="o1",
    state=S.QUOTED,
    conversation="discord:1:2:",
    person="p1",
    medium="video",
    model="wan",
    request='{"prompt": "a boat"}',
    quote=100,
    created_at=NOON,
    expires_at=NOON + 3600,
)


def step(state: OrderState, *expected: OrderState, **fields: object) -> Advance:
    return replace(Advance("o1", frozenset(expected), state), **fields)


async def queued(store: SqlStore) -> Order:
    """An order under way, with its money held."""
    await store.orders.add(CARD)
    held = replace(admission("r1", line("bot", 100, 1000)), turn_id="o1")
    assert await store.money.admit([held]) == [None]
    slip = Slip("video", "wan", "q1", "https://example.org/film")
    found = await store.orders.advance(
        step(S.QUEUED, S.QUOTED, slip=slip, reservation="r1", uncleared=True, message_id="m1")
    )
    assert found is not None
    return found


async def used(store: SqlStore) -> int:
    return (await store.money.counters([line("bot", 0, 0).counter]))[0].used


async def test_an_order_comes_back_as_it_was_stored(store: SqlStore) -> None:
    await store.orders.add(CARD)
    assert await store.orders.get("o1") == replace(CARD, updated_at=NOON)
    assert await store.orders.get("o2") is None


async def test_a_step_changes_what_it_names_and_nothing_else(built: House) -> None:
    order = await queued(built.store)
    assert order == replace(
        CARD,
        state=S.QUEUED,
        slip=Slip("video", "wan", "q1", "https://example.org/film"),
        reservation="r1",
        uncleared=True,
        message_id="m1",
        updated_at=NOON,
    )
    assert "example.org" not in repr(order.slip)
    built.clock.now += 5
    ready = await built.store.orders.advance(step(S.READY, S.QUEUED, mine=True, kept="v1"))
    assert ready == replace(order, state=S.READY, kept="v1", updated_at=NOON + 5)
    assert await built.store.orders.get("o1") == ready


async def test_of_two_presses_one_gets_through(store: SqlStore) -> None:
    await store.orders.add(CARD)
    accept = step(S.ACCEPTED, S.QUOTED, version=0)
    found = await asyncio.gather(*(store.orders.advance(accept) for _ in range(5)))
    assert sum(one is not None for one in found) == 1


async def test_a_button_of_an_older_card_does_nothing(store: SqlStore) -> None:
    await store.orders.add(CARD)
    cheaper = step(S.QUOTED, S.QUOTED, version=0, new_version=1, quote=50, model="ltx")
    found = await store.orders.advance(cheaper)
    assert found is not None
    assert (found.version, found.quote, found.model, found.request) == (1, 50, "ltx", CARD.request)
    assert await store.orders.advance(cheaper) is None
    assert await store.orders.advance(step(S.ACCEPTED, S.QUOTED, version=0)) is None


async def test_money_is_settled_with_the_step_and_once(built: House) -> None:
    store = built.store
    await queued(store)
    settlement = Settlement("r1", 80, 1, False, "", NOON)
    ready = step(S.READY, S.QUEUED, mine=True, kept="v1", settlement=settlement)
    cancelled = step(S.CANCELLED, S.QUEUED, settlement=replace(settlement, cost=100))
    found = await asyncio.gather(store.orders.advance(ready), store.orders.advance(cancelled))
    assert sum(one is not None for one in found) == 1
    paid = 80 if found[0] is not None else 100
    assert await used(store) == paid
    assert [row["cost"] for row in await built.rows(select(ledger.c.cost))] == [paid]
    assert await built.rows(select(func.count()).select_from(reservations)) == [{"count_1": 0}]


async def test_the_sweep_leaves_the_money_of_orders_alone(built: House) -> None:
    """Whoever takes the order over settles it: swept, it would be paid although it may still fail."""
    store = built.store
    await queued(store)
    await store.money.admit([admission("stray", line("bot", 7, 1000), estimate=7)])
    built.clock.now += 1000
    assert await store.turns.sweep(built.clock.now) == 1
    assert await used(store) == 107
    b = await built.another("b")
    [order] = await b.orders.claim_expired(10)
    free = Settlement("r1", 0, 0, False, "", built.clock.now)
    assert await b.orders.advance(step(S.FAILED, S.QUEUED, mine=True, settlement=free, uncleared=False))
    assert order.reservation == "r1"
    assert await used(store) == 7


async def test_the_next_process_takes_over_and_the_last_one_is_out(built: House) -> None:
    await queued(built.store)
    b = await built.another("b")
    assert await b.orders.claim_expired(10) == []
    built.clock.now += 45
    await built.store.turns.renew_leases()
    built.clock.now += 45
    assert await b.orders.claim_expired(10) == []
    built.clock.now += 45
    claimed = await asyncio.gather(b.orders.claim_expired(10), b.orders.claim_expired(10))
    assert sorted(len(one) for one in claimed) == [0, 1]
    assert await built.store.orders.advance(step(S.READY, S.QUEUED, mine=True)) is None
    assert await b.orders.advance(step(S.READY, S.QUEUED, mine=True)) is not None


async def test_nobody_works_on_what_is_over_and_cleared(built: House) -> None:
    b = await built.another("b")
    await queued(built.store)
    delivered = await built.store.orders.advance(step(S.DELIVERED, *WORKING, mine=True, request=""))
    assert delivered is not None
    assert delivered.request == ""
    built.clock.now += 1000
    assert [one.state for one in await b.orders.claim_expired(10)] == [S.DELIVERED]
    assert await b.orders.advance(step(S.DELIVERED, S.DELIVERED, mine=True, uncleared=False))
    built.clock.now += 1000
    assert await built.store.orders.claim_expired(10) == []


async def test_a_restart_on_sqlite_need_not_wait_for_the_lease(built: House) -> None:
    if built.url:
        return
    await queued(built.store)
    await built.store.close()
    again = await built.reopened()
    assert [one.id for one in await again.orders.claim_expired(10)] == ["o1"]


async def test_what_is_listed_and_what_is_forgotten(store: SqlStore) -> None:
    await queued(store)
    for name, conversation in (("o2", CARD.conversation), ("o3", "discord:1:3:")):
        await store.orders.add(replace(CARD, id=name, conversation=conversation))
    assert [one.id for one in await store.orders.of_person("p1", 10)] == ["o1"]
    assert await store.orders.of_person("p2", 10) == []
    assert await store.orders.forget(CARD.conversation) == 2
    assert await store.orders.get("o2") is None
    left = [await store.orders.get(name) for name in ("o1", "o3")]
    assert [one.request if one else None for one in left] == ["", CARD.request]


async def test_a_forgotten_chat_takes_the_words_of_its_orders_along(store: SqlStore) -> None:
    for name, conversation in (("o2", "discord:1:3:"), ("o3", "discord:1:4:"), ("o4", "discord:1:5:")):
        await store.orders.add(replace(CARD, id=name, conversation=conversation))
    await store.chats.forget("discord:1:3:", "")
    await store.memory.forget("discord:1:4:")
    found = [await store.orders.get(name) for name in ("o2", "o3", "o4")]
    assert [one is not None for one in found] == [False, False, True]


async def test_old_cards_and_old_orders_go(built: House) -> None:
    store = built.store
    await store.orders.add(replace(CARD, id="card"))
    await queued(store)
    assert await store.orders.purge(NOON + 3599) == 0
    assert await store.orders.purge(NOON + 3601) == 1
    assert await store.orders.get("card") is None
    assert await store.orders.purge(NOON + 30 * 86_400) == 0
    await store.orders.advance(step(S.FAILED, S.QUEUED, uncleared=False))
    assert await store.orders.purge(NOON + 86_400) == 0
    assert await store.orders.purge(NOON + 9 * 86_400) == 1


async def test_orders_move_with_their_chat(store: SqlStore) -> None:
    await store.orders.add(replace(CARD, conversation="telegram:-12:-12:5", message_id="m1"))
    await store.orders.add(replace(CARD, id="o2", conversation="telegram:-123:-123:", message_id="m2"))
    await store.move("telegram", "-12", "-10099")
    moved = [await store.orders.get(name) for name in ("o1", "o2")]
    assert [(one.conversation, one.message_id) for one in moved if one] == [
        ("telegram:-10099:-10099:5", ""),
        ("telegram:-123:-123:", "m2"),
    ]
