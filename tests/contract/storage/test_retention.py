"""What is old and what was left goes from every table, on both databases; nothing else does."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Integer, Table, func, insert, select

from bot.auditing import Change, ChangeKind
from bot.keys import KeyOrigin, ServerKey
from bot.messages import Place
from bot.records import AccessRule, Closing, ReadMark, Role, SettingRow, TurnState
from bot.retaining import Departure
from bot.serverrules import Permit, ServerRule
from storage import SqlStore
from storage.tables import (
    access_rules,
    announcements,
    audit,
    buttons,
    chats,
    current_chats,
    departures,
    facts,
    history,
    kept_files,
    ledger,
    metadata,
    orders,
    permits,
    read_marks,
    reminders,
    server_keys,
    settings,
    shared_voices,
    summaries,
    turns,
)
from tests.contract.storage.houses import NOON, House, admission, settlement
from tests.integration.upkeep.rows import row_of

DAY = 86_400.0
ROOM, THREAD, LIKE = (
    Place("discord", "12", "34"),
    Place("discord", "12", "34", "56"),
    Place("discord", "123", "35"),
)
"""A place, a thread in it, and another server whose number begins the same."""
DIRECT = Place("discord", "", "77")
OTHER = Place("telegram", "-12", "-12")
ALL = (ROOM, THREAD, LIKE, DIRECT, OTHER)
OLD, NEW = NOON - 10 * DAY, NOON - DAY
LEFT = "server:discord:12"
_WORDS = (history, summaries, facts, kept_files, chats, reminders, orders)
BATCH = 3


_numbers = itertools.count(1)


async def put(store: SqlStore, table: Table, **values: Any) -> None:
    """A row with these values; a key that is not among them is a new one."""
    number = next(_numbers)
    row = {**row_of(table, 1), "lease_until": None, **values}
    for name in ("id", "order_id", "turn_id", "number"):
        if name in table.c:
            row[name] = number if isinstance(table.c[name].type, Integer) else f"{name}{number}"
    known = {name: value for name, value in row.items() if name in table.c}
    await store.database.write(lambda connection: connection.execute(insert(table).values(known)))


async def live(store: SqlStore, place: Place, at: float) -> None:
    """Something of everything that is kept of a place, from a time."""
    where, micros = place.conversation, int(at * 1e6)
    chat = f"c{at}"
    for role in (Role.PERSON, Role.BOT):
        await put(store, history, conversation=where, at=micros, role=role.value, chat=chat)
    async with store.database.engines[-1].connect() as connection:
        newest = (await connection.execute(select(func.max(history.c.id)))).scalar_one()
    await put(store, summaries, conversation=where, at=micros, chat=chat, covers=newest)
    for table in (facts, reminders, orders, chats, kept_files):
        times = {
            one: micros for one in ("at", "created_at", "updated_at", "next_at", "due_at") if one in table.c
        }
        extra = {"chat": chat} if table is chats else {}
        await put(store, table, conversation=where, **times, **extra)
    await put(store, buttons, channel=place.channel_key, saved_at=micros)


async def count(store: SqlStore, table: Table, column: str, value: str) -> int:
    async with store.database.engines[-1].connect() as connection:
        found = await connection.execute(
            select(func.count()).select_from(table).where(table.c[column] == value)
        )
        return found.scalar_one()


async def kept(store: SqlStore, place: Place) -> Mapping[str, int]:
    """How many rows each table with words has of a place."""
    return {table.name: await count(store, table, "conversation", place.conversation) for table in _WORDS}


async def expire(store: SqlStore, place: Place, before: float) -> int:
    total = 0
    while gone := await store.retention.expire(place.conversation, before, BATCH):
        total += gone
    return total


async def test_the_old_goes_and_the_new_stays(store: SqlStore) -> None:
    for place in ALL:
        for at in (OLD, NEW):
            await live(store, place, at)
    before = {place: await kept(store, place) for place in ALL}
    assert set(before[ROOM].values()) == {2, 4}
    assert set(await store.retention.conversations()) == {place.conversation for place in ALL}
    assert await expire(store, ROOM, NOON - 5 * DAY) > 0
    assert await expire(store, ROOM, NOON - 5 * DAY) == 0
    assert await kept(store, ROOM) == {name: rows // 2 for name, rows in before[ROOM].items()}
    for place in ALL[1:]:
        assert await kept(store, place) == before[place]
    assert await expire(store, ROOM, NOON) > 0
    assert set((await kept(store, ROOM)).values()) == {0}
    assert ROOM.conversation not in await store.retention.conversations()


async def test_what_somebody_is_at_is_left_alone(built: House) -> None:
    store, micros = built.store, int(OLD * 1e6)
    until = int((NOON + 60) * 1e6)
    for table, name in ((reminders, "next_at"), (orders, "updated_at")):
        await put(store, table, conversation=ROOM.conversation, lease_until=until, **{name: micros})
    await expire(store, ROOM, NOON)
    found = await kept(store, ROOM)
    assert (found["reminders"], found["orders"]) == (1, 1)


async def test_buttons_go_by_their_channel(store: SqlStore) -> None:
    await store.money.admit([replace(admission("t1"), channel=ROOM.channel_key, server=LEFT)])
    await store.turns.close([Closing("t1", TurnState.COMPLETE, settlements=(settlement("t1", 5),))])
    for place in (ROOM, DIRECT):
        for at in (OLD, NEW):
            await put(store, buttons, channel=place.channel_key, saved_at=int(at * 1e6))
    assert await store.retention.channels() == {ROOM.channel_key: LEFT, DIRECT.channel_key: ""}
    assert await store.retention.expire_buttons(ROOM.channel_key, NOON - 5 * DAY) == 1
    assert await count(store, buttons, "channel", DIRECT.channel_key) == 2


async def fill_server(store: SqlStore, place: Place) -> None:
    """Everything else that is kept of a server."""
    server, channel = place.server_key, place.channel_key
    for scope in (server, channel, f"thread:discord:{place.channel}:99"):
        await store.settings.put(SettingRow(scope, "model", f"m of {server}"), "h", NOON)
        await put(store, announcements, scope=scope, topic=f"t{scope}")
    for subject, allowed in ((server, True), (channel, False)):
        await store.access.put_rule(AccessRule(subject, allowed), "h", NOON)
    await store.server_rules.put_rule(ServerRule(server, "role:discord:1", True), "h", NOON)
    await store.server_rules.put_rule(ServerRule(server, "person:bad", False), "h", NOON)
    await store.server_rules.put_permit(Permit(server, "command:image", ("managers",)), "h", NOON)
    await store.server_keys.put(ServerKey(server, f"k{place.space}", KeyOrigin.OWN, "sealed", "4711"))
    await store.reading.keep("discord", [ReadMark(place.channel, place.space, "9", NOON)], [])
    await store.audit.add(Change(NOON, "h", ChangeKind.SETTING, server, server, "model", "", "m"))
    await put(store, shared_voices, channel=channel, voice=f"v{place.space}")
    await put(store, current_chats, conversation=place.conversation)
    await put(store, turns, conversation=place.conversation, state=TurnState.SETTLED.value)


_OF_SERVER: tuple[tuple[Table, str, int], ...] = (
    (settings, "scope", 1),
    (announcements, "scope", 1),
    (server_keys, "server", 1),
    (permits, "server", 1),
    (audit, "server", 1),
)


async def test_a_server_that_was_left_goes_and_its_blocks_stay(store: SqlStore) -> None:
    for place in ALL:
        await live(store, place, OLD)
    for place in (ROOM, LIKE):
        await fill_server(store, place)
    await store.money.admit([replace(admission("t1"), channel=ROOM.channel_key, server=LEFT)])
    await store.turns.close([Closing("t1", TurnState.COMPLETE, settlements=(settlement("t1", 5),))])
    before = {place: await kept(store, place) for place in ALL}
    await store.retention.left(LEFT, NOON)
    await store.retention.left(LEFT, NOON + 5)
    assert await store.retention.departed() == [Departure(LEFT, NOON)]
    while await store.retention.remove_server(LEFT, BATCH):
        pass
    for place in (ROOM, THREAD):
        assert set((await kept(store, place)).values()) == {0}, place
    for place in (LIKE, DIRECT, OTHER):
        assert await kept(store, place) == before[place], place
    for table, column, rows in _OF_SERVER:
        assert await count(store, table, column, LEFT) == 0, table.name
        assert await count(store, table, column, LIKE.server_key) == rows, table.name
    assert await count(store, settings, "scope", "thread:discord:34:99") == 0
    assert await count(store, settings, "scope", "thread:discord:35:99") == 1
    assert await count(store, access_rules, "subject", LEFT) == 0
    assert await count(store, access_rules, "subject", ROOM.channel_key) == 1
    assert await store.server_rules.rules() == [
        ServerRule(LEFT, "person:bad", False),
        ServerRule(LIKE.server_key, "person:bad", False),
        ServerRule(LIKE.server_key, "role:discord:1", True),
    ]
    for table, column, value in (
        (shared_voices, "channel", ROOM.channel_key),
        (current_chats, "conversation", ROOM.conversation),
        (turns, "conversation", ROOM.conversation),
        (read_marks, "space", "12"),
        (buttons, "channel", ROOM.channel_key),
    ):
        assert await count(store, table, column, value) == 0, table.name
    assert await count(store, ledger, "server", LEFT) == 1
    assert await count(store, departures, "server", LEFT) == 0
    assert await store.retention.servers("discord") == [LIKE.server_key]


async def test_a_key_that_is_not_revoked_stays_with_the_departure(store: SqlStore) -> None:
    await live(store, ROOM, OLD)
    await fill_server(store, ROOM)
    await store.retention.left(LEFT, NOON)
    while await store.retention.remove_server(LEFT, BATCH, key=False):
        pass
    assert set((await kept(store, ROOM)).values()) == {0}
    assert [one.server for one in await store.server_keys.all()] == [LEFT]
    assert await store.retention.departed() == [Departure(LEFT, NOON)]
    assert await store.retention.remove_server(LEFT, BATCH) == 2
    assert await store.server_keys.all() == []
    assert await store.retention.departed() == []


async def test_coming_back_in_the_middle_ends_it(store: SqlStore) -> None:
    for number in range(9):
        await live(store, ROOM, OLD + number)
    await store.retention.left(LEFT, NOON)
    assert await store.retention.remove_server(LEFT, BATCH) > 0
    assert await store.retention.returned(LEFT)
    assert not await store.retention.returned(LEFT)
    before = await kept(store, ROOM)
    assert before["history"] > 0
    assert await store.retention.remove_server(LEFT, BATCH) == 0
    assert await kept(store, ROOM) == before


@pytest.mark.parametrize("kind", ["words", "setting", "read", "key", "audit", "gone"])
async def test_which_servers_are_known(store: SqlStore, kind: str) -> None:
    await live(store, DIRECT, NEW)
    await store.access.put_rule(AccessRule("server:discord:55", True), "h", NOON)  # let in, never there
    assert await store.retention.servers("discord") == []
    match kind:
        case "words":
            await live(store, THREAD, NEW)
        case "setting":
            await store.settings.put(SettingRow(LEFT, "model", "m"), "h", NOON)
        case "read":
            await store.reading.keep("discord", [ReadMark("34", "12", "9", NOON)], [])
        case "key":
            await store.server_keys.put(ServerKey(LEFT, "k1", KeyOrigin.OWN, "sealed", "4711"))
        case "audit":
            await store.audit.add(Change(NOON, "h", ChangeKind.SETTING, LEFT, LEFT, "model", "", "m"))
        case _:
            await store.retention.left(LEFT, NOON)
    assert await store.retention.servers("discord") == [LEFT]
    assert await store.retention.servers("telegram") == []
    assert await store.retention.servers("disc") == []


def test_every_table_is_thought_of() -> None:
    """A new table with something of conversations or servers is either deleted with them or named here."""
    scoped = {"conversation", "server", "channel", "scope", "space"}
    stay = {"ledger", "incidents", "counters", "reservations", "caps", "erasures", "pulse", "sign_ins"}
    named = {table.name for table in metadata.sorted_tables if scoped & {one.name for one in table.c}}
    ours = {table.name for table, *_ in _OF_SERVER} | {table.name for table in _WORDS}
    ours |= {"turns", "current_chats", "buttons", "shared_voices", "read_marks", "departures", "server_rules"}
    assert named - stay == ours
