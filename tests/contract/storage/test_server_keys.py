"""Venice keys of servers, and which key paid."""

from __future__ import annotations

from dataclasses import replace

from bot.keys import KeyOrigin, ServerKey
from bot.messages import Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Closing, TurnState
from storage import SqlStore
from tests.contract.storage.houses import MIDNIGHT, NOON, admission, line, settlement

KEY = ServerKey(
    server="server:discord:1",
    id="abc",
    origin=KeyOrigin.MINTED,
    sealed="1.ff.sealed",
    last4="wxyz",
    venice_id="v-1",
    limit_usd=5_000_000,
    limit_diem=None,
    period="MONTH",
    privacy="ALL",
    set_by="p1",
    set_at=NOON + 0.5,
)


async def test_a_key_comes_back_whole_and_one_is_kept_a_server(store: SqlStore) -> None:
    other = replace(KEY, server="server:discord:2", origin=KeyOrigin.OWN, limit_usd=None, limit_diem=0)
    await store.server_keys.put(KEY)
    await store.server_keys.put(other)
    assert await store.server_keys.all() == [KEY, other]
    newer = replace(KEY, id="def", limit_usd=10**13)
    await store.server_keys.put(newer)
    assert await store.server_keys.all() == [newer, other]
    assert await store.server_keys.remove(KEY.server)
    assert not await store.server_keys.remove(KEY.server)
    assert await store.server_keys.all() == [other]


async def test_a_moved_chat_takes_its_key_and_one_sealed_for_the_new_id_stays(store: SqlStore) -> None:
    old, new, neighbour = (Place("telegram", chat, chat).server_key for chat in ("-12", "-10099", "-123"))
    for server in (old, neighbour):
        await store.server_keys.put(replace(KEY, server=server, sealed=f"for {server}"))
    await store.server_keys.put(replace(KEY, server=new, sealed=f"for {new}"))
    await store.move("telegram", "-12", "-10099")
    assert {(row.server, row.sealed) for row in await store.server_keys.all()} == {
        (new, f"for {new}"),
        (neighbour, f"for {neighbour}"),
    }
    await store.move("telegram", "-123", "-100123")
    assert "server:telegram:-100123" in {row.server for row in await store.server_keys.all()}


async def test_what_a_server_paid_itself_is_apart(store: SqlStore) -> None:
    names = {"house": "", "made": "minted:1", "brought": "own:1", "held": "own:1", "open": ""}
    for name, key in names.items():
        assert await store.money.admit([replace(admission(name, estimate=50), key=key)]) == [None]
    ended = ("house", "made", "brought")
    settled = [settlement(name, cost) for name, cost in zip(ended, (1, 10, 100), strict=True)]
    await store.turns.close([Closing("t", TurnState.COMPLETE, settlements=tuple(settled))])

    async def spent(*, house: bool) -> int:
        return sum(row.cost for row in await store.money.usage(since=MIDNIGHT, house=house))

    assert await spent(house=True) == 11
    assert await spent(house=False) == 111
    for scope, used in (("bot", 11 + 50), ("server:discord:1", 111 + 100)):
        cap = Cap(scope, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 1000)
        counter = line(scope, 0, 0).counter
        await store.money.set_cap(cap, [counter], MIDNIGHT, NOON)
        [state] = await store.money.counters([counter])
        assert (scope, state.used) == (scope, used)
    # What joined a counter leaves it as it is settled; what never did does not.
    await store.turns.close(
        [Closing("t", TurnState.COMPLETE, settlements=(settlement("held", 7), settlement("open", 3)))]
    )
    assert await spent(house=True) == 14
    counters = [line(scope, 0, 0).counter for scope in ("bot", "server:discord:1")]
    assert [one.used for one in await store.money.counters(counters)] == [14, 121]


async def test_a_reservation_nobody_settled_keeps_its_key(store: SqlStore) -> None:
    await store.money.admit([replace(admission("lost", estimate=50), key="own:1")])
    await store.turns.release(["t-lost"], called=True)
    assert await store.money.usage(since=MIDNIGHT, house=True) == []
    assert [row.cost for row in await store.money.usage(since=MIDNIGHT)] == [50]
