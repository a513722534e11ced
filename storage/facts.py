"""Facts remembered for good. They are deleted after the history they come from: a fact being learned at the
same time holds the row of its question, so either it finds that gone or it is there to be dropped."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Role
from bot.remembered import Embedding, Fact, Keeping, Kept
from storage.database import Database
from storage.rows import (
    Params,
    changed,
    containing,
    execute_many,
    fetch,
    fetch_many,
    from_json,
    ids,
    micros,
    pattern,
    seconds,
    to_json,
)
from storage.tables import CleanText, SealedBytes, facts, history

_PUT = insert(facts).returning(facts.c.id)
_told = [column for column in facts.c if column.name not in ("vector", "model")]
_on_shelves = facts.c.shelf.in_(ids)
_newest = select(*_told).order_by(facts.c.at.desc(), facts.c.id)
_OF_SHELVES = _newest.where(_on_shelves)
_GET = select(*_told).where(facts.c.id == bindparam("fact"))
_VECTORS = select(facts.c.id, facts.c.model, facts.c.vector).where(_on_shelves, facts.c.model != "")
_EMBED = (
    update(facts)
    .where(facts.c.id == bindparam("fact", type_=CleanText))
    .values(vector=bindparam("new_vector", type_=SealedBytes), model=bindparam("new_model", type_=CleanText))
)
_FORGET = delete(facts).where(facts.c.id.in_(ids))
_ON_SHELF = select(facts.c.text).where(facts.c.shelf == bindparam("shelf"))
_here = facts.c.conversation == bindparam("conversation", type_=CleanText)
_of_chat = and_(_here, facts.c.chat == bindparam("chat", type_=CleanText))
_COUNT = select(func.count().label("facts")).select_from(facts).where(_of_chat)
_ASKED = (
    select(history.c.id)
    .where(
        history.c.conversation == bindparam("conversation"),
        history.c.turn_id == bindparam("turn"),
        history.c.role == Role.PERSON.value,
    )
    .with_for_update(read=True)
)
_DROP = delete(facts).where(_here)
_DROP_CHAT = delete(facts).where(_of_chat)
_DROP_TURN = delete(facts).where(_here, facts.c.turn_id == bindparam("turn", type_=CleanText))
_room = bindparam("room", type_=CleanText)
_SHOWN_IN_ROOM = select(facts.c.id, facts.c.message_ids).where(
    or_(
        facts.c.conversation == _room,
        and_(facts.c.conversation > _room + ":", facts.c.conversation < _room + ";"),
    ),
    containing(facts.c.message_ids),
)


class SqlFacts:
    """bot.remembered.Facts over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, keeping: Keeping) -> Kept:
        """See the port."""
        fact = keeping.fact
        asked: Params = {"conversation": fact.conversation, "turn": fact.turn_id}

        async def work(connection: AsyncConnection) -> Kept:
            if fact.learned and not await fetch(connection, _ASKED, asked):
                return Kept.GONE
            there = [row["text"] for row in await fetch(connection, _ON_SHELF, {"shelf": fact.shelf})]
            if _folded(fact.text) in map(_folded, there):
                return Kept.KNOWN
            if len(there) >= keeping.most:
                return Kept.FULL
            await fetch_many(connection, _PUT, [_row(fact, keeping.embedding)])
            return Kept.KEPT

        return await self._database.write(work)

    async def of_shelves(self, shelves: Sequence[str]) -> list[Fact]:
        """See the port."""
        wanted = {"ids": sorted(set(shelves))}
        rows = await self._database.read(lambda connection: fetch(connection, _OF_SHELVES, wanted))
        return [_fact(row) for row in rows]

    async def embeddings(self, shelves: Sequence[str]) -> dict[str, Embedding]:
        """See the port."""
        wanted = {"ids": sorted(set(shelves))}
        rows = await self._database.read(lambda connection: fetch(connection, _VECTORS, wanted))
        return {row["id"]: Embedding(row["model"], _unpacked(row["vector"])) for row in rows}

    async def embed(self, found: Mapping[str, Embedding]) -> None:
        """See the port."""
        rows: list[Params] = [
            {"fact": one, "new_vector": _packed(found[one].numbers), "new_model": found[one].model}
            for one in sorted(found)
        ]
        await self._database.write(lambda connection: execute_many(connection, _EMBED, rows))

    async def get(self, fact_id: str) -> Fact | None:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _GET, {"fact": fact_id}))
        return _fact(rows[0]) if rows else None

    async def forget(self, fact_ids: Sequence[str]) -> int:
        """See the port."""
        return await self._database.write(
            lambda connection: changed(connection, _FORGET, {"ids": sorted(set(fact_ids))})
        )

    async def count(self, conversation: str, chat: str) -> int:
        """See the port."""
        where: Params = {"conversation": conversation, "chat": chat}
        rows = await self._database.read(lambda connection: fetch(connection, _COUNT, where))
        return rows[0]["facts"]


async def drop(connection: AsyncConnection, conversation: str) -> None:
    """Remove everything that was said in a conversation."""
    await connection.execute(_DROP, {"conversation": conversation})


async def drop_chat(connection: AsyncConnection, chat: Params) -> None:
    """Remove what was said in one chat: `conversation` and `chat`."""
    await connection.execute(_DROP_CHAT, chat)


async def drop_turns(connection: AsyncConnection, conversation: str, turns: Sequence[str]) -> None:
    """Remove what was said in these turns."""
    rows: list[Params] = [{"conversation": conversation, "turn": turn} for turn in sorted(turns)]
    await execute_many(connection, _DROP_TURN, rows)


async def drop_shown(connection: AsyncConnection, room: str, message_ids: Sequence[str]) -> None:
    """Remove what these messages say, in a room's conversation and those that people have of their own."""
    gone: set[str] = set()
    for one in message_ids:
        rows = await fetch(connection, _SHOWN_IN_ROOM, {"room": room, "pattern": pattern(one)})
        gone |= {row["id"] for row in rows if one in from_json(row["message_ids"])}
    if gone:
        await changed(connection, _FORGET, {"ids": sorted(gone)})


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def _packed(numbers: Sequence[float]) -> bytes:
    """Little-endian 32-bit floats."""
    packed = array("f", numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpacked(stored: bytes) -> Sequence[float]:
    numbers = array("f")
    numbers.frombytes(stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _row(fact: Fact, embedding: Embedding | None) -> Params:
    return {
        "id": fact.id,
        "shelf": fact.shelf,
        "text": fact.text,
        "said_by": fact.by,
        "name": fact.name,
        "conversation": fact.conversation,
        "chat": fact.chat,
        "turn_id": fact.turn_id,
        "message_ids": to_json(fact.message_ids),
        "title": fact.title,
        "learned": fact.learned,
        "at": micros(fact.at),
        "vector": _packed(embedding.numbers) if embedding is not None else b"",
        "model": embedding.model if embedding is not None else "",
    }


def _fact(row: RowMapping) -> Fact:
    return Fact(
        id=row["id"],
        shelf=row["shelf"],
        text=row["text"],
        by=row["said_by"],
        name=row["name"],
        conversation=row["conversation"],
        at=seconds(row["at"]),
        chat=row["chat"],
        turn_id=row["turn_id"],
        message_ids=from_json(row["message_ids"]),
        title=row["title"],
        learned=row["learned"],
    )
