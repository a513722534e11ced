"""Encrypted words: nowhere on disk, readable with every key of the house, and told apart from plain ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, Table, Text, insert, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import OperatorError
from bot.records import HistoryItem, Role, Summary
from storage import ContentCipher, SqlStore, open_store
from storage.ciphering import BYTES_MARK, KEYS_MARK, NO_CIPHER, TEXT_MARK
from storage.marks import SqlMarks
from storage.resealing import kept_words
from storage.tables import SealedBytes, history, kept_files, metadata
from tests.contract.storage.houses import Clock, schema
from tests.integration.upkeep.rows import row_of

OLD, NEW = b"the old secret", b"the new secret"
NEEDLE = "zebra crossing at noon"
BLOB = b"zebra crossing in bytes" * 40
SEALED = ContentCipher([OLD], sealing=True)
RENEWED = ContentCipher([NEW, OLD], sealing=True)


@dataclass
class Database:
    """A database that is opened and closed with one key or another."""

    url: str
    folder: Path
    _opened: list[SqlStore] = field(default_factory=list[SqlStore])

    async def open(self, cipher: ContentCipher) -> SqlStore:
        store = await open_store(self.url, self.folder, instance="a", clock=Clock(), cipher=cipher)
        self._opened.append(store)
        return store

    async def reopen(self, cipher: ContentCipher) -> SqlStore:
        await self.close()
        return await self.open(cipher)

    async def close(self) -> None:
        while self._opened:
            await self._opened.pop().close()


@pytest.fixture(
    name="database", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], ids=str
)
async def _database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        made = Database("", tmp_path)
        yield made
        await made.close()
        return
    async with schema() as url:
        made = Database(url, tmp_path)
        yield made
        await made.close()


def spoken(table: Table) -> dict[str, object]:
    """A row that says the needle wherever people's words may stand."""
    words: dict[str, object] = {}
    for column in kept(table):
        words[column] = BLOB if isinstance(table.c[column].type, SealedBytes) else f"{column}: {NEEDLE}"
    return {**row_of(table, 2), **words}


def kept(table: Table) -> list[str]:
    """The names of its columns with words."""
    return [column.name for one in kept_words() if one.table is table for column in one.columns]


async def fill(store: SqlStore) -> None:
    async def work(connection: AsyncConnection) -> None:
        for one in kept_words():
            await connection.execute(insert(one.table), [spoken(one.table)])

    await store.database.write(work)


async def on_disk(store: SqlStore, folder: Path) -> bytes:
    """Everything that is stored: the files of SQLite, or every value of PostgreSQL as it is in its row."""
    files = await asyncio.to_thread(_files, folder)

    async def work(connection: AsyncConnection) -> list[bytes]:
        found: list[bytes] = []
        for table in metadata.sorted_tables:
            raw = [type_coerce(one, LargeBinary if _is_bytes(one.type) else Text) for one in words_of(table)]
            for row in (await connection.execute(select(*raw))).all() if raw else ():
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
        return found

    return files + b"\n".join(await store.database.read(work))


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("gondola.db*")))


def _is_bytes(kind: object) -> bool:
    return isinstance(kind, SealedBytes | LargeBinary)


def words_of(table: Table) -> Iterable[Column[object]]:
    """Its columns with texts or bytes."""
    return [one for one in table.columns if isinstance(one.type, Text | SealedBytes) or _texts(one.type)]


def _texts(kind: object) -> bool:
    return isinstance(getattr(kind, "impl", None), Text)


async def read_back(store: SqlStore, *, without: str = "") -> None:
    """Every word is there again; not looking at one table."""

    async def work(connection: AsyncConnection) -> None:
        for one in (one for one in kept_words() if one.table.name != without):
            [row] = (await connection.execute(select(one.table))).mappings().all()
            assert {name: row[name] for name in kept(one.table)} == {
                name: value for name, value in spoken(one.table).items() if name in kept(one.table)
            }

    await store.database.read(work)


async def test_what_people_say_is_nowhere_on_disk(database: Database) -> None:
    store = await database.open(SEALED)
    await fill(store)
    await read_back(store)
    stored = await on_disk(store, database.folder)
    assert b"zebra" not in stored
    assert stored.count(b"\x02s1.") >= 20


async def test_without_a_key_words_are_stored_as_they_are(database: Database) -> None:
    store = await database.open(NO_CIPHER)
    await fill(store)
    await read_back(store)
    assert b"zebra" in await on_disk(store, database.folder)


async def test_what_was_plain_is_sealed_and_gone_from_disk(database: Database) -> None:
    store = await database.open(NO_CIPHER)
    await fill(store)
    store = await database.reopen(SEALED)
    await read_back(store)
    assert b"zebra" in await on_disk(store, database.folder)
    assert await store.reseal(0) == len(kept_words())
    await read_back(store)
    assert b"zebra" not in await on_disk(store, database.folder)
    assert await store.reseal(0) == 0


async def test_a_new_key_takes_over_from_the_old_one(database: Database) -> None:
    store = await database.open(SEALED)
    await fill(store)
    store = await database.reopen(RENEWED)
    await read_back(store)
    assert await store.reseal(0) == len(kept_words())
    # The old key is not needed any more.
    store = await database.reopen(ContentCipher([NEW], sealing=True))
    await read_back(store)


async def test_a_wrong_key_is_told_at_start_and_nothing_is_lost(database: Database) -> None:
    store = await database.open(SEALED)
    await fill(store)
    for wrong in (ContentCipher([NEW], sealing=True), NO_CIPHER):
        with pytest.raises(OperatorError) as caught:
            await database.reopen(wrong)
        assert "GONDOLA_OLD_SECRET_KEYS" in caught.value.reader_text
    store = await database.reopen(SEALED)
    await read_back(store)


async def test_encryption_can_be_given_up(database: Database) -> None:
    store = await database.open(SEALED)
    await fill(store)
    store = await database.reopen(ContentCipher([NEW, OLD]))
    await read_back(store)
    assert await store.reseal(0) == len(kept_words())
    store = await database.reopen(NO_CIPHER)
    await read_back(store)


async def test_a_pass_that_was_cut_off_goes_on(database: Database) -> None:
    store = await database.open(NO_CIPHER)
    await store.database.write(
        lambda connection: connection.execute(insert(history), [_said(n) for n in range(700)])
    )
    store = await database.reopen(SEALED)
    passing = asyncio.create_task(store.reseal(3600))
    while not await _sealed_rows(store):
        await asyncio.sleep(0.01)
    passing.cancel()
    await asyncio.wait([passing])
    first = await _sealed_rows(store)
    assert 0 < first < 700
    store = await database.reopen(SEALED)
    assert await store.reseal(0) == 700 - first
    assert len(await store.memory.recent("test::c1:", 1000)) == 700


async def test_what_looks_sealed_is_only_what_somebody_wrote(database: Database) -> None:
    for cipher in (NO_CIPHER, SEALED):
        store = await database.reopen(cipher)
        text = f"{TEXT_MARK}abcdefabcdef.AAAA"
        await store.memory.forget("c")
        await store.database.write(
            lambda connection, text=text: connection.execute(insert(history), [_said(1, "c", text)])
        )
        [item] = await store.memory.recent("c", 5)
        assert item.text == text
        row = {
            **row_of(kept_files, 0),
            "id": cipher.newest,
            "message_ids": "[]",
            "data": BYTES_MARK + b"x" * 40,
        }
        row.pop("number")
        await store.database.write(lambda connection, row=row: connection.execute(insert(kept_files), [row]))
        file = await store.vault.get(cipher.newest, 0)
        assert file is not None
        assert file.data == BYTES_MARK + b"x" * 40


async def test_a_damaged_word_is_told_as_such(database: Database) -> None:
    store = await database.open(SEALED)
    await store.database.write(
        lambda connection: connection.execute(insert(history), [_said(1, "c", "hello")])
    )
    broken = f"UPDATE history SET text = '{SEALED.text_head}' || 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"
    await store.database.write(lambda connection: connection.exec_driver_sql(broken))
    with pytest.raises(OperatorError, match="damaged"):
        await store.memory.recent("c", 5)
    assert await store.memory.forget("c") == 1


async def test_a_summary_is_replaced_only_where_its_words_still_stand(database: Database) -> None:
    store = await database.open(SEALED)
    await store.database.write(lambda connection: connection.execute(insert(history), [_said(1), _said(2)]))
    items = await store.memory.recent("test::c1:", 5)
    assert await store.memory.summarise(Summary("test::c1:", "first", items[0].id, 1.0))
    assert not await store.memory.summarise(Summary("test::c1:", "third", items[1].id, 1.0), before="other")
    assert await store.memory.summarise(Summary("test::c1:", "second", items[1].id, 1.0), before="first")
    [recalled] = await store.memory.recall(["test::c1:"], 10)
    assert recalled.summary is not None
    assert recalled.summary.text == "second"


async def test_the_mark_names_the_keys_that_may_be_in_use(database: Database) -> None:
    store = await database.open(NO_CIPHER)
    assert await SqlMarks(store.database).get(KEYS_MARK) == ""
    store = await database.reopen(SEALED)
    assert await store.marks.get(KEYS_MARK) == ",".join(sorted(("plain", SEALED.newest)))
    await store.reseal(0)
    assert await store.marks.get(KEYS_MARK) == SEALED.newest


def _said(number: int, conversation: str = "test::c1:", text: str = "") -> dict[str, object]:
    item = HistoryItem(conversation, Role.PERSON, text or f"{NEEDLE} {number}", float(number))
    return {
        "conversation": item.conversation,
        "role": item.role.value,
        "text": item.text,
        "at": number,
        "speaker": "test:1",
        "speaker_name": "",
        "turn_id": "",
        "message_ids": "[]",
        "media_note": "",
        "chat": "",
    }


async def _sealed_rows(store: SqlStore) -> int:
    async def work(connection: AsyncConnection) -> int:
        raw = (await connection.execute(select(type_coerce(history.c.text, Text)))).scalars()
        return sum(one.startswith(SEALED.text_head) for one in raw)

    return await store.database.read(work)
