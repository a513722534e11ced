"""Rules and permits of servers, and strangers who ask to be let in."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.auditing import Change, ChangeKind
from bot.pairing import Pairing, PairingState
from bot.people import Link
from bot.serverrules import Permit, ServerRule
from storage import SqlStore
from tests.contract.storage.houses import NOON

SERVER = "server:telegram:-5"
CHANGE = Change(NOON, "h", ChangeKind.ACCESS, SERVER, SERVER, "access here", "", "allowed")
ASKED = Pairing("p1", "telegram", "ann", "person:ann", "hash1", "QK", "sealed", NOON, NOON + 3600)
DAY = 86_400.0


async def ask(store: SqlStore, pairing: Pairing, *, most: int = 3, each: int = 3) -> bool:
    return await store.pairings.ask(pairing, most=most, each=each, since=pairing.asked_at - DAY)


async def test_rules_and_permits_are_per_server_and_audited(store: SqlStore) -> None:
    rules = store.server_rules
    await rules.put_rule(ServerRule(SERVER, "role:telegram:1", True), "h", NOON, CHANGE)
    await rules.put_rule(ServerRule(SERVER, "role:telegram:1", False), "h", NOON, CHANGE)
    await rules.put_rule(ServerRule("server:discord:1", "role:telegram:1", True), "h", NOON)
    assert await rules.rules() == [
        ServerRule("server:discord:1", "role:telegram:1", True),
        ServerRule(SERVER, "role:telegram:1", False),
    ]
    await rules.put_permit(Permit(SERVER, "command:image", ("telegram:1", "telegram:2")), "h", NOON, CHANGE)
    assert await rules.permits() == [Permit(SERVER, "command:image", ("telegram:1", "telegram:2"))]
    assert await rules.remove_rule(SERVER, "role:telegram:1", CHANGE)
    assert not await rules.remove_rule(SERVER, "role:telegram:1", CHANGE)
    assert await rules.remove_permit(SERVER, "command:image", CHANGE)
    assert not await rules.remove_permit(SERVER, "command:image", CHANGE)
    assert len(await store.audit.entries(100)) == 5  # nothing changed, nothing noted


async def test_rules_move_with_their_chat(store: SqlStore) -> None:
    rules, moved = store.server_rules, "server:telegram:-100"
    for subject in ("channel:telegram:-5", "thread:telegram:-5:7", "person:ff", SERVER):
        await rules.put_rule(ServerRule(SERVER, subject, True), "h", NOON)
    await rules.put_permit(Permit(SERVER, "medium:image", ("nobody",)), "h", NOON)
    await ask(store, replace(ASKED, subject=SERVER))
    await store.move("telegram", "-5", "-100")
    assert {rule.subject for rule in await rules.rules()} == {
        "channel:telegram:-100",
        "thread:telegram:-100:7",
        "person:ff",
        moved,
    }
    assert {rule.server for rule in await rules.rules()} == {moved}
    assert await rules.permits() == [Permit(moved, "medium:image", ("nobody",))]
    assert (await store.pairings.open(NOON))[0].subject == moved


async def test_a_request_is_open_for_its_time_and_decided_once(store: SqlStore) -> None:
    assert await ask(store, ASKED)
    assert await store.pairings.open(NOON + 3599) == [ASKED]
    assert await store.pairings.open(NOON + 3600) == []
    assert await store.pairings.decide("p1", PairingState.ALLOWED, NOON + 3600) is None
    answers = await asyncio.gather(
        *(store.pairings.decide("p1", state, NOON) for state in [*PairingState][1:] for _ in range(5))
    )
    assert [one for one in answers if one is not None] == [ASKED]
    assert await store.pairings.open(NOON) == []


async def test_only_the_newest_code_of_somebody_is_good_and_three_a_day(store: SqlStore) -> None:
    for number in (1, 2, 3):
        assert await ask(store, replace(ASKED, id=f"p{number}", asked_at=NOON + number))
        assert [one.id for one in await store.pairings.open(NOON + number)] == [f"p{number}"]
    assert not await ask(store, replace(ASKED, id="p4", asked_at=NOON + 4))
    assert [one.id for one in await store.pairings.open(NOON + 4)] == ["p3"]
    later = NOON + DAY + 10
    assert await ask(store, replace(ASKED, id="p5", asked_at=later, expires_at=later + 60))


@pytest.mark.parametrize("most", [1, 2])
async def test_a_bounded_number_waits(store: SqlStore, most: int) -> None:
    people = [replace(ASKED, id=f"p{n}", person=f"person {n}", subject=f"person:{n}") for n in range(4)]
    kept = [await ask(store, one, most=most) for one in people]
    assert kept == [n < most for n in range(4)]
    # Somebody's own open one is replaced and takes no further place.
    assert await ask(store, replace(people[0], id="again", asked_at=NOON + 1), most=most)


async def test_who_was_refused_does_not_ask_again_that_day(store: SqlStore) -> None:
    assert await ask(store, ASKED)
    await store.pairings.decide("p1", PairingState.REFUSED, NOON)
    assert not await ask(store, replace(ASKED, id="p2", asked_at=NOON + 60))
    assert await store.pairings.purge(NOON) == 1
    assert await ask(store, replace(ASKED, id="p3", asked_at=NOON + 61))


async def test_a_servers_block_outlives_the_link_of_accounts(store: SqlStore) -> None:
    first, second = Link("ann", "ann", "discord:1"), Link("eve", "eve", "telegram:2")
    change = Change(NOON, "ann", ChangeKind.DATA, "person:ann", "", "link", "", "")
    await store.people.link(first, second, change)
    # Whichever of the two accounts an admin means, the rule is about the one that both go by.
    await store.server_rules.put_rule(ServerRule(SERVER, "person:ann", False), "admin", NOON)
    await store.server_rules.put_rule(ServerRule("server:discord:1", "person:ann", True), "admin", NOON)
    await store.people.unlink("ann", change)
    assert await store.server_rules.rules() == [
        ServerRule("server:discord:1", "person:ann", True),
        ServerRule(SERVER, "person:ann", False),
        ServerRule(SERVER, "person:eve", False),
    ]
