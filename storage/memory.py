"""What was said."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import HistoryItem, Recalled, Role, Summary
from storage.database import Database
from storage.rows import (
    Params,
    changed,
    execute_many,
    fetch,
    fetch_many,
    from_json,
    micros,
    replacing,
    seconds,
    to_json,
)
from storage.summaries import drop, put, recall
from storage.tables import CleanText, history, resets

_REMEMBER = insert(history).returning(history.c.id)
_here = history.c.conversation == bindparam("conversation")
# Two items may carry the time of the reset itself; their numbers say which was there before.
_current = or_(
    resets.c.at.is_(None),
    history.c.at > resets.c.at,
    and_(history.c.at == resets.c.at, history.c.id > resets.c.last_id),
)
_RECENT = (
    select(history)
    .outerjoin(resets, resets.c.conversation == history.c.conversation)
    .where(_here, _current)
    .order_by(history.c.id.desc())
    .limit(bindparam("most"))
)
_UPTO = (
    select(history, _current.label("current"))
    .outerjoin(resets, resets.c.conversation == history.c.conversation)
    .where(
        _here,
        history.c.id
        <= select(func.max(history.c.id))
        .where(_here, history.c.turn_id == bindparam("turn"))
        .scalar_subquery(),
    )
    .order_by(history.c.id.desc())
    .limit(bindparam("most"))
)
_REVISE = (
    update(history)
    .where(
        history.c.conversation == bindparam("where", type_=CleanText),
        history.c.turn_id == bindparam("turn", type_=CleanText),
        history.c.role == Role.BOT.value,
    )
    .values(
        text=bindparam("new_text", type_=CleanText),
        message_ids=bindparam("new_ids", type_=CleanText),
        media_note=bindparam("new_note", type_=CleanText),
    )
)
_LAST_ID = select(func.coalesce(func.max(history.c.id), 0).label("last_id")).where(_here)
_RESET = replacing(resets, "conversation")
_FORGET = delete(history).where(_here)


async def remember(connection: AsyncConnection, items: Sequence[HistoryItem]) -> None:
    """Add items, in order."""
    await fetch_many(connection, _REMEMBER, [_row(item) for item in items])


async def revise(connection: AsyncConnection, items: Sequence[HistoryItem]) -> None:
    """Put other words and messages in the place of what the bot said in a turn."""
    rows: list[Params] = [
        {
            "where": item.conversation,
            "turn": item.turn_id,
            "new_text": item.text,
            "new_note": item.media_note,
            "new_ids": to_json(item.message_ids),
        }
        for item in items
    ]
    if rows:
        await execute_many(connection, _REVISE, rows)


class SqlMemory:
    """bot.ports.Memory over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, conversation: str, limit: int) -> list[HistoryItem]:
        """See the port."""
        params: Params = {"conversation": conversation, "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _RECENT, params))
        return [_item(row) for row in reversed(rows)]

    async def upto(self, conversation: str, turn_id: str, limit: int) -> list[HistoryItem]:
        """See the port."""
        params: Params = {"conversation": conversation, "turn": turn_id, "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _UPTO, params))
        since_reset = bool(rows) and bool(rows[0]["current"])
        return [_item(row) for row in reversed(rows) if row["current"] or not since_reset]

    async def reset(self, conversation: str, at: float) -> None:
        """See the port."""

        async def work(connection: AsyncConnection) -> None:
            last = (await fetch(connection, _LAST_ID, {"conversation": conversation}))[0]["last_id"]
            row: Params = {"conversation": conversation, "at": micros(at), "last_id": last}
            await fetch_many(connection, _RESET, [row])
            await drop(connection, conversation)

        await self._database.write(work)

    async def forget(self, conversation: str) -> int:
        """See the port."""
        params: Params = {"conversation": conversation}

        async def work(connection: AsyncConnection) -> int:
            await drop(connection, conversation)
            return await changed(connection, _FORGET, params)

        return await self._database.write(work)

    async def recall(self, conversation: str, limit: int) -> Recalled:
        """See the port."""
        rows = await self._database.read(lambda connection: recall(connection, conversation, limit))
        items = [_item(row) for row in reversed(rows) if row["role"]]
        return Recalled(next((_summary(row) for row in rows if not row["role"]), None), tuple(items))

    async def summarise(self, summary: Summary) -> bool:
        """See the port."""
        return await self._database.write(lambda connection: put(connection, summary))


def _row(item: HistoryItem) -> Params:
    return {
        "conversation": item.conversation,
        "role": item.role.value,
        "text": item.text,
        "at": micros(item.at),
        "speaker": item.speaker,
        "speaker_name": item.speaker_name,
        "turn_id": item.turn_id,
        "message_ids": to_json(item.message_ids),
        "media_note": item.media_note,
    }


def _item(row: RowMapping) -> HistoryItem:
    return HistoryItem(
        conversation=row["conversation"],
        role=Role(row["role"]),
        text=row["text"],
        at=seconds(row["at"]),
        speaker=row["speaker"],
        speaker_name=row["speaker_name"],
        turn_id=row["turn_id"],
        message_ids=from_json(row["message_ids"]),
        media_note=row["media_note"],
        id=row["id"],
    )


def _summary(row: RowMapping) -> Summary:
    return Summary(row["conversation"], row["text"], row["id"], seconds(row["at"]))
