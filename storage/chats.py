"""The chats of a conversation. What was said in them is in memory; here are titles and the pointer."""

from __future__ import annotations

from sqlalchemy import BigInteger, RowMapping, bindparam, case, delete, func, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Chat, Role
from storage import facts
from storage.current import CURRENT, current_chat
from storage.database import Database
from storage.memory import mentioning
from storage.reminders import forget as forget_reminders
from storage.rows import Params, changed, fetch, fetch_many, micros, replacing, seconds
from storage.summaries import drop_chat
from storage.tables import CleanText, chats, current_chats, history
from storage.vault import drop_files

_PUT = replacing(chats, "conversation", "chat")
_POINT = replacing(current_chats, "conversation")
_said = history.c.conversation == bindparam("conversation")
_kept = chats.c.conversation == bindparam("conversation")
_chat = history.c.chat == bindparam("chat")
_SUMS = (
    select(
        history.c.chat,
        func.count().label("messages"),
        func.min(history.c.at).label("first_at"),
        func.max(history.c.at).label("last_at"),
        func.min(case((history.c.role == Role.PERSON.value, history.c.id))).label("question"),
    )
    .where(_said)
    .group_by(history.c.chat)
)
_KEPT = select(chats).where(_kept)
_QUESTIONS = select(history.c.id, history.c.text).where(history.c.id.in_(bindparam("ids", expanding=True)))
_EXISTS = union(
    select(history.c.chat).where(_said, _chat),
    select(chats.c.chat).where(_kept, chats.c.chat == bindparam("chat")),
)
_TOUCHED = select(
    select(current_chats.c.opened_at)
    .where(current_chats.c.conversation == bindparam("conversation"))
    .scalar_subquery()
    .label("opened_at"),
    select(history.c.at)
    .where(_said, history.c.chat == CURRENT)
    .order_by(history.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("said_at"),
)
_columns = [c for c in history.c if c.name not in ("id", "chat")]
_COPY = insert(history).from_select(
    [*(c.name for c in _columns), "chat"],
    select(*_columns, bindparam("new_chat", type_=CleanText))
    .where(_said, _chat, history.c.id < bindparam("before", type_=BigInteger))
    .order_by(history.c.id),
)
_FORGET = delete(history).where(_said, _chat)
_FORGET_TITLE = delete(chats).where(_kept, chats.c.chat == bindparam("chat"))


class SqlChats:
    """bot.storing.Chats over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, conversation: str, chat: str, title: str, at: float) -> None:
        """See the port."""
        await self._database.write(lambda connection: _start(connection, conversation, chat, title, at))

    async def branch(self, conversation: str, chat: str, before: str, title: str, at: float) -> bool:
        """See the port. Where an earlier branch copied the message, the newest copy counts."""

        async def work(connection: AsyncConnection) -> bool:
            found = await mentioning(connection, conversation, before)
            if not found:
                return False
            old: Params = {"conversation": conversation, "chat": found[-1]["chat"]}
            await connection.execute(_COPY, {**old, "new_chat": chat, "before": found[-1]["id"]})
            await _start(connection, conversation, chat, title, at)
            return True

        return await self._database.write(work)

    async def resume(self, conversation: str, chat: str, at: float) -> bool:
        """See the port."""

        async def work(connection: AsyncConnection) -> bool:
            row: Params = {"conversation": conversation, "chat": chat}
            if not await fetch(connection, _EXISTS, row):
                return False
            await fetch_many(connection, _POINT, [{**row, "opened_at": micros(at)}])
            return True

        return await self._database.write(work)

    async def touched(self, conversation: str) -> float:
        """See the port."""
        here: Params = {"conversation": conversation}
        rows = await self._database.read(lambda connection: fetch(connection, _TOUCHED, here))
        return seconds(max(rows[0]["opened_at"] or 0, rows[0]["said_at"] or 0))

    async def all(self, conversation: str) -> list[Chat]:
        """See the port."""
        here: Params = {"conversation": conversation}

        async def work(connection: AsyncConnection) -> list[Chat]:
            kept = {row["chat"]: row for row in await fetch(connection, _KEPT, here)}
            said = {row["chat"]: row for row in await fetch(connection, _SUMS, here)}
            current = await current_chat(connection, conversation)
            asked = [row["question"] for row in said.values() if row["question"] is not None]
            found = await fetch(connection, _QUESTIONS, {"ids": asked})
            texts = {row["id"]: row["text"] for row in found}
            return [_summary(one, kept.get(one), said.get(one), texts, current) for one in {**kept, **said}]

        found = await self._database.read(work)
        return sorted(found, key=lambda chat: (chat.used_at, chat.id), reverse=True)

    async def forget(self, conversation: str, chat: str) -> int:
        """See the port."""
        params: Params = {"conversation": conversation, "chat": chat}

        async def work(connection: AsyncConnection) -> int:
            await connection.execute(_FORGET_TITLE, params)
            gone = await changed(connection, _FORGET, params)
            await drop_chat(connection, params)
            await forget_reminders(connection, conversation)
            await drop_files(connection, conversation)
            await facts.drop_chat(connection, params)
            return gone

        return await self._database.write(work)


async def _start(connection: AsyncConnection, conversation: str, chat: str, title: str, at: float) -> None:
    row: Params = {"conversation": conversation, "chat": chat}
    await fetch_many(connection, _PUT, [{**row, "title": title, "created_at": micros(at)}])
    await fetch_many(connection, _POINT, [{**row, "opened_at": micros(at)}])


def _summary(
    chat: str, kept: RowMapping | None, said: RowMapping | None, texts: dict[int, str], current: str
) -> Chat:
    """A chat from its title row, if it has one, and from what was said in it, if anything was."""
    created = kept["created_at"] if kept is not None else said["first_at"] if said is not None else 0
    question = texts.get(said["question"], "") if said is not None else ""
    return Chat(
        id=chat,
        title=(kept["title"] if kept is not None else "") or question,
        created_at=seconds(created),
        used_at=seconds(max(created, said["last_at"]) if said is not None else created),
        messages=said["messages"] if said is not None else 0,
        current=chat == current,
    )
