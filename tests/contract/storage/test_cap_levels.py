"""How caps stand, and that one crossing is one occasion for all processes together."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.engine.account.capwatch import first_to_tell
from bot.engine.money.caplevels import CapLevels
from bot.engine.money.caps import CapsBook
from bot.engine.money.cashier import Cashier, Payer
from bot.messages import Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Closing, Settlement, TurnState
from tests.contract.storage.houses import NOON, House

PLACE = Place("discord", "10", "20")


async def test_a_cap_crossed_by_concurrent_turns_of_two_processes_is_told_once(built: House) -> None:
    stores = [built.store, await built.another("b")]
    books = [CapsBook(store.money) for store in stores]
    await books[0].put(Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 1_000), NOON)
    await books[1].load()
    levels = [CapLevels(), CapLevels()]
    cashiers = [Cashier(s.money, book, built.clock) for s, book in zip(stores, books, strict=True)]
    for cashier, level in zip(cashiers, levels, strict=True):
        cashier.drawn = level.drawn

    async def turn(number: int) -> None:
        cashier, store = cashiers[number % 2], stores[number % 2]
        hold = await cashier.hold(Payer(f"t{number}", PLACE, f"p{number}"), "chat", "m", 50)
        paid = Settlement(hold.reservation_id, 42, 1, uncertain=False, request_id="", at=NOON)
        await store.turns.close([Closing(f"t{number}", TurnState.SETTLED, settlements=(paid,))])

    async def look(index: int) -> list[int]:
        """The levels that a process may tell of."""
        waiting = levels[index].waiting()
        standings = await stores[index].money.standing(list(waiting))
        found = levels[index].read(standings, NOON)
        return [
            one.level
            for one in found
            if one.level and await first_to_tell(stores[index].marks, one.line, one.level)
        ]

    await asyncio.gather(*(turn(number) for number in range(20)))
    told = await asyncio.gather(look(0), look(1))
    assert sorted(told) == [[], [80]], "840 of 1,000: the highest level, once"
    assert levels[0].waiting() == levels[1].waiting() == {}, "all is settled, so nothing is read again"


async def test_a_raised_cap_is_told_of_again_only_when_it_is_used_up(built: House) -> None:
    store = built.store
    book = CapsBook(store.money)
    await book.put(Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 100), NOON)
    [line] = book.lines(PLACE, "p", "chat", cost=1, count=1, at=NOON)
    raised = replace(line, limit=200)
    asked = [
        (line, 50),
        (line, 50),
        (line, 100),
        (line, 80),
        (raised, 50),
        (raised, 80),
        (raised, 100),
        (raised, 100),
    ]
    told = [await first_to_tell(store.marks, one, level) for one, level in asked]
    assert told == [True, False, True, False, False, False, True, False]


async def test_what_is_reserved_is_told_apart_from_what_is_settled(built: House) -> None:
    book = CapsBook(built.store.money)
    await book.put(Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 1_000), NOON)
    cashier = Cashier(built.store.money, book, built.clock)
    holds = [await cashier.hold(Payer(t, PLACE, "p"), "chat", "m", 300) for t in ("t1", "t2")]
    paid = Settlement(holds[0].reservation_id, 120, 1, uncertain=False, request_id="", at=NOON)
    await built.store.turns.close([Closing("t1", TurnState.SETTLED, settlements=(paid,))])
    [line] = book.lines(PLACE, "p", "chat", cost=1, count=1, at=NOON)
    [standing] = await built.store.money.standing([line.counter, "no such counter"])
    assert (standing.used, standing.reserved, standing.settled) == (420, 300, 120)


async def test_who_set_a_cap_is_kept(built: House) -> None:
    book = CapsBook(built.store.money)
    for scope, by_owner in (("server:discord:10", False), ("server:*", True)):
        await book.put(Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 7, by_owner=by_owner), NOON)
    assert {cap.scope: cap.by_owner for cap in await built.store.money.caps()} == {
        "server:discord:10": False,
        "server:*": True,
    }
