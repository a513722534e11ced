"""Sums over the whole house."""

from __future__ import annotations

from bot.totals import Spent
from storage import SqlStore
from tests.contract.storage.houses import NOON, admission, intake, line


async def test_an_empty_house_adds_up_to_nothing(store: SqlStore) -> None:
    found = await store.totals()
    assert (dict(found.turns), dict(found.spent)) == ({}, {})
    assert (found.reservations, found.reserved) == (0, 0)
    assert found.size > 0


async def test_sums_are_those_of_journal_reservations_and_ledger(store: SqlStore) -> None:
    await store.turns.take_in([intake("a"), intake("b"), intake("c")])
    first, second = admission("a", line("bot", 100, 1000)), admission("b", estimate=7, medium="image")
    await store.money.admit([first, second])
    found = await store.totals()
    assert (found.reservations, found.reserved) == (2, 107)
    assert dict(found.turns) == {"admitted": 2, "received": 1}
    await store.turns.sweep(NOON + 10_000)
    found = await store.totals()
    assert (found.reservations, found.reserved) == (0, 0)
    assert dict(found.spent) == {"chat": Spent(1, 1, 100), "image": Spent(1, 1, 7)}
