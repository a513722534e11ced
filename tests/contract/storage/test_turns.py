"""The journal: each event once, progress, leases, what is left after the end."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from bot.records import Closing, HistoryItem, Role, TurnMark, TurnRecord, TurnState
from storage import SqlStore
from storage.tables import counters, events, turns
from tests.contract.storage.houses import (
    NOON,
    House,
    Statements,
    admission,
    intake,
    line,
    settlement,
)

DAY = 86_400


async def claimed(built: House, instance: str = "b") -> dict[str, TurnRecord]:
    """Every turn, as another instance sees it after the lease."""
    built.clock.now += 61
    found = await (await built.another(instance)).turns.claim_expired(100)
    return {turn.turn_id: turn for turn in found}


def said(text: str, *, role: Role = Role.PERSON) -> HistoryItem:
    """Something remembered."""
    return HistoryItem("discord:1:2:", role, text, NOON)


async def test_new_events_are_journalled_and_known_ones_left_alone(built: House) -> None:
    store = built.store
    assert await store.turns.take_in([intake("a"), intake("b")]) == {"e-a", "e-b"}
    assert await store.turns.take_in([intake("b"), intake("c")]) == {"e-c"}
    assert await store.turns.take_in([]) == set()
    turns_ = await claimed(built)
    assert turns_["t-a"] == TurnRecord(
        "t-a", "e-a", "discord:1:2:", "p1", '{"text":"a"}', TurnState.RECEIVED, (), "", NOON
    )
    assert len(turns_) == 3


async def test_of_one_event_twice_in_a_batch_the_first_counts(built: House) -> None:
    twice = [intake("a"), intake("a")]
    later = [*twice, intake("b")]
    assert await built.store.turns.take_in(later) == {"e-a", "e-b"}
    assert len(await built.rows(select(turns))) == 2


async def test_the_same_events_at_once_in_two_instances_are_new_once(built: House) -> None:
    stores = [built.store, await built.another("b")]
    batch = [intake(f"n{n}") for n in range(30)]
    taken = await asyncio.gather(
        *(stores[n % 2].turns.take_in(batch[:: 1 if n % 3 else -1]) for n in range(6))
    )
    assert sorted(event for new in taken for event in new) == sorted(one.event_id for one in batch)


async def test_marks_move_a_turn_and_none_leaves_a_field(built: House) -> None:
    store = built.store
    await store.turns.take_in([intake("a"), intake("b")])
    await store.turns.mark(
        [
            TurnMark("t-a", TurnState.CALLED),
            TurnMark("t-a", TurnState.ANSWERING, ("m1",), "Hel"),
            TurnMark("t-unknown", TurnState.CALLED),
        ]
    )
    await store.turns.mark(
        [TurnMark("t-a", TurnState.ANSWERING, text="Hello"), TurnMark("t-b", TurnState.CALLED)]
    )
    await store.turns.mark([])
    found = await claimed(built)
    assert (found["t-a"].state, found["t-a"].refs, found["t-a"].text) == (
        TurnState.ANSWERING,
        ("m1",),
        "Hello",
    )
    assert (found["t-b"].state, found["t-b"].refs) == (TurnState.CALLED, ())
    assert found["t-a"].payload == '{"text":"a"}'


async def test_a_settled_turn_forgets_its_words_and_takes_no_late_mark(built: House) -> None:
    store = built.store
    await store.turns.take_in([intake("a")])
    await store.turns.mark([TurnMark("t-a", TurnState.ANSWERING, ("m1",), "secret")])
    await store.turns.close([Closing("t-a", TurnState.SETTLED, ("m1", "m2"), "secret")])
    await store.turns.mark([TurnMark("t-a", TurnState.ANSWERING, text="secret again")])
    (row,) = await built.rows(select(turns))
    assert (row["state"], row["payload"], row["text"], row["refs"]) == ("settled", "", "", '["m1","m2"]')
    assert await claimed(built) == {}


async def test_an_unsettled_closing_keeps_text_for_delivery(built: House) -> None:
    store = built.store
    await store.turns.take_in([intake("a")])
    await store.turns.mark([TurnMark("t-a", TurnState.ANSWERING, ("m1",), "part")])
    await store.turns.close([Closing("t-a", TurnState.COMPLETE, text="whole")])
    found = (await claimed(built))["t-a"]
    assert (found.state, found.refs, found.text) == (TurnState.COMPLETE, ("m1",), "whole")


async def test_a_late_mark_takes_nothing_back(built: House) -> None:
    turns_ = built.store.turns
    await turns_.take_in([intake("a"), intake("b")])
    await turns_.close([Closing("t-a", TurnState.COMPLETE, text="whole")])
    await turns_.mark([TurnMark("t-b", TurnState.DELIVERED)])
    late = [TurnMark(turn, TurnState.ANSWERING, ("m1",), "who") for turn in ("t-a", "t-b")]
    await turns_.mark([*late, TurnMark("t-b", TurnState.COMPLETE, text="whole")])
    found = await claimed(built)
    assert (found["t-a"].state, found["t-a"].refs, found["t-a"].text) == (
        TurnState.COMPLETE,
        ("m1",),
        "whole",
    )
    assert (found["t-b"].state, found["t-b"].refs, found["t-b"].text) == (TurnState.DELIVERED, ("m1",), "")


async def test_messages_are_noted_whatever_the_state(built: House) -> None:
    turns_ = built.store.turns
    await turns_.take_in([intake("a"), intake("b")])
    await turns_.close([Closing("t-b", TurnState.COMPLETE, text="whole")])
    await turns_.mark([TurnMark(turn, None, ("m1",)) for turn in ("t-a", "t-b")])
    found = await claimed(built)
    assert (found["t-a"].state, found["t-a"].refs) == (TurnState.RECEIVED, ("m1",))
    assert (found["t-b"].state, found["t-b"].refs, found["t-b"].text) == (
        TurnState.COMPLETE,
        ("m1",),
        "whole",
    )


async def test_a_superseded_turn_begins_again(built: House) -> None:
    turns_ = built.store.turns
    await turns_.take_in([intake("a")])
    await turns_.close([Closing("t-a", TurnState.COMPLETE, text="whole")])
    await turns_.close([Closing("t-a", TurnState.RECEIVED)])
    assert (await claimed(built))["t-a"].state is TurnState.RECEIVED


async def test_a_closing_written_twice_counts_once(store: SqlStore) -> None:
    await store.turns.take_in([intake("a")])
    await store.money.admit([admission("a", line("bot", 100, 1000))])
    closing = Closing(
        "t-a",
        TurnState.SETTLED,
        settlements=(settlement("a", 40),),
        history=(said("question"), said("answer", role=Role.BOT)),
    )
    await store.turns.close([closing])
    await store.turns.close([closing])
    assert [item.text for item in await store.memory.recent("discord:1:2:", 10)] == ["question", "answer"]
    assert [state.used for state in await store.money.counters([line("bot", 1, 1).counter])] == [40]


async def test_fifty_intakes_and_closings_need_a_handful_of_statements(store: SqlStore) -> None:
    statements = Statements(store)
    names = [f"r{n}" for n in range(50)]
    await store.turns.take_in([intake(name) for name in names])
    assert len(statements.take()) <= 4
    await store.money.admit([admission(name, line("bot", 1, 1000)) for name in names])
    statements.take()
    await store.turns.mark([TurnMark(f"t-{name}", TurnState.ANSWERING, ("1",), "x") for name in names])
    assert len(statements.take()) <= 2
    await store.turns.close(
        [
            Closing(f"t-{name}", TurnState.SETTLED, settlements=(settlement(name, 1),), history=(said("x"),))
            for name in names
        ]
    )
    assert len(statements.take()) <= 8


async def test_only_turns_of_the_dead_are_claimed(built: House) -> None:
    store, other = built.store, await built.another("b")
    await store.turns.take_in([intake("a")])
    await other.turns.take_in([intake("b")])
    assert await other.turns.claim_expired(10) == []
    built.clock.now += 50
    await other.turns.renew_leases()
    built.clock.now += 30
    assert [turn.turn_id for turn in await other.turns.claim_expired(10)] == ["t-a"]
    assert await other.turns.claim_expired(10) == []
    built.clock.now += 100
    # Its own late lease is no reason to run a turn twice.
    assert await other.turns.claim_expired(10) == []
    assert {turn.turn_id for turn in await store.turns.claim_expired(10)} == {"t-a", "t-b"}


async def test_the_oldest_are_claimed_first_and_no_more_than_asked(built: House) -> None:
    await built.store.turns.take_in([intake(f"n{n}", received_at=NOON + n) for n in range(5)])
    built.clock.now += 61
    other = await built.another("b")
    assert len(await other.turns.claim_expired(3)) == 3
    rest = await other.turns.claim_expired(3)
    assert len(rest) == 2
    assert [turn.received_at for turn in rest] == sorted(turn.received_at for turn in rest)


async def test_two_instances_claim_each_expired_turn_once(built: House) -> None:
    await built.store.turns.take_in([intake(f"n{n}") for n in range(40)])
    built.clock.now += 61
    others = [await built.another("b"), await built.another("c")]
    results = await asyncio.gather(*(others[n % 2].turns.claim_expired(10) for n in range(12)))
    names = [turn.turn_id for found in results for turn in found]
    assert sorted(names) == sorted(f"t-n{n}" for n in range(40))


async def test_the_sweep_drops_ended_turns_after_a_day_and_events_after_two(built: House) -> None:
    store = built.store
    await store.turns.take_in([intake("a"), intake("open")])
    await store.turns.close([Closing("t-a", TurnState.SETTLED)])
    await store.money.admit([admission("a", line("bot", 1, 10))])
    built.clock.now += DAY - 60
    await store.turns.sweep(0)
    assert len(await built.rows(select(turns))) == 2
    built.clock.now += 120
    await store.turns.sweep(0)
    assert [row["turn_id"] for row in await built.rows(select(turns))] == ["t-open"]
    assert await store.turns.take_in([intake("a")]) == set()
    built.clock.now += DAY
    await store.turns.sweep(0)
    assert await built.rows(select(events)) == []
    assert len(await built.rows(select(counters))) == 1
    built.clock.now += 70 * DAY
    await store.turns.sweep(0)
    assert await built.rows(select(counters)) == []


async def test_odd_characters_of_one_person_do_not_fail_the_batch(store: SqlStore) -> None:
    """PostgreSQL refuses NUL, and neither database takes half a surrogate pair."""
    await store.turns.take_in([intake("a"), intake("b")])
    await store.turns.close(
        [
            Closing("t-a", TurnState.SETTLED, history=(said("a\x00b \ud83d c"),)),
            Closing("t-b", TurnState.SETTLED, history=(said("ünï \U0001f6f6"),)),
        ]
    )
    texts = [item.text for item in await store.memory.recent("discord:1:2:", 5)]
    assert texts == ["ab ? c", "ünï \U0001f6f6"]
