"""Every change of a book leaves its mark, in the transaction of the change; nothing else does."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change, ChangeKind
from bot.books import MARKS, Book
from bot.errors import GondolaError
from bot.keys import KeyOrigin, ServerKey
from bot.people import Link
from bot.records import ALL_MEDIA, AccessRule, Cap, CapPeriod, CapUnit, SettingRow
from bot.serverrules import Permit, ServerRule
from storage import SqlStore
from storage.books import TABLES
from storage.tables import access_rules
from tests.contract.storage.houses import NOON, House, intake

SERVER = "server:discord:1"


async def change(store: SqlStore, book: Book) -> None:
    """Something of that book, by the way the house changes it."""
    match book:
        case Book.PEOPLE:
            why = Change(NOON, "h1", ChangeKind.DATA, "person:h1", "", "link", "", "h2")
            await store.people.link(Link("h1", "h1", "discord:1"), Link("h2", "h2", "telegram:2"), why)
        case Book.SETTINGS:
            await store.settings.put(SettingRow("bot", "model", "fast"), "h1", NOON)
        case Book.CAPS:
            cap = Cap("bot", ALL_MEDIA, CapUnit.MONEY, CapPeriod.DAY, 5)
            await store.money.set_cap(cap, [], round(NOON), NOON)
        case Book.DOOR:
            await store.server_rules.put_rule(ServerRule(SERVER, "person:h3", False), "h1", NOON)
        case Book.PERMITS:
            await store.server_rules.put_permit(Permit(SERVER, "command:image", ("nobody",)), "h1", NOON)
        case Book.KEYS:
            await store.server_keys.put(ServerKey(SERVER, "k1", KeyOrigin.OWN, "sealed", "1234"))
        case Book.DEPARTURES:
            await store.retention.left(SERVER, NOON)


@pytest.mark.parametrize("book", Book)
async def test_another_process_sees_which_book_was_changed(built: House, book: Book) -> None:
    other = await built.another("b")
    before = await other.marks.beginning(MARKS)
    await change(built.store, book)
    first = await other.marks.beginning(MARKS)
    assert {name for name in first if first[name] != before.get(name)} >= {book.mark}
    await change(built.store, book)
    assert (await other.marks.beginning(MARKS))[book.mark] != first[book.mark]


async def test_owners_and_rules_are_one_book(store: SqlStore) -> None:
    seen = [await store.marks.beginning(MARKS)]
    await store.access.add_owner("h1", NOON)
    seen.append(await store.marks.beginning(MARKS))
    await store.access.put_rule(AccessRule("person:h2", False), "h1", NOON)
    seen.append(await store.marks.beginning(MARKS))
    await store.access.remove_rule("person:h2")
    seen.append(await store.marks.beginning(MARKS))
    assert len({one.get(Book.DOOR.mark) for one in seen}) == len(seen)
    assert set(seen[-1]) == {Book.DOOR.mark}


async def test_what_no_book_is_about_leaves_no_mark(store: SqlStore) -> None:
    await store.turns.take_in([intake("1")])
    await store.marks.put("bookish", "1")
    assert await store.marks.beginning(MARKS) == {}


async def test_a_change_that_is_taken_back_leaves_no_mark(store: SqlStore) -> None:
    row = {"subject": "person:h1", "allowed": False, "set_by": "h1", "set_at": 0}

    async def twice(connection: AsyncConnection) -> None:
        for _ in range(2):
            await connection.execute(insert(access_rules), row)

    with pytest.raises(GondolaError):
        await store.database.write(twice)
    await store.turns.take_in([intake("1")])
    assert await store.marks.beginning(MARKS) == {}


async def test_however_a_table_is_changed_its_book_is_marked(store: SqlStore) -> None:
    seen = dict[str, str]()
    for table, book in TABLES.items():
        await store.database.write(lambda connection, table=table: connection.execute(delete(table)))
        found = await store.marks.beginning(MARKS)
        assert found[book.mark] != seen.get(book.mark)
        seen = found
