"""Credits come after a person's allowance, never lift another cap, and add up whatever happens at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.auditing import Change, ChangeKind
from bot.crediting import CreditAccount, CreditKind, Movement
from bot.records import Admission, Cap, CapLine, CapPeriod, CapUnit, Closing, Refusal, TurnState
from storage import SqlStore
from storage.tables import credit_accounts, credit_movements, ledger, reservations
from tests.contract.storage.houses import MIDNIGHT, NOON, House, admission, intake, line, settlement
from tests.contract.storage.test_money import settle, used

ANN, BOB = "p1", "p2"


def mine(amount: int, limit: int, person: str = ANN) -> CapLine:
    """A line on a person's own daily cap."""
    return line(f"user:{person}", amount, limit)


async def granted(store: SqlStore, amount: int, person: str = ANN, reference: str = "t1") -> bool:
    """An owner's grant."""
    movement = Movement(person, CreditKind.GRANTED, amount, NOON, reference, reference, "owner", "for you")
    change = Change(NOON, "owner", ChangeKind.CREDIT, f"person:{person}", "", "credits", "", str(amount))
    return await store.credits.grant(movement, change)


async def gave(store: SqlStore, amount: int, reference: str = "b1", giver: str = ANN, to: str = BOB) -> bool:
    """A gift."""
    return await store.credits.give(
        Movement(giver, CreditKind.GIVEN, amount, NOON, reference, "t2", to, "thanks")
    )


async def adds_up(built: House) -> None:
    """Each balance is the sum of its movements, and what is held is what open calls hold."""
    accounts = await built.rows(select(credit_accounts))
    summed = select(credit_movements.c.person, func.sum(credit_movements.c.amount).label("sum"))
    booked = {
        row["person"]: int(row["sum"]) for row in await built.rows(summed.group_by(credit_movements.c.person))
    }
    held: Counter[str] = Counter()
    for row in await built.rows(select(reservations)):
        held[row["person"]] += row["credit"]
    for row in accounts:
        assert (row["balance"], row["held"]) == (booked.get(row["person"], 0), held[row["person"]])


async def test_a_grant_is_booked_once_and_audited(built: House) -> None:
    store = built.store
    assert await store.credits.account(ANN) == CreditAccount()
    assert await granted(store, 500)
    assert await granted(store, 500)
    assert await store.credits.account(ANN) == CreditAccount(500)
    assert [one.change.new for one in await store.audit.entries(5, kind="credit")] == ["500"]
    assert await granted(store, -200, reference="t2")
    assert not await granted(store, -301, reference="t3")
    assert [one.amount for one in await store.credits.movements(ANN, 5)] == [-200, 500]
    await adds_up(built)


async def test_a_gift_moves_what_is_free_once(built: House) -> None:
    store = built.store
    await granted(store, 500)
    assert not await gave(store, 501)
    assert (await store.credits.account(BOB)).balance == 0
    assert await gave(store, 400)
    assert await gave(store, 400)
    assert (await store.credits.account(ANN)).balance == 100
    assert (await store.credits.account(BOB)).balance == 400
    held = await store.credits.accounts([ANN, BOB, BOB, "nobody"])
    assert held == {ANN: CreditAccount(100), BOB: CreditAccount(400)}
    (given, *_), (received,) = await store.credits.movements(ANN, 5), await store.credits.movements(BOB, 5)
    assert (given.kind, given.amount, given.other, given.note) == (CreditKind.GIVEN, -400, BOB, "")
    assert (received.kind, received.other, received.note) == (CreditKind.RECEIVED, ANN, "thanks")
    await adds_up(built)


async def test_what_is_held_for_a_call_cannot_be_given_or_taken_back(store: SqlStore) -> None:
    await granted(store, 500)
    assert await store.money.admit([admission("a", mine(300, 0), estimate=300)]) == [None]
    assert (await store.credits.account(ANN)).free == 200
    assert not await gave(store, 201)
    assert not await granted(store, -201, reference="t9")
    assert await gave(store, 200)


async def test_credits_pay_what_the_allowance_does_not_leave(built: House) -> None:
    store = built.store
    await granted(store, 500)
    one = admission("a", line("bot", 100, 1000), mine(100, 60))
    assert await store.money.admit([one]) == [None]
    assert (await used(store, "bot"), await used(store, f"user:{ANN}")) == (100, 60)
    assert await store.credits.account(ANN) == CreditAccount(500, 40)
    await settle(store, settlement("a", 90))
    assert (await used(store, "bot"), await used(store, f"user:{ANN}")) == (90, 60)
    assert await store.credits.account(ANN) == CreditAccount(470)
    (row,) = await built.rows(select(ledger))
    assert (row["cost"], row["credit"]) == (90, 30)
    spent = (await store.credits.movements(ANN, 1))[0]
    assert (spent.kind, spent.amount, spent.reference, spent.turn_id) == (CreditKind.SPENT, -30, "a", "t-a")
    await adds_up(built)


async def test_what_the_allowance_could_pay_in_the_end_costs_no_credits(built: House) -> None:
    await granted(built.store, 500)
    await built.store.money.admit([admission("a", mine(100, 60))])
    await settle(built.store, settlement("a", 45))
    assert await used(built.store, f"user:{ANN}") == 45
    assert await built.store.credits.account(ANN) == CreditAccount(500)
    assert len(await built.store.credits.movements(ANN, 5)) == 1
    await adds_up(built)


async def test_several_own_caps_share_one_split(store: SqlStore) -> None:
    await granted(store, 500)
    chat = line(f"user:{ANN}", 100, 30, medium="chat")
    assert await store.money.admit([admission("a", mine(100, 60), chat)]) == [None]
    assert (await used(store, f"user:{ANN}"), await used(store, f"user:{ANN}", medium="chat")) == (30, 30)
    assert (await store.credits.account(ANN)).held == 70


@pytest.mark.parametrize("scope", ["bot", "server:discord:1", "channel:discord:2"])
async def test_other_caps_are_not_lifted(store: SqlStore, scope: str) -> None:
    await granted(store, 500)
    full = line(scope, 100, 60)
    assert await store.money.admit([admission("a", full, mine(100, 1000))]) == [Refusal(full, 0)]
    assert await store.money.admit([admission("b", full, mine(100, 10))]) == [Refusal(full, 0)]
    assert await store.credits.account(ANN) == CreditAccount(500)


async def test_a_cap_in_numbers_is_not_lifted(store: SqlStore) -> None:
    await granted(store, 500)
    full = line(f"user:{ANN}", 1, 0, unit=CapUnit.COUNT)
    assert await store.money.admit([admission("a", full, mine(100, 1000))]) == [Refusal(full, 0)]


async def test_too_little_of_both_is_refused_with_what_there_is(store: SqlStore) -> None:
    await granted(store, 39)
    one = admission("a", line("bot", 100, 1000), mine(100, 60))
    assert await store.money.admit([one]) == [Refusal(mine(100, 60), 0, credits=39)]
    assert await used(store, "bot") is None
    assert await store.credits.account(ANN) == CreditAccount(39)


async def test_a_debt_blocks_credits_until_it_is_repaid_but_not_the_allowance(built: House) -> None:
    store = built.store
    await granted(store, 50)
    await store.money.admit([admission("a", mine(50, 0), estimate=50)])
    await settle(store, settlement("a", 80))
    assert await store.credits.account(ANN) == CreditAccount(-30)
    assert await used(store, f"user:{ANN}") is None
    assert await store.money.admit([admission("b", mine(1, 0), estimate=1)]) == [Refusal(mine(1, 0), 0)]
    assert await store.money.admit([admission("c", mine(5, 10), estimate=5)]) == [None]
    await granted(store, 30, reference="t2")
    assert await store.money.admit([admission("d", mine(1, 0), estimate=1)]) != [None]
    await granted(store, 1, reference="t3")
    assert await store.money.admit([admission("e", mine(1, 0), estimate=1)]) == [None]
    await adds_up(built)


async def test_a_counter_beyond_its_limit_leaves_all_to_credits(store: SqlStore) -> None:
    await store.money.admit([admission("a", mine(100, 100))])
    await settle(store, settlement("a", 150))
    await granted(store, 300)
    assert await store.money.admit([admission("b", mine(100, 100))]) == [None]
    assert await used(store, f"user:{ANN}") == 150
    assert (await store.credits.account(ANN)).held == 100


async def test_a_batch_draws_one_after_the_other(built: House) -> None:
    await granted(built.store, 100)
    batch = [admission(name, mine(60, 100), estimate=60) for name in "abcd"]
    verdicts = await built.store.money.admit(batch)
    assert [one is None for one in verdicts] == [True, True, True, False]
    assert await used(built.store, f"user:{ANN}") == 100
    assert await built.store.credits.account(ANN) == CreditAccount(100, 80)
    await adds_up(built)


async def test_the_sweep_and_a_restart_end_what_is_held(built: House) -> None:
    """Swept, a call counts at its estimate; of a turn that never called Venice everything goes back."""
    store, other = built.store, await built.another("b")
    await store.turns.take_in([intake("a"), intake("b")])
    await granted(store, 500)
    calls = [admission(name, mine(100, 60)) for name in "ab"]
    assert await other.money.admit(calls) == [None, None]
    await store.turns.release(["t-b"], called=False)
    built.clock.now += 120
    assert await store.turns.sweep(built.clock.now) == 1
    balance = (await store.credits.account(ANN)).balance
    assert await store.credits.account(ANN) == CreditAccount(balance)
    assert balance in (460, 400)  # which of the two came first drew on the allowance
    await adds_up(built)


async def test_a_new_cap_does_not_count_what_credits_paid(built: House) -> None:
    store = built.store
    await granted(store, 500)
    await store.money.admit([admission("a", mine(100, 60))])
    await settle(store, settlement("a", 90))
    await store.money.admit([admission("b", mine(100, 60))])
    cap = Cap("user:*", "chat", CapUnit.MONEY, CapPeriod.DAY, 1000)
    await store.money.set_cap(cap, [], MIDNIGHT, NOON)
    assert await used(store, f"user:{ANN}", medium="chat") == 60
    cap = replace(cap, scope="bot")
    await store.money.set_cap(cap, [line("bot", 1, 1, medium="chat").counter], MIDNIGHT, NOON)
    assert await used(store, "bot", medium="chat") == 190
    await settle(store, settlement("b", 30))
    assert await used(store, "bot", medium="chat") == 120


async def test_calls_gifts_and_grants_at_once_lose_nothing(built: House) -> None:
    """Two instances; people give in a ring while their calls draw, settle and overrun."""
    dice = random.Random(3)
    stores = [built.store, await built.another("b")]
    people = [f"p{n}" for n in range(4)]
    for person in people:
        await granted(built.store, 2_000, person)
    overrun: Counter[str] = Counter()

    async def call(n: int) -> None:
        person, store = people[n % 4], stores[n % 2]
        price = dice.randrange(1, 40)
        lines = (line("bot", price, 100_000), mine(price, 300, person))
        one: Admission = admission(f"r{n}", *lines, estimate=price, person=person)
        if (await store.money.admit([one])) == [None]:
            real = dice.choice([0, price // 2, price, price + 9])
            overrun[person] += max(0, real - price)
            done = replace(settlement(f"r{n}", real))
            await store.turns.close([Closing("t-none", TurnState.COMPLETE, settlements=(done,))])

    async def give(n: int) -> None:
        giver, to = people[n % 4], people[(n + 1 + n % 3) % 4]
        await gave(stores[n % 2], dice.randrange(1, 50), f"g{n}", giver, to)

    await asyncio.wait_for(asyncio.gather(*(call(n) for n in range(200)), *(give(n) for n in range(100))), 30)
    await adds_up(built)
    assert await built.rows(select(reservations)) == []
    for person in people:
        account = await built.store.credits.account(person)
        assert account.held == 0
        assert account.balance >= -overrun[person]


async def test_everything_given_twice_at_once_goes_once(built: House) -> None:
    """Two buttons of one purse, pressed at the same moment in two processes."""
    other = await built.another("b")
    await granted(built.store, 500)
    gifts = [
        store.credits.give(Movement(ANN, CreditKind.GIVEN, 500, NOON, f"b{n}", "t", to, ""))
        for n, (store, to) in enumerate([(built.store, BOB), (other, "p3")] * 4)
    ]
    assert sum(await asyncio.gather(*gifts)) == 1
    found = await built.store.credits.accounts([ANN, BOB, "p3"])
    assert sorted(one.balance for one in found.values() if one.balance) == [500]
    await adds_up(built)


async def test_a_grant_that_is_tried_at_once_everywhere_is_booked_once(built: House) -> None:
    other = await built.another("b")
    stores = [built.store, other] * 5
    assert all(await asyncio.gather(*(granted(store, 500) for store in stores)))
    assert await built.store.credits.account(ANN) == CreditAccount(500)
    assert len(await built.store.credits.movements(ANN, 20)) == 1
    assert len(await built.store.audit.entries(20, kind="credit")) == 1
    await adds_up(built)


async def test_gifts_in_a_circle_neither_block_nor_make_money(built: House) -> None:
    other = await built.another("b")
    people = [ANN, BOB, "p3"]
    for person in people:
        await granted(built.store, 100, person, f"t-{person}")
    await asyncio.gather(
        *(
            (built.store, other)[n % 2].credits.give(
                Movement(people[n % 3], CreditKind.GIVEN, 70, NOON, f"b{n}", "t", people[(n + 1) % 3], "")
            )
            for n in range(30)
        )
    )
    found = await built.store.credits.accounts(people)
    assert sum(one.balance for one in found.values()) == 300
    assert all(one.balance >= 0 for one in found.values())
    await adds_up(built)
