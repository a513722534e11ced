"""What stands in the place of older items of a conversation.

Whoever forgets deletes the items first and the summaries over them last: a summary being stored at the same
time holds the rows it was made of, so either it finds them gone or it is there to be dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Summary
from storage.current import CURRENT
from storage.rows import Params, changed, execute_many, fetch, fetch_many, ids, micros, replacing
from storage.tables import CleanText, history, summaries

_here = bindparam("conversation", type_=CleanText)
_chat = bindparam("chat", type_=CleanText)
_covered = (
    select(summaries.c.covers)
    .where(summaries.c.conversation == _here, summaries.c.chat == CURRENT)
    .scalar_subquery()
)
_newest = (
    select(history)
    .where(
        history.c.conversation == _here,
        history.c.chat == CURRENT,
        history.c.id > func.coalesce(_covered, 0),
    )
    .order_by(history.c.id.desc())
    .limit(bindparam("most"))
    .subquery()
)
# One statement for both: the summary comes as the row without a role, with `covers` as its id, so it is the
# last of the rows sorted from new to old.
_given = {"id": summaries.c.covers, "role": literal("")}
_as_item = select(
    *(
        _given.get(column.name, summaries.c.get(column.name, literal(""))).label(column.name)
        for column in history.columns
    )
).where(summaries.c.conversation == _here, summaries.c.chat == CURRENT)
_both = union_all(select(_newest), _as_item).subquery()
_RECALL = select(_both).order_by(_both.c.id.desc())
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


async def recall(connection: AsyncConnection, conversation: str, limit: int) -> Sequence[RowMapping]:
    """The newest items after the summary, newest first, and the summary as the row without a role."""
    return await fetch(connection, _RECALL, {"conversation": conversation, "most": limit})


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
