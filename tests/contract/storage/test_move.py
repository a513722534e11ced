"""A chat with a new id takes everything with it, and nothing of its neighbours."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.messages import Place
from bot.records import (
    ALL_MEDIA,
    AccessRule,
    Cap,
    CapPeriod,
    CapUnit,
    Closing,
    HistoryItem,
    ReadMark,
    Role,
    SettingRow,
    StoredButton,
    TurnState,
)
from bot.remembered import Fact, Keeping, Kept, channel_shelf, character_shelf
from storage import SqlStore
from storage.moving import Move
from storage.tables import ledger, turns
from tests.contract.storage.houses import MIDNIGHT, NOON, House, admission, intake, line, settlement

OLD, NEW, NEIGHBOUR = "-12", "-10099", "-123"


def place(chat: str, thread: str = "") -> Place:
    """A Telegram group."""
    return Place("telegram", chat, chat, thread)


async def furnish(store: SqlStore, chat: str) -> None:
    """Something in every table."""
    here, topic = place(chat), place(chat, "5")
    for scope in (here.server_key, here.channel_key, topic.thread_key):
        await store.settings.put(SettingRow(scope, "model", chat), "h", NOON)
        await store.access.put_rule(AccessRule(scope, True), "h", NOON)
    cap = Cap(here.channel_key, ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 1000)
    await store.money.set_cap(cap, [line(here.channel_key, 0, 0).counter], MIDNIGHT, NOON)
    await store.turns.take_in([intake(chat, conversation=topic.conversation)])
    lines = (line(here.channel_key, 100, 1000), line("bot", 100, 1000))
    await store.money.admit(
        [
            admission(f"{name}{chat}", *lines, server=here.server_key, channel=here.channel_key)
            for name in ("held", "settled")
        ]
    )
    forgotten = HistoryItem(here.conversation, Role.PERSON, "forgotten", NOON)
    said = (forgotten, HistoryItem(topic.conversation, Role.PERSON, f"in {chat}", NOON))
    await store.turns.close(
        [Closing("t-none", TurnState.COMPLETE, (), "", (settlement(f"settled{chat}", 10),), said)]
    )
    await store.chats.start(here.conversation, f"new{chat}", "Title", NOON + 1)
    for number, shelf in enumerate((channel_shelf(here), character_shelf(here, "ada"))):
        fact = Fact(f"f{number}{chat}", shelf, chat, "h", "Ann", topic.conversation, NOON, message_ids=("5",))
        assert await store.facts.keep(Keeping(fact, 9)) is Kept.KEPT
    await store.reading.keep("telegram", [ReadMark(chat, chat, "9", NOON)])
    await store.buttons.save([StoredButton(f"b{chat}", "stop", "{}", "", here.channel_key, NOON + 60)])


async def test_everything_goes_along(built: House) -> None:
    store = built.store
    await furnish(store, OLD)
    await furnish(store, NEIGHBOUR)
    await store.move("telegram", OLD, NEW)
    new, topic = place(NEW), place(NEW, "5")
    scopes = {new.server_key, new.channel_key, topic.thread_key}
    settings = await store.settings.all()
    assert {row.scope for row in settings if row.value == OLD} == scopes
    assert {rule.subject for rule in (await store.access.load()).rules} > scopes
    assert new.channel_key in {cap.scope for cap in await store.money.caps()}
    assert [item.text for item in await store.memory.recent(topic.conversation, 5)] == [f"in {OLD}"]
    assert await store.memory.recent(new.conversation, 5) == []
    assert [(chat.id, chat.title) for chat in await store.chats.all(new.conversation)] == [
        (f"new{OLD}", "Title"),
        ("", "forgotten"),
    ]
    facts = await store.facts.of_shelves([channel_shelf(new), character_shelf(new, "ada")])
    assert [(fact.text, fact.place, fact.message_ids) for fact in facts] == [(OLD, topic, ())] * 2
    neighbours = await store.facts.of_shelves([channel_shelf(place(NEIGHBOUR))])
    assert [fact.message_ids for fact in neighbours] == [("5",)]
    button = await store.buttons.get(f"b{OLD}", NOON)
    assert button is not None
    assert button.channel == new.channel_key
    assert [row.cost for row in await store.money.usage(since=0, channel=new.channel_key)] == [10]
    journalled = await built.rows(select(turns.c.conversation, turns.c.payload).order_by(turns.c.turn_id))
    assert journalled[0] == {"conversation": topic.conversation, "payload": f'{{"text":"{OLD}"}}'}
    everything = str([settings, await store.access.load(), await store.money.caps(), journalled])
    assert f":{OLD}'" not in everything
    assert f":{OLD}:" not in everything
    assert [mark.channel for mark in await store.reading.newest("telegram", 5)] == [NEIGHBOUR]


async def test_a_held_call_is_corrected_on_the_new_counter(store: SqlStore) -> None:
    await furnish(store, OLD)
    await store.move("telegram", OLD, NEW)
    await store.turns.close([Closing("t-none", TurnState.COMPLETE, (), "", (settlement(f"held{OLD}", 20),))])
    keys = [line(place(chat).channel_key, 0, 0).counter for chat in (OLD, NEW)]
    assert [(state.counter, state.used) for state in await store.money.counters(keys)] == [(keys[1], 30)]
    assert len(await store.money.usage(since=0, server=place(NEW).server_key)) == 1


async def test_neighbours_stay(built: House) -> None:
    """-12 is the beginning of -123; other platforms may have the same numbers."""
    store = built.store
    await furnish(store, NEIGHBOUR)
    await store.settings.put(SettingRow(f"channel:discord:{OLD}", "model", "x"), "h", NOON)
    before = [await store.settings.all(), await store.money.caps(), await store.access.load()]
    books = await built.rows(select(ledger))
    await store.move("telegram", OLD, NEW)
    assert [await store.settings.all(), await store.money.caps(), await store.access.load()] == before
    assert await built.rows(select(ledger)) == books


async def test_what_the_new_id_has_already_stays_and_counters_add_up(store: SqlStore) -> None:
    await furnish(store, OLD)
    await furnish(store, NEW)
    await store.move("telegram", OLD, NEW)
    await store.move("telegram", OLD, NEW)
    assert {row.value for row in await store.settings.all()} == {NEW}
    counter = line(place(NEW).channel_key, 0, 0).counter
    assert [state.used for state in await store.money.counters([counter])] == [220]


@pytest.mark.parametrize(
    ("key", "moved"),
    [
        ("telegram:-12:-12:", "telegram:-10099:-10099:"),
        ("telegram:-12:-12:5:7", "telegram:-10099:-10099:5:7"),
        ("telegram::-12:", "telegram::-10099:"),
        ("telegram:-12:-3:", "telegram:-10099:-3:"),
        ("telegram:-1:-2:-12", "telegram:-1:-2:-12"),
        ("discord:-12:-12:", "discord:-12:-12:"),
        ("telegram", "telegram"),
    ],
)
def test_conversations_are_renamed_by_place(key: str, moved: str) -> None:
    assert Move("telegram", OLD, NEW).conversation(key) == moved
