"""Days as they were reconciled, and what the ledger says of them."""

from __future__ import annotations

from dataclasses import replace

from bot.reconciling import BookedCall, ComparedLine, Outcome, Reconciliation
from bot.storing import Store
from storage import SqlStore
from tests.contract.storage.houses import NOON, admission, settlement
from tests.contract.storage.test_money import settle


async def test_a_day_is_replaced_and_the_newest_come_first(store: Store) -> None:
    lines = (ComparedLine('m"1', "chat", 5, 2**40), ComparedLine("x", "", 0, -3))
    found = Reconciliation("2026-11-26", NOON, Outcome.PARTIAL, lines, "some are missing")
    books = store.reconciliations
    assert await books.recent(5) == []
    await books.put(found)
    await books.put(replace(found, day="2026-11-27", outcome=Outcome.UNREAD, lines=()))
    await books.put(replace(found, outcome=Outcome.AGREES, said=""))
    newest, oldest = await books.recent(5)
    assert (newest.day, newest.outcome, newest.lines) == ("2026-11-27", Outcome.UNREAD, ())
    assert oldest == replace(found, outcome=Outcome.AGREES, said="")
    assert (oldest.ours, oldest.theirs) == (5, 2**40 - 3)
    assert await books.recent(1) == [newest]


async def test_only_what_the_house_pays_is_booked_by_when_it_was_settled(store: SqlStore) -> None:
    calls = [admission("a"), replace(admission("b"), key="minted:1"), replace(admission("c"), key="own:1")]
    await store.money.admit(calls)
    await settle(store, *(settlement(name, 7) for name in "abc"))
    at = NOON + 5
    booked = await store.reconciliations.booked(at, at + 1)
    assert sorted(one.request_id for one in booked) == ["request-a", "request-b"]
    assert booked[0] == BookedCall(booked[0].request_id, "model", "chat", 7, at)
    assert await store.reconciliations.booked(at - 1, at) == []
    assert await store.reconciliations.booked(at + 1, at + 9) == []
