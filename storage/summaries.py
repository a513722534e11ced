"""What stands in the place of older items of a conversation.

Whoever forgets deletes the items first and the summaries over them last: a summary being stored at the same
time holds the rows it was made of, so either it finds them gone or it is there to be dropped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, column, delete, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NULLTYPE

from bot.records import Summary
from storage.rows import Params, changed, execute_many, fetch, fetch_many, ids, micros, replacing
from storage.tables import CleanText, current_chats, history, summaries

_here = bindparam("conversation", type_=CleanText)
_chat = bindparam("chat", type_=CleanText)
# A JSON object's keys are a table on both databases under this name; without a type nothing is cast.
_wanted = (
    func.json_each(bindparam("wanted", type_=NULLTYPE)).table_valued(column("key", CleanText)).alias("wanted")
)
_current = func.coalesce(current_chats.c.chat, "")
_asked = (
    select(
        _wanted.c.key.label("conversation"),
        _current.label("chat"),
        func.coalesce(summaries.c.covers, 0).label("covers"),
        func.coalesce(summaries.c.text, "").label("text"),
        func.coalesce(summaries.c.at, 0).label("at"),
    )
    .select_from(_wanted)
    .outerjoin(current_chats, current_chats.c.conversation == _wanted.c.key)
    .outerjoin(summaries, (summaries.c.conversation == _wanted.c.key) & (summaries.c.chat == _current))
    .cte("asked")
)
_older = history.alias("older")
# The oldest item wanted of each chat, found by walking the index: the length of the rest is no matter.
_oldest = func.coalesce(
    select(_older.c.id)
    .where(
        _older.c.conversation == _asked.c.conversation,
        _older.c.chat == _asked.c.chat,
        _older.c.id > _asked.c.covers,
    )
    .order_by(_older.c.id.desc())
    .offset(bindparam("skipped"))
    .limit(1)
    .correlate(_asked)
    .scalar_subquery(),
    _asked.c.covers + 1,
)
_items = select(history).join_from(
    _asked,
    history,
    (history.c.conversation == _asked.c.conversation)
    & (history.c.chat == _asked.c.chat)
    & (history.c.id >= _oldest),
)
# Each conversation has one row without a role: its chat, and its summary with `covers` as the id, so that it
# comes before the items.
_given = {"id": _asked.c.covers, "role": literal("")}
_heads = select(
    *(
        _given.get(one.name, _asked.c.get(one.name, literal("", one.type))).label(one.name)
        for one in history.columns
    )
)
_both = union_all(_heads, _items).subquery()
_RECALL = select(_both).order_by(_both.c.id)
_PUT = replacing(summaries, "conversation", "chat")
_DROP = delete(summaries).where(summaries.c.conversation == _here)
_DROP_CHAT = _DROP.where(summaries.c.chat == _chat)
_DROP_OVER = _DROP_CHAT.where(summaries.c.covers >= bindparam("item"))
_DROP_TURN = _DROP_CHAT.where(
    summaries.c.covers
    >= select(func.min(history.c.id))
    .where(history.c.conversation == _here, history.c.chat == _chat, history.c.turn_id == bindparam("turn"))
    .scalar_subquery()
)
_THERE = (
    select(history.c.id)
    .where(history.c.conversation == _here, history.c.chat == _chat, history.c.id.in_(ids))
    .order_by(history.c.id)
    .with_for_update(read=True)
)
_BEFORE = (
    select(summaries.c.text)
    .where(summaries.c.conversation == _here, summaries.c.chat == _chat)
    .with_for_update()
)


async def recall(
    connection: AsyncConnection, conversations: Sequence[str], limit: int
) -> Sequence[RowMapping]:
    """Of each conversation's current chat, oldest first: one row without a role (the summary; its id 0 where
    there is none), then the newest items after it."""
    wanted = json.dumps(dict.fromkeys(conversations, 0))
    return await fetch(connection, _RECALL, {"wanted": wanted, "skipped": limit - 1})


async def put(connection: AsyncConnection, summary: Summary, read: Sequence[int], before: str) -> bool:
    """Store a summary unless anything it was made of is gone: items, or the summary before it."""
    where: Params = {"conversation": summary.conversation, "chat": summary.chat}
    wanted = {summary.covers, *read}
    if len(await fetch(connection, _THERE, {**where, "ids": sorted(wanted)})) < len(wanted):
        return False
    if before and [row["text"] for row in await fetch(connection, _BEFORE, where)] != [before]:
        return False
    row: Params = {**where, "covers": summary.covers, "text": summary.text, "at": micros(summary.at)}
    await fetch_many(connection, _PUT, [row])
    return True


async def drop(connection: AsyncConnection, conversation: str) -> int:
    """Remove every summary of a conversation; returns how many there were."""
    return await changed(connection, _DROP, {"conversation": conversation})


async def drop_chat(connection: AsyncConnection, chat: Params) -> None:
    """Remove the summary of one chat: `conversation` and `chat`."""
    await connection.execute(_DROP_CHAT, chat)


async def drop_over(connection: AsyncConnection, conversation: str, rows: Sequence[RowMapping]) -> None:
    """Remove the summaries that cover any of these rows of history."""
    params = [{"conversation": conversation, "chat": row["chat"], "item": row["id"]} for row in rows]
    await execute_many(connection, _DROP_OVER, params)


async def drop_turn(connection: AsyncConnection, turn: Params) -> None:
    """Remove the summary of a chat if it covers a turn: `conversation`, `chat` and `turn`."""
    await connection.execute(_DROP_TURN, turn)
