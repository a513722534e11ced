"""What the dashboard reads: counts over time, incidents, links, ledger; on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from bot.auditing import Change, ChangeKind
from bot.figures import FIGURES_KEPT, FINE_SECONDS, HOUR, INCIDENTS_KEPT, Count, Figure, Incident
from bot.messages import Place
from bot.orders import Order, OrderState
from bot.overseeing import LedgerFilter
from bot.records import Closing, ReadMark, SettingRow, TurnState
from bot.reminding import Reminder
from bot.signingin import SignIn
from storage import SqlStore
from storage.tables import pulse
from tests.contract.storage.houses import NOON, House, admission, settlement

A, B = "server:discord:1", "server:discord:2"
BUCKET = int(NOON) // 300 * 300


async def pay(store: SqlStore, name: str, cost: int, *, uncertain: bool = False, **fields: Any) -> None:
    """One line in the ledger."""
    await store.money.admit([replace(admission(name), **fields)])
    settled = settlement(name, cost, uncertain=uncertain)
    await store.turns.close([Closing(f"t-{name}", TurnState.SETTLED, settlements=(settled,))])


def counts(amount: int, server: str = A, bucket: int = BUCKET) -> list[Count]:
    return [Count(bucket, server, measure, amount) for measure in ("answered", "latency:03")]


# --- counts over time ---


async def test_two_instances_add_to_the_same_buckets_at_once(built: House) -> None:
    stores = [built.store, await built.another("b")]
    await asyncio.gather(*(store.figures.add([*counts(1), *counts(1, B)], []) for store in stores * 10))
    found = await built.store.figures.steps(since=BUCKET, seconds=300)
    assert found == [Figure(0, "answered", 40), Figure(0, "latency:03", 40)]
    mine = await built.store.figures.steps(since=BUCKET, seconds=300, servers=[B])
    assert mine == [Figure(0, "answered", 20), Figure(0, "latency:03", 20)]
    assert await built.store.figures.steps(since=BUCKET, seconds=300, servers=[]) == []


async def test_buckets_are_summed_by_step_and_those_before_are_left_out(store: SqlStore) -> None:
    for offset in (-300, 0, 300, 600):
        await store.figures.add([Count(BUCKET + offset, A, "failed", 1)], [])
    found = await store.figures.steps(since=BUCKET, seconds=600)
    assert found == [Figure(0, "failed", 2), Figure(1, "failed", 1)]


async def test_the_same_bucket_twice_in_one_batch_counts_twice(store: SqlStore) -> None:
    await store.figures.add([*counts(1), *counts(2)], [])
    assert (await store.figures.steps(since=BUCKET, seconds=300))[0].amount == 3


async def test_old_buckets_become_hours_and_the_oldest_go(built: House) -> None:
    store, now = built.store, NOON
    past = (int(now - FINE_SECONDS) // HOUR - 1) * HOUR
    for offset in (0, 300, 600):
        await store.figures.add(counts(1, bucket=past + offset), [])
    await store.figures.add(counts(1, bucket=int(now - FIGURES_KEPT) - 300), [])
    await store.figures.add(counts(1), [])
    assert await store.figures.purge(now) == 6
    rows = await built.rows(select(pulse).order_by(pulse.c.bucket, pulse.c.measure))
    answered = [(row["bucket"], row["amount"]) for row in rows if row["measure"] == "answered"]
    assert answered == [(past, 3), (BUCKET, 1)]
    assert await store.figures.purge(now) == 0


async def test_two_that_put_buckets_together_at_once_lose_and_double_nothing(built: House) -> None:
    past = (int(NOON - FINE_SECONDS) // HOUR - 1) * HOUR
    rows = [Count(past + 300 * n, f"s{s}", "answered", 1) for n in range(1, 12) for s in range(20)]
    await built.store.figures.add(rows, [])
    stores = [built.store, await built.another("b")]
    await asyncio.gather(*(store.figures.purge(NOON) for store in stores * 3))
    assert await built.store.figures.steps(since=past, seconds=HOUR) == [Figure(0, "answered", 220)]
    assert len(await built.rows(select(pulse))) == 20


# --- incidents ---


def incident(server: str, at: float = NOON) -> Incident:
    return Incident(at, "discord", server, "channel:discord:2", "VeniceError server", "venice", "r1", "t1")


async def test_incidents_are_read_newest_first_by_server_and_page(store: SqlStore) -> None:
    await store.figures.add([], [incident(A), incident(B), incident(A, NOON + 1)])
    newest, *_ = found = await store.figures.incidents(2)
    assert [one.incident for one in found] == [incident(A, NOON + 1), incident(B)]
    older = await store.figures.incidents(5, servers=[A], before=newest.number)
    assert [one.incident for one in older] == [incident(A)]
    assert await store.figures.incidents(5, servers=[]) == []


async def test_old_incidents_go(store: SqlStore) -> None:
    await store.figures.add([], [incident(A), incident(A, NOON + 10)])
    assert await store.figures.purge(NOON + INCIDENTS_KEPT + 5) == 1
    assert [one.incident.at for one in await store.figures.incidents(5)] == [NOON + 10]


# --- links ---


CHANGE = Change(NOON, "h1", ChangeKind.SIGN_IN, "bot", "", "dashboard", "", "signed in")


async def test_of_many_who_use_a_link_at_once_one_gets_in(built: House) -> None:
    stores = [built.store, await built.another("b")]
    await built.store.sign_ins.add(SignIn("d1", "h1", A, NOON + 10))
    found = await asyncio.gather(*(store.sign_ins.claim("d1", NOON, CHANGE) for store in stores * 5))
    assert [one for one in found if one is not None] == [SignIn("d1", "h1", A, NOON + 10)]
    assert len(await built.store.audit.entries(9)) == 1
    assert await built.store.sign_ins.get("d1", NOON) is None


async def test_a_link_ends_with_its_time_or_with_the_next_one(store: SqlStore) -> None:
    await store.sign_ins.add(SignIn("d1", "h1", "", NOON + 10))
    await store.sign_ins.add(SignIn("d2", "h2", "", NOON + 10))
    await store.sign_ins.add(SignIn("d3", "h1", "", NOON + 20))
    assert await store.sign_ins.get("d1", NOON) is None
    assert await store.sign_ins.get("d2", NOON) is not None
    assert await store.sign_ins.claim("d2", NOON + 10, CHANGE) is None
    assert await store.audit.entries(9) == []
    assert await store.sign_ins.purge(NOON + 10) == 1
    assert await store.sign_ins.claim("d3", NOON + 10, CHANGE) is not None


# --- the ledger ---


async def test_the_ledger_is_filtered_and_paged(store: SqlStore) -> None:
    await pay(store, "a", 10)
    await pay(store, "b", 20, server=B, channel="channel:discord:9", person="p2", at=NOON + 60)
    await pay(store, "c", 30, medium="image", model="other", uncertain=True, at=NOON + 120)

    async def found(**wanted: Any) -> list[str]:
        lines = await store.overseen.ledger(LedgerFilter(**wanted), 9)
        return [line.request_id.removeprefix("request-") for line in lines]

    assert await found() == ["c", "b", "a"]
    assert (
        await found(server=B) == await found(channel="channel:discord:9") == await found(person="p2") == ["b"]
    )
    assert await found(medium="image") == await found(model="other") == await found(uncertain=True) == ["c"]
    assert await found(uncertain=False, since=NOON + 60) == ["b"]
    assert await found(until=NOON + 60) == ["a"]
    first = await store.overseen.ledger(LedgerFilter(), 2)
    rest = await store.overseen.ledger(LedgerFilter(), 2, before=first[-1].number)
    assert [line.cost for line in (*first, *rest)] == [30, 20, 10]
    assert [line.cost for line in await store.overseen.ledger(LedgerFilter(), 9, servers=[B])] == [20]
    assert await store.overseen.ledger(LedgerFilter(server=A), 9, servers=[B]) == []
    assert await store.overseen.spent(since=NOON, seconds=60) == [(0, 10), (1, 20), (2, 30)]
    assert await store.overseen.spent(since=NOON, seconds=300, servers=[A]) == [(0, 40)]
    assert await store.overseen.askers(since=NOON) == 2
    assert await store.overseen.askers(since=NOON, servers=[B]) == 1


async def test_spenders_are_paged_by_when_they_were_last_seen(store: SqlStore) -> None:
    for name, person, at in (("a", "p1", 0), ("b", "p2", 5), ("c", "p3", 5), ("d", "p1", 9)):
        await pay(store, name, 10, person=person, at=NOON + at)
    first = await store.overseen.spenders(2, since=NOON)
    assert [(one.person, one.cost, one.calls) for one in first] == [("p1", 20, 2), ("p2", 10, 1)]
    last = first[-1]
    rest = await store.overseen.spenders(2, since=NOON, before=(last.last_seen, last.person))
    assert [one.person for one in rest] == ["p3"]
    assert await store.overseen.spenders(9, since=NOON, servers=[B]) == []


async def test_where_a_channel_belongs_is_known_from_what_happened_there(store: SqlStore) -> None:
    assert await store.overseen.home("channel:discord:2") is None
    await store.reading.keep("discord", [ReadMark("2", "7", "9", NOON), ReadMark("3", "", "9", NOON)])
    assert await store.overseen.home("channel:discord:2") == "server:discord:7"
    assert await store.overseen.home("channel:discord:3") == ""
    change = Change(NOON, "h", ChangeKind.SETTING, "channel:discord:2", "server:discord:6", "x", "", "y")
    await store.settings.put(SettingRow("channel:discord:2", "x", "y"), "h", NOON, change)
    assert await store.overseen.home("channel:discord:2") == "server:discord:6"
    await pay(store, "a", 10)
    assert await store.overseen.home("channel:discord:2") == A
    used = await store.overseen.used(since=NOON)
    assert [(one.server, one.channel, one.last_used) for one in used] == [(A, "channel:discord:2", NOON)]


async def test_orders_and_reminders_are_listed_without_words(store: SqlStore) -> None:
    order = Order(
        "o1", OrderState.QUOTED, "discord:1:2:", "p1", "video", "m", '{"prompt":"x"}', 5, NOON, NOON
    )
    await store.orders.add(order)
    await store.orders.add(replace(order, id="o2", state=OrderState.DELIVERED))
    (line,) = await store.overseen.orders(9)
    assert (line.order_id, line.server, line.channel, line.state) == ("o1", A, "channel:discord:2", "quoted")
    here = Place("discord", "1", "2").conversation
    await store.reminders.add(Reminder("r1", here, "p1", "discord:5", "Ann", "secret", NOON + 9, NOON), 9)
    (waits,) = await store.overseen.reminders(9)
    assert (waits.server, waits.person, waits.due_at, waits.begun) == (A, "p1", NOON + 9, False)
    assert "secret" not in repr(waits)


# --- a chat with a new id ---


async def test_figures_incidents_and_links_move_with_a_chat(store: SqlStore) -> None:
    old, new, other = (f"server:telegram:{chat}" for chat in ("-12", "-10099", "-123"))
    for server in (old, new, other):
        await store.figures.add(counts(1, server), [incident(server)])
    await store.sign_ins.add(SignIn("d1", "h1", old, NOON + 10))
    await store.move("telegram", "-12", "-10099")
    assert await store.figures.steps(since=BUCKET, seconds=300, servers=[old]) == []
    assert [one.amount for one in await store.figures.steps(since=BUCKET, seconds=300, servers=[new])] == [
        2,
        2,
    ]
    assert len(await store.figures.incidents(9, servers=[new])) == 2
    assert len(await store.figures.incidents(9, servers=[other])) == 1
    link = await store.sign_ins.get("d1", NOON)
    assert link is not None
    assert link.server == new
