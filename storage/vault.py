"""Kept files. The bytes are a row's last column, so that what is only about a file does not read them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    Executable,
    LargeBinary,
    RowMapping,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keeping import FILE_LIMIT, ROOM_LIMIT, KeptFile, Version
from storage.ciphering import BYTES_MARK, SEALED_BYTES
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
    upsert,
)
from storage.tables import CleanText, kept_files

LONGEST_LINE = 100
"""So many generations are followed back at most."""

_KEEP = upsert(kept_files).on_conflict_do_nothing(index_elements=["id"]).returning(kept_files.c.id)
_stored = type_coerce(kept_files.c.data, LargeBinary)
_sealed = func.substr(_stored, 1, len(BYTES_MARK)) == literal(BYTES_MARK, LargeBinary)
stored_size = (func.length(_stored) - case((_sealed, SEALED_BYTES), else_=0)).label("size")
_about = select(*(column for column in kept_files.c if column.name != "data"), stored_size)
_alive = kept_files.c.expires_at > bindparam("now")
_one = kept_files.c.id == bindparam("file", type_=CleanText)
_here = kept_files.c.conversation == bindparam("conversation", type_=CleanText)
_in_room = kept_files.c.room == bindparam("room", type_=CleanText)
_GET = select(kept_files).where(_one, _alive)
_ABOUT = _about.where(kept_files.c.id.in_(ids), _alive).order_by(kept_files.c.number)
_THERE = select(kept_files.c.id).where(kept_files.c.id.in_(ids))
_CHILDREN = _about.where(kept_files.c.parent == bindparam("file"), _alive).order_by(kept_files.c.number)
_RECENT = _about.where(_here, _alive).order_by(kept_files.c.number.desc()).limit(bindparam("most"))
_SHOWN_BY = _about.where(_in_room, _alive, containing(kept_files.c.message_ids)).order_by(kept_files.c.number)
_SIZES = select(kept_files.c.id, stored_size).where(_in_room).order_by(kept_files.c.number.desc())
_SHOWING = (
    select(kept_files.c.id, kept_files.c.message_ids)
    .where(kept_files.c.id.in_(ids))
    .order_by(kept_files.c.id)
    .with_for_update()
)
_SHOWN = update(kept_files).where(_one).values(message_ids=bindparam("shown", type_=CleanText))
_DROP = delete(kept_files).where(_one)
_FORGET = delete(kept_files).where(_here)
_PURGE = delete(kept_files).where(kept_files.c.expires_at <= bindparam("now"))
_key = bindparam("key", type_=CleanText)
_MENTIONING = select(kept_files.c.id, kept_files.c.message_ids).where(
    or_(kept_files.c.room == _key, kept_files.c.conversation == _key), containing(kept_files.c.message_ids)
)


async def drop_files(connection: AsyncConnection, conversation: str) -> int:
    """Delete what a conversation keeps; returns how many files."""
    return await changed(connection, _FORGET, {"conversation": conversation})


async def drop_shown(connection: AsyncConnection, key: str, message_ids: Sequence[str]) -> None:
    """Delete the files that messages of a room, or of one conversation in it, show."""
    for message_id in message_ids:
        where: Params = {"key": key, "pattern": pattern(message_id)}
        rows = await fetch(connection, _MENTIONING, where)
        gone = [row["id"] for row in rows if message_id in from_json(row["message_ids"])]
        await execute_many(connection, _DROP, [{"file": one} for one in gone])


class SqlVault:
    """bot.keeping.Vault over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, files: Sequence[KeptFile]) -> set[str]:
        """See the port."""
        rows = [_row(file) for file in files if len(file.data) <= FILE_LIMIT]

        async def work(connection: AsyncConnection) -> set[str]:
            for row in rows:  # one by one: they are large, and numbered in this order
                await fetch_many(connection, _KEEP, [row])
            for room in sorted({file.room for file in files}):
                await _make_room(connection, room)
            return {
                row["id"] for row in await fetch(connection, _THERE, {"ids": [file.id for file in files]})
            }

        return await self._database.write(work) if rows else set()

    async def get(self, file_id: str, now: float) -> KeptFile | None:
        """See the port."""
        params: Params = {"file": file_id, "now": micros(now)}
        rows = await self._database.read(lambda connection: fetch(connection, _GET, params))
        return _file(rows[0]) if rows else None

    async def about(self, file_ids: Sequence[str], now: float) -> list[Version]:
        """See the port."""
        where = {"ids": sorted(set(file_ids)), "now": micros(now)}
        rows = await self._database.read(lambda connection: fetch(connection, _ABOUT, where))
        return [_version(row) for row in rows]

    async def ancestors(self, file_id: str, now: float) -> list[Version]:
        """See the port."""

        async def work(connection: AsyncConnection) -> list[Version]:
            found: list[Version] = []
            wanted = file_id
            while wanted and len(found) <= LONGEST_LINE:
                rows = await fetch(connection, _ABOUT, {"ids": [wanted], "now": micros(now)})
                found += [_version(row) for row in rows]
                wanted = rows[0]["parent"] if rows else ""
            return [one for one in found if one.id != file_id]

        return await self._database.read(work)

    async def children(self, file_id: str, now: float) -> list[Version]:
        """See the port."""
        return await self._versions(_CHILDREN, {"file": file_id, "now": micros(now)})

    async def recent(self, conversation: str, now: float, limit: int) -> list[Version]:
        """See the port."""
        params: Params = {"conversation": conversation, "now": micros(now), "most": limit}
        return await self._versions(_RECENT, params)

    async def shown(self, file_ids: Sequence[str], message_ids: Sequence[str]) -> None:
        """See the port."""

        async def work(connection: AsyncConnection) -> None:
            found = await fetch(connection, _SHOWING, {"ids": sorted(file_ids)})
            rows: list[Params] = [
                {
                    "file": row["id"],
                    "shown": to_json(list(dict.fromkeys((*from_json(row["message_ids"]), *message_ids)))),
                }
                for row in found
            ]
            await execute_many(connection, _SHOWN, rows)

        if file_ids:
            await self._database.write(work)

    async def shown_by(self, room: str, message_id: str, now: float) -> list[Version]:
        """See the port."""
        params: Params = {"room": room, "pattern": pattern(message_id), "now": micros(now)}
        found = await self._versions(_SHOWN_BY, params)
        return [one for one in found if message_id in one.message_ids]

    async def forget(self, conversation: str) -> int:
        """See the port."""
        return await self._database.write(lambda connection: drop_files(connection, conversation))

    async def drop(self, file_id: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: changed(connection, _DROP, {"file": file_id}))

    async def purge(self, now: float) -> int:
        """See the port."""
        params: Params = {"now": micros(now)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))

    async def _versions(self, statement: Executable, params: Params) -> list[Version]:
        rows = await self._database.read(lambda connection: fetch(connection, statement, params))
        return [_version(row) for row in rows]


async def _make_room(connection: AsyncConnection, room: str) -> None:
    """Delete what is beyond the room's limit, oldest first."""
    total = 0
    gone: list[Params] = []
    for row in await fetch(connection, _SIZES, {"room": room}):
        total += row["size"]
        if total > ROOM_LIMIT:
            gone.append({"file": row["id"]})
    await execute_many(connection, _DROP, gone)


def _row(file: KeptFile) -> Params:
    return {
        "id": file.id,
        "room": file.room,
        "conversation": file.conversation,
        "person": file.person,
        "name": file.name,
        "mime": file.mime,
        "parent": file.parent,
        "note": file.note,
        "message_ids": to_json(file.message_ids),
        "created_at": micros(file.created_at),
        "expires_at": micros(file.expires_at),
        "data": file.data,
    }


def _file(row: RowMapping) -> KeptFile:
    return KeptFile(
        id=row["id"],
        room=row["room"],
        conversation=row["conversation"],
        person=row["person"],
        name=row["name"],
        mime=row["mime"],
        data=row["data"],
        created_at=seconds(row["created_at"]),
        expires_at=seconds(row["expires_at"]),
        parent=row["parent"],
        note=row["note"],
        message_ids=from_json(row["message_ids"]),
    )


def _version(row: RowMapping) -> Version:
    return Version(
        id=row["id"],
        room=row["room"],
        conversation=row["conversation"],
        person=row["person"],
        name=row["name"],
        mime=row["mime"],
        size=row["size"],
        created_at=seconds(row["created_at"]),
        parent=row["parent"],
        note=row["note"],
        message_ids=from_json(row["message_ids"]),
    )
