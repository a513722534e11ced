"""What was said."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Executable, RowMapping, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Closing, HistoryItem, Opened, Recalled, Role, Summary
from storage import facts
from storage.current import CURRENT, current_chat
from storage.database import Database
from storage.orders import drop_words
from storage.reminders import forget as forget_reminders
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
from storage.summaries import drop, drop_over, drop_turn, put, recall
from storage.tables import CleanText, SealedText, chats, history
from storage.vault import drop_files, drop_shown

_REMEMBER = insert(history).returning(history.c.id)
_here = history.c.conversation == bindparam("conversation")
_newest = select(history).order_by(history.c.id.desc()).limit(bindparam("most"))
_RECENT = _newest.where(_here, history.c.chat == CURRENT)
_UPTO = _newest.where(_here, history.c.chat == bindparam("chat"), history.c.id <= bindparam("last"))
_room = bindparam("room", type_=CleanText)
# A room's own conversation, and those that people have of their own in it: their keys go on after a colon.
_in_room = or_(
    history.c.conversation == _room,
    and_(history.c.conversation > _room + ":", history.c.conversation < _room + ";"),
)
_SHOWN_BY = containing(history.c.message_ids)
_MENTIONING = select(history).where(_here, _SHOWN_BY).order_by(history.c.id)
_MENTIONING_IN_ROOM = select(history).where(_in_room, _SHOWN_BY).order_by(history.c.id)
_TURN = history.c.turn_id.in_(ids)
_ANSWERS = select(history.c.id, history.c.chat).where(_here, _TURN, history.c.role == Role.BOT.value)
_HOLDING = select(history.c.id, history.c.chat).where(_here, history.c.turn_id == bindparam("turn"))
_REVISE = (
    update(history)
    .where(
        history.c.conversation == bindparam("where", type_=CleanText),
        history.c.turn_id == bindparam("turn", type_=CleanText),
        history.c.role == Role.BOT.value,
    )
    .values(
        text=bindparam("new_text", type_=SealedText),
        message_ids=bindparam("new_ids", type_=CleanText),
        media_note=bindparam("new_note", type_=SealedText),
    )
)
_FORGET = delete(history).where(_here)
_FORGET_CHATS = delete(chats).where(chats.c.conversation == bindparam("conversation"))
_FORGET_ITEM = delete(history).where(history.c.id == bindparam("item"))
# Waits for a summary that is being made of these rows, so that it is seen and dropped.
_REPLACED = (
    select(history.c.id)
    .where(_here, history.c.chat == bindparam("chat"), _TURN)
    .order_by(history.c.id)
    .with_for_update()
)
_FORGET_TURN = delete(history).where(
    history.c.turn_id == bindparam("turn"), history.c.chat == bindparam("chat"), _here
)


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


async def replace(connection: AsyncConnection, closing: Closing) -> None:
    """Delete what the turns that this one replaces have left in its chat."""
    if not closing.replaces:
        return
    for item in closing.history[:1]:
        where: Params = {"conversation": item.conversation, "chat": item.chat}
        await fetch(connection, _REPLACED, {**where, "ids": sorted(closing.replaces)})
        for turn in closing.replaces:
            await drop_turn(connection, {**where, "turn": turn})
        await execute_many(connection, _FORGET_TURN, [{**where, "turn": turn} for turn in closing.replaces])
        await facts.drop_turns(connection, item.conversation, closing.replaces)


async def mentioning(connection: AsyncConnection, conversation: str, message_id: str) -> list[RowMapping]:
    """The rows of a conversation that a message shows, oldest first; several where a chat branched."""
    return await _mentioning(connection, _MENTIONING, {"conversation": conversation}, message_id)


async def _mentioning(
    connection: AsyncConnection, statement: Executable, where: Params, message_id: str
) -> list[RowMapping]:
    rows = await fetch(connection, statement, {**where, "pattern": pattern(message_id)})
    return [row for row in rows if message_id in from_json(row["message_ids"])]


class SqlMemory:
    """bot.storing.Memory over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, conversation: str, limit: int) -> list[HistoryItem]:
        """See the port."""
        params: Params = {"conversation": conversation, "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _RECENT, params))
        return _items(rows)

    async def opened(self, conversation: str, limit: int) -> Opened:
        """See the port. The second look is needed only where nothing was said yet."""
        params: Params = {"conversation": conversation, "most": limit}

        async def work(connection: AsyncConnection) -> Opened:
            if rows := await fetch(connection, _RECENT, params):
                return Opened(rows[0]["chat"], tuple(_items(rows)))
            return Opened(await current_chat(connection, conversation), ())

        return await self._database.read(work)

    async def upto(self, conversation: str, message_id: str, limit: int) -> Opened | None:
        """See the port. Where a chat branched, the current chat's copy counts, else the newest."""

        async def work(connection: AsyncConnection) -> Opened | None:
            found = await mentioning(connection, conversation, message_id)
            if not found:
                return None
            current = await current_chat(connection, conversation)
            last = max(found, key=lambda row: (row["chat"] == current, row["id"]))
            params: Params = {"conversation": conversation, "chat": last["chat"]}
            rows = await fetch(connection, _UPTO, {**params, "last": last["id"], "most": limit})
            return Opened(last["chat"], tuple(_items(rows)))

        return await self._database.read(work)

    async def of_turn(self, conversation: str, turn_id: str, limit: int) -> list[HistoryItem]:
        """See the port. Where a chat branched, the current chat's copy counts, else the newest."""
        where: Params = {"conversation": conversation, "turn": turn_id}

        async def work(connection: AsyncConnection) -> list[HistoryItem]:
            found = await fetch(connection, _HOLDING, where)
            if not found:
                return []
            current = await current_chat(connection, conversation)
            last = max(found, key=lambda row: (row["chat"] == current, row["id"]))
            params: Params = {"conversation": conversation, "chat": last["chat"]}
            return _items(await fetch(connection, _UPTO, {**params, "last": last["id"], "most": limit}))

        return await self._database.read(work)

    async def forget(self, conversation: str) -> int:
        """See the port."""
        params: Params = {"conversation": conversation}

        async def work(connection: AsyncConnection) -> int:
            await drop_words(connection, conversation)
            await connection.execute(_FORGET_CHATS, params)
            gone = await changed(connection, _FORGET, params)
            await drop(connection, conversation)
            await forget_reminders(connection, conversation)
            await drop_files(connection, conversation)
            await facts.drop(connection, conversation)
            return gone

        return await self._database.write(work)

    async def forget_messages(self, room: str, message_ids: Sequence[str]) -> int:
        """See the port."""
        where: Params = {"room": room}

        async def work(connection: AsyncConnection) -> int:
            gone = 0
            rows = [
                row
                for one in message_ids
                for row in await _mentioning(connection, _MENTIONING_IN_ROOM, where, one)
            ]
            for conversation in sorted({row["conversation"] for row in rows}):
                here = [row for row in rows if row["conversation"] == conversation]
                gone += await _forget(connection, conversation, here)
            await drop_shown(connection, room, message_ids)
            await facts.drop_shown(connection, room, message_ids)
            return gone

        return await self._database.write(work)

    async def recall(self, conversations: Sequence[str], limit: int) -> list[Recalled]:
        """See the port."""
        rows = await self._database.read(lambda connection: recall(connection, conversations, limit))
        found: dict[str, list[RowMapping]] = {one: [] for one in conversations}
        for row in rows:
            found[row["conversation"]].append(row)
        return [_recalled(*found[one]) for one in conversations]

    async def summarise(self, summary: Summary, read: Sequence[int] = (), before: str = "") -> bool:
        """See the port."""
        return await self._database.write(lambda connection: put(connection, summary, read, before))


async def _forget(connection: AsyncConnection, conversation: str, rows: Sequence[RowMapping]) -> int:
    """Delete rows of a conversation, and the answers to the questions among them; returns how many."""
    asked = sorted({row["turn_id"] for row in rows if row["role"] == Role.PERSON.value} - {""})
    answers = await fetch(connection, _ANSWERS, {"conversation": conversation, "ids": asked})
    gone = sorted({row["id"] for row in (*rows, *answers)})
    await execute_many(connection, _FORGET_ITEM, [{"item": one} for one in gone])
    await drop_over(connection, conversation, (*rows, *answers))
    return len(gone)


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
        "chat": item.chat,
    }


def _items(rows: Sequence[RowMapping]) -> list[HistoryItem]:
    """Rows, newest first, as items, oldest first."""
    return [_item(row) for row in reversed(rows)]


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
        chat=row["chat"],
        id=row["id"],
    )


def _recalled(head: RowMapping, *items: RowMapping) -> Recalled:
    summary = _summary(head) if head["id"] else None
    return Recalled(summary, tuple(_item(row) for row in items), head["chat"])


def _summary(row: RowMapping) -> Summary:
    return Summary(row["conversation"], row["text"], row["id"], seconds(row["at"]), row["chat"])
