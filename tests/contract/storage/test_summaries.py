"""Summaries stand in for older items, and go when these go."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.records import Closing, HistoryItem, Recalled, Role, Summary, TurnState
from storage import SqlStore
from tests.contract.storage.houses import NOON, House, recall

HERE, THERE = "discord:1:2:", "discord:1:3:"


async def say(
    store: SqlStore, *texts: str, at: float = NOON, conversation: str = HERE, chat: str = ""
) -> None:
    """Remember texts."""
    items = tuple(HistoryItem(conversation, Role.PERSON, text, at, chat=chat) for text in texts)
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=items)])


async def ids(store: SqlStore) -> dict[str, int]:
    """Ids by text."""
    return {item.text: item.id for item in await store.memory.recent(HERE, 100)}


async def test_a_summary_stands_in_for_what_it_covers(store: SqlStore) -> None:
    await say(store, "1", "2", "3", "4")
    before = await recall(store, HERE, 3)
    assert before.summary is None
    assert [item.text for item in before.items] == ["2", "3", "4"]
    summary = Summary(HERE, "one and two", (await ids(store))["2"], NOON + 1)
    assert await store.memory.summarise(summary)
    after = await recall(store, HERE, 100)
    assert after.summary == summary
    assert [item.text for item in after.items] == ["3", "4"]
    assert [item.id for item in after.items] == sorted(item.id for item in after.items)
    assert (await recall(store, THERE, 100)).summary is None
    newer = Summary(HERE, "up to three", after.items[0].id, NOON + 2)
    assert await store.memory.summarise(newer)
    again = await recall(store, HERE, 100)
    assert again.summary == newer
    assert [item.text for item in again.items] == ["4"]


async def test_each_chat_has_its_own(store: SqlStore) -> None:
    await say(store, "1", "2")
    first = Summary(HERE, "one", (await ids(store))["1"], NOON + 1)
    assert await store.memory.summarise(first)
    await store.chats.start(HERE, "second", "", NOON + 2)
    assert await recall(store, HERE, 10) == Recalled(None, (), "second")
    assert not await store.memory.summarise(replace(first, chat="second"))
    await say(store, "3", "4", chat="second")
    second = Summary(HERE, "three", (await ids(store))["3"], NOON + 3, "second")
    assert await store.memory.summarise(second)
    recalled = await recall(store, HERE, 10)
    assert (recalled.summary, [item.text for item in recalled.items]) == (second, ["4"])
    assert await store.chats.forget(HERE, "second") == 2
    assert (await recall(store, HERE, 10)).summary is None
    assert await store.chats.resume(HERE, "", NOON + 4)
    recalled = await recall(store, HERE, 10)
    assert (recalled.summary, [item.text for item in recalled.items]) == (first, ["2"])


async def test_forgetting_a_covered_message_drops_it(store: SqlStore) -> None:
    items = [HistoryItem(HERE, Role.PERSON, one, NOON, turn_id=one, message_ids=(one,)) for one in "123"]
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=tuple(items))])
    summary = Summary(HERE, "one and two", (await ids(store))["2"], NOON + 1)
    assert await store.memory.summarise(summary)
    assert await store.memory.forget_messages(HERE, ["3"]) == 1
    assert (await recall(store, HERE, 10)).summary == summary
    assert await store.memory.forget_messages(HERE, ["1"]) == 1
    recalled = await recall(store, HERE, 10)
    assert (recalled.summary, [item.text for item in recalled.items]) == (None, ["2"])


async def test_replacing_a_covered_turn_drops_it(store: SqlStore) -> None:
    items = [HistoryItem(HERE, Role.PERSON, one, NOON, turn_id=one) for one in "12"]
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=tuple(items))])
    assert await store.memory.summarise(Summary(HERE, "one", (await ids(store))["1"], NOON + 1))
    anew = (HistoryItem(HERE, Role.PERSON, "3", NOON + 2, turn_id="3"),)
    await store.turns.close([Closing("t-3", TurnState.COMPLETE, history=anew, replaces=("1",))])
    recalled = await recall(store, HERE, 10)
    assert (recalled.summary, [item.text for item in recalled.items]) == (None, ["2", "3"])


async def test_forgetting_drops_it_too(store: SqlStore) -> None:
    await say(store, "1", "2")
    summary = Summary(HERE, "one", (await ids(store))["1"], NOON + 1)
    assert await store.memory.summarise(summary)
    assert await store.memory.forget(HERE) == 2
    assert not await store.memory.summarise(summary)
    assert (await recall(store, HERE, 10)).summary is None


async def test_it_goes_along_when_a_chat_moves(store: SqlStore) -> None:
    conversation = "telegram:-1:-1:"
    await say(store, "1", "2", conversation=conversation)
    first = (await store.memory.recent(conversation, 10))[0]
    assert await store.memory.summarise(Summary(conversation, "one", first.id, NOON))
    await store.move("telegram", "-1", "-2")
    moved = await recall(store, "telegram:-2:-2:", 10)
    assert moved.summary is not None
    assert [item.text for item in moved.items] == ["2"]


async def numbered(store: SqlStore, *names: str) -> list[HistoryItem]:
    """Remember questions, each of its own turn and message."""
    said = [HistoryItem(HERE, Role.PERSON, one, NOON, turn_id=one, message_ids=(one,)) for one in names]
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, history=tuple(said))])
    return await store.memory.recent(HERE, 100)


async def test_what_was_forgotten_while_it_was_read_is_not_summed_up(store: SqlStore) -> None:
    items = await numbered(store, "1", "2", "3")
    summary = Summary(HERE, "one, two and three", items[-1].id, NOON + 1)
    await store.memory.forget_messages(HERE, ["1"])
    assert not await store.memory.summarise(summary, [item.id for item in items])
    assert (await recall(store, HERE, 10)).summary is None
    assert await store.memory.summarise(summary, [item.id for item in items[1:]])


async def test_nor_what_only_the_earlier_summary_knew(store: SqlStore) -> None:
    items = await numbered(store, "1", "2", "3")
    first = Summary(HERE, "one", items[0].id, NOON + 1)
    assert await store.memory.summarise(first, [items[0].id])
    second = Summary(HERE, "one, two and three", items[-1].id, NOON + 2)
    await store.memory.forget_messages(HERE, ["1"])
    assert not await store.memory.summarise(second, [item.id for item in items[1:]], first.text)
    assert (await recall(store, HERE, 10)).summary is None


async def test_forgetting_and_summing_up_at_once(built: House) -> None:
    """Whoever comes first: what was forgotten is in no summary."""
    other = await built.another("b")
    for turn in range(20):
        name = f"n{turn}"
        items = await numbered(built.store, name, f"{name}'")
        summary = Summary(HERE, name, items[-1].id, NOON)
        read = [item.id for item in items]
        if turn % 2:
            forgetting = other.memory.forget_messages(HERE, [name])
        else:
            edit = HistoryItem(HERE, Role.PERSON, "new", NOON, turn_id=f"{name}-new")
            forgetting = other.turns.close(
                [Closing("t", TurnState.COMPLETE, history=(edit,), replaces=(name,))]
            )
        await asyncio.gather(built.store.memory.summarise(summary, read), forgetting)
        assert (await recall(built.store, HERE, 10)).summary is None
        await built.store.memory.forget(HERE)


async def test_many_conversations_are_recalled_as_one(store: SqlStore) -> None:
    """Each as alone: some with a summary, some with another chat, some never heard of; one named twice."""
    await say(store, "1", "2", "3")
    assert await store.memory.summarise(Summary(HERE, "one", (await ids(store))["1"], NOON + 1))
    await say(store, "a", "b", "c", conversation=THERE)
    await store.chats.start("web::x:", "new", "", NOON + 2)
    wanted = [THERE, "discord:1:4:", HERE, "web::x:", THERE, 'odd "one"\\ of \u00fcs:']
    together = await store.memory.recall(wanted, 2)
    assert together == [await recall(store, one, 2) for one in wanted]
    assert [[item.text for item in one.items] for one in together] == [
        ["b", "c"],
        [],
        ["2", "3"],
        [],
        ["b", "c"],
        [],
    ]
    assert together[2].summary is not None
    assert together[3].chat == "new"
    assert await store.memory.recall([], 2) == []
