"""What stands in the place of older items of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, and_, bindparam, delete, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Summary
from storage.rows import Params, changed, fetch, fetch_many, micros, replacing
from storage.tables import CleanText, history, resets, summaries

_here = bindparam("conversation", type_=CleanText)
_covered = select(summaries.c.covers).where(summaries.c.conversation == _here).scalar_subquery()
_newest = (
    select(history)
    .outerjoin(resets, resets.c.conversation == history.c.conversation)
    .where(
        history.c.conversation == _here,
        history.c.id > func.coalesce(_covered, 0),
        or_(
            resets.c.at.is_(None),
            history.c.at > resets.c.at,
            and_(history.c.at == resets.c.at, history.c.id > resets.c.last_id),
        ),
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
).where(summaries.c.conversation == _here)
_both = union_all(select(_newest), _as_item).subquery()
_RECALL = select(_both).order_by(_both.c.id.desc())
_PUT = replacing(summaries, "conversation")
_DROP = delete(summaries).where(summaries.c.conversation == _here)
_THERE = select(history.c.id).where(
    history.c.conversation == _here,
    history.c.id == bindparam("covers"),
    ~select(resets.c.last_id)
    .where(resets.c.conversation == _here, resets.c.last_id >= bindparam("covers"))
    .exists(),
)


async def recall(connection: AsyncConnection, conversation: str, limit: int) -> Sequence[RowMapping]:
    """The newest items after the summary, newest first, and the summary as the row without a role."""
    return await fetch(connection, _RECALL, {"conversation": conversation, "most": limit})


async def put(connection: AsyncConnection, summary: Summary) -> bool:
    """Store a summary unless what it covers is gone."""
    where: Params = {"conversation": summary.conversation, "covers": summary.covers}
    if not await fetch(connection, _THERE, where):
        return False
    row: Params = {**where, "text": summary.text, "at": micros(summary.at)}
    await fetch_many(connection, _PUT, [row])
    return True


async def drop(connection: AsyncConnection, conversation: str) -> int:
    """Remove the summary of a conversation; returns how many there were."""
    return await changed(connection, _DROP, {"conversation": conversation})
