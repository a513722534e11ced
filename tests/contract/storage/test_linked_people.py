"""One person, two accounts: linked, unlinked, erased, and what caps, blocks and credits come to."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from bot.crediting import CreditKind, Movement
from bot.people import Link, LinkOffer, Whose
from bot.records import (
    ALL_MEDIA,
    AccessRule,
    Cap,
    CapPeriod,
    CapUnit,
    Closing,
    SettingRow,
    TurnState,
)
from bot.serverrules import ServerRule
from storage import SqlStore
from storage.tables import (
    facts,
    links,
)
from tests.contract.storage.houses import MIDNIGHT, NOON, House, admission, settlement
from tests.contract.storage.somebody import ANN, EVE, counted, erasure, furnish, hide, note, texts, used

FIRST, SECOND = Link(ANN, ANN, "discord:1"), Link(EVE, EVE, "telegram:2")


async def spend(store: SqlStore, name: str, person: str, amount: int, *, settled: bool = True) -> None:
    held = admission(name, counted(person, amount), person=person, estimate=amount)
    assert await store.money.admit([held]) == [None]
    if settled:
        done = (settlement(name, amount),)
        await store.turns.close([Closing(f"c-{name}", TurnState.COMPLETE, settlements=done)])


async def test_linked_counters_add_up_also_what_is_held(built: House) -> None:
    store = built.store
    await spend(store, "a", ANN, 100)
    await spend(store, "b", EVE, 30)
    await spend(store, "held", EVE, 50, settled=False)
    await store.people.link(FIRST, SECOND, note("link"))
    assert (await used(store, ANN), await used(store, EVE)) == (180, 0)
    done = (settlement("held", 20),)
    await store.turns.close([Closing("c", TurnState.COMPLETE, settlements=done)])
    assert await used(store, ANN) == 150
    assert sum(row.cost for row in await store.money.usage(since=0, person=ANN)) == 150
    assert [(one.person, one.canonical) for one in await store.people.links()] == [(ANN, ANN), (EVE, ANN)]


async def test_unlinking_resets_nothing(built: House) -> None:
    store = built.store
    await spend(store, "a", ANN, 100)
    await store.people.link(FIRST, SECOND, note("link"))
    await spend(store, "b", ANN, 200)
    assert await store.people.unlink(ANN, note("link")) == 2
    assert (await used(store, ANN), await used(store, EVE)) == (300, 300)
    assert await store.people.links() == []
    assert await store.people.unlink(ANN, note("link")) == 0


async def test_linking_again_counts_nothing_twice(built: House) -> None:
    store = built.store
    await spend(store, "a", ANN, 100)
    await spend(store, "b", EVE, 30)
    for first, second in ((FIRST, SECOND), (SECOND, FIRST), (FIRST, SECOND)):
        await store.people.link(first, second, note("link"))
        assert await used(store, first.person) == 130
        await store.people.unlink(first.person, note("link"))
        assert (await used(store, ANN), await used(store, EVE)) == (130, 130)
    await spend(store, "c", ANN, 7)
    await spend(store, "held", EVE, 5, settled=False)
    await store.people.link(FIRST, SECOND, note("link"))
    assert await used(store, ANN) == 142, "what each used alone since then adds up"


async def test_erasing_both_resets_neither(built: House) -> None:
    store = built.store
    await store.people.link(FIRST, SECOND, note("link"))
    await spend(store, "b", ANN, 200)
    whose = Whose(frozenset({ANN, EVE}), frozenset({"discord:1", "telegram:2"}))
    assert await store.people.whose(ANN) == whose
    await store.people.erase(erasure(whose=whose), hide, note("erase"))
    assert (await used(store, ANN), await used(store, EVE)) == (200, 200)
    assert await built.rows(select(links)) == []


async def test_the_stricter_cap_holds(built: House) -> None:
    store = built.store

    async def put(scope: str, limit: int, medium: str = ALL_MEDIA) -> None:
        cap = Cap(scope, medium, CapUnit.MONEY, CapPeriod.DAY, limit)
        await store.money.set_cap(cap, [], MIDNIGHT, NOON)

    await put("user:*", 50)
    await put(f"user:{ANN}", 500)  # more than everybody: the other account had only 50
    await put(f"user:{EVE}", 7, "image")
    await store.people.link(FIRST, SECOND, note("link"))
    found = {(cap.scope, cap.medium): cap.limit for cap in await store.money.caps()}
    assert found == {
        ("user:*", ALL_MEDIA): 50,
        (f"user:{ANN}", ALL_MEDIA): 50,
        (f"user:{ANN}", "image"): 7,
    }
    await store.people.unlink(ANN, note("link"))
    assert {cap.scope for cap in await store.money.caps()} == {"user:*", f"user:{ANN}", f"user:{EVE}"}


async def test_a_block_of_either_holds_for_both_and_outlives_the_link(built: House) -> None:
    store = built.store
    await store.access.put_rule(AccessRule(f"person:{ANN}", True), "owner", NOON)
    await store.access.put_rule(AccessRule(f"person:{EVE}", False), "owner", NOON)
    await store.people.link(FIRST, SECOND, note("link"))
    await store.people.unlink(ANN, note("link"))
    blocked = [AccessRule(f"person:{one}", False) for one in (ANN, EVE)]
    assert (await store.access.load()).rules == tuple(blocked)


async def test_what_is_theirs_goes_along_and_settings_of_the_first_stay(built: House) -> None:
    store = built.store
    await furnish(store, EVE, "2", "eve")
    for scope, name, value in (
        ("user:discord:1", "model", "first"),
        ("user:telegram:2", "model", "second"),
        ("user:telegram:2", "voice", "second"),
    ):
        await store.settings.put(SettingRow(scope, name, value), "h", NOON)
    await store.people.link(FIRST, SECOND, note("link"))
    kept = {(row.name, row.value) for row in await store.settings.all() if row.scope == "user:discord:1"}
    assert {("model", "first"), ("voice", "second")} <= kept
    assert [row["shelf"] for row in await built.rows(select(facts))] == [f"user:{ANN}"]
    after = await texts(built)
    assert {name for name, text in after.items() if EVE in text} == {
        "links",
        "audit",
        "link_codes",
        "server_rules",
    }


async def test_a_code_is_good_once_and_for_a_while(store: SqlStore) -> None:
    offer = LinkOffer("h1", ANN, "discord:1", NOON + 600)
    await store.people.offer(offer)
    await store.people.offer(replace(offer, code="h2"))
    assert await store.people.redeem("h1", NOON) is None
    assert await store.people.redeem("h2", NOON + 601) is None
    assert await store.people.redeem("h2", NOON) == replace(offer, code="h2")
    assert await store.people.redeem("h2", NOON) is None


async def test_linked_accounts_share_their_credits(built: House) -> None:
    store = built.store
    for person, amount in ((ANN, 500), (EVE, 200)):
        await store.credits.grant(
            Movement(person, CreditKind.GRANTED, amount, NOON, f"grant-{person}", note="x")
        )
    await store.people.link(FIRST, SECOND, note("link"))
    assert (await store.credits.account(ANN)).balance == 700
    assert (await store.credits.account(EVE)).balance == 0
    assert sum(one.amount for one in await store.credits.movements(ANN, 9)) == 700


async def test_a_servers_block_of_either_holds_for_both(built: House) -> None:
    store = built.store
    for server, person, allowed in (("a", ANN, True), ("a", EVE, False), ("b", EVE, True)):
        rule = ServerRule(f"server:telegram:{server}", f"person:{person}", allowed)
        await store.server_rules.put_rule(rule, "admin", NOON)
    await store.people.link(FIRST, SECOND, note("link"))
    found = {(one.server[-1], one.subject[-3:]): one.allowed for one in await store.server_rules.rules()}
    assert found == {("a", "ann"): False, ("a", "eve"): False, ("b", "ann"): True, ("b", "eve"): True}
