"""People's own voices and where they are shared."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Executable, RowMapping, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import Change
from bot.ownvoices import OwnVoice
from storage.audit import note
from storage.database import Database
from storage.rows import Params, changed, fetch, micros, seconds, upsert
from storage.tables import CleanText, own_voices, shared_voices

_voice = own_voices.c.id == bindparam("voice")
_made = own_voices.c.handle != ""
_AGREE = upsert(own_voices).on_conflict_do_nothing().returning(own_voices.c.id)
_OLDER = select(own_voices.c.id, own_voices.c.name).where(
    own_voices.c.person == bindparam("person"), own_voices.c.id != bindparam("voice")
)
_HANDLE = (
    update(own_voices)
    .where(_voice)
    .values(
        model=bindparam("new_model", type_=CleanText),
        handle=bindparam("new_handle", type_=own_voices.c.handle.type),
        expires_at=bindparam("new_expires_at"),
        kept=bindparam("new_kept"),
        renewed=bindparam("new_renewed"),
    )
)
_OF = (
    select(own_voices)
    .where(own_voices.c.person == bindparam("person"), _made)
    .order_by(own_voices.c.agreed_at.desc(), own_voices.c.id)
)
_SHARED = (
    select(own_voices)
    .join(shared_voices, shared_voices.c.voice == own_voices.c.id)
    .where(shared_voices.c.channel == bindparam("channel"), _made)
    .order_by(own_voices.c.agreed_at.desc(), own_voices.c.id)
)
_PLACES = (
    select(shared_voices.c.channel)
    .where(shared_voices.c.voice == bindparam("voice"))
    .order_by(shared_voices.c.channel)
)
_SHARE = upsert(shared_voices).on_conflict_do_nothing().returning(shared_voices.c.voice)
_UNSHARE = delete(shared_voices).where(
    shared_voices.c.voice == bindparam("voice"), shared_voices.c.channel == bindparam("channel")
)
_USED = update(own_voices).where(_voice).values(expires_at=bindparam("new_expires_at"))
_OWNED = select(own_voices.c.id).where(_voice, own_voices.c.person == bindparam("person"))
_DROP = delete(own_voices).where(_voice)
_UNSHARE_ALL = delete(shared_voices).where(shared_voices.c.voice == bindparam("voice"))
_OVER = select(own_voices.c.id).where(
    or_(
        _made & (own_voices.c.expires_at < bindparam("before")),
        ~_made & (own_voices.c.agreed_at < bindparam("before")),
    )
)


class SqlOwnVoices:
    """bot.ownvoices.OwnVoices over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agree(self, voice: OwnVoice) -> bool:
        """See the port."""
        rows = await self._database.write(lambda connection: fetch(connection, _AGREE, _row(voice)))
        return bool(rows)

    async def made(self, voice: OwnVoice) -> None:
        """See the port. One transaction."""
        older: Params = {"person": voice.person, "voice": voice.id}
        handle: Params = {
            "voice": voice.id,
            "new_model": voice.model,
            "new_handle": voice.handle,
            "new_expires_at": micros(voice.expires_at),
            "new_kept": micros(voice.kept),
            "new_renewed": voice.renewed,
        }

        async def work(connection: AsyncConnection) -> None:
            for row in await fetch(connection, _OLDER, older):
                if row["name"] == voice.name:  # encrypted names cannot be compared by the database
                    await _drop(connection, row["id"])
            await connection.execute(_HANDLE, handle)

        await self._database.write(work)

    async def of(self, person: str) -> list[OwnVoice]:
        """See the port."""
        return await self._read(_OF, {"person": person})

    async def shared_in(self, channel: str) -> list[OwnVoice]:
        """See the port."""
        return await self._read(_SHARED, {"channel": channel})

    async def places_of(self, voice_id: str) -> Sequence[str]:
        """See the port."""
        params: Params = {"voice": voice_id}
        rows = await self._database.read(lambda connection: fetch(connection, _PLACES, params))
        return [row["channel"] for row in rows]

    async def share(self, voice_id: str, channel: str, *, shared: bool, change: Change | None = None) -> None:
        """See the port."""
        params: Params = {"voice": voice_id, "channel": channel}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(_SHARE if shared else _UNSHARE, params)
            await note(connection, change)

        await self._database.write(work)

    async def used(self, voice_id: str, expires_at: float) -> None:
        """See the port."""
        params: Params = {"voice": voice_id, "new_expires_at": micros(expires_at)}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(_USED, params)

        await self._database.write(work)

    async def drop(self, person: str, voice_id: str) -> bool:
        """See the port. One transaction."""
        params: Params = {"person": person, "voice": voice_id}

        async def work(connection: AsyncConnection) -> bool:
            if not await fetch(connection, _OWNED, params):
                return False
            await _drop(connection, voice_id)
            return True

        return await self._database.write(work)

    async def purge(self, before: float) -> int:
        """See the port."""
        params: Params = {"before": micros(before)}

        async def work(connection: AsyncConnection) -> int:
            rows = await fetch(connection, _OVER, params)
            for row in rows:
                await _drop(connection, row["id"])
            return len(rows)

        return await self._database.write(work)

    async def _read(self, statement: Executable, params: Params) -> list[OwnVoice]:
        rows = await self._database.read(lambda connection: fetch(connection, statement, params))
        return [_record(row) for row in rows]


async def _drop(connection: AsyncConnection, voice_id: str) -> None:
    params: Params = {"voice": voice_id}
    await changed(connection, _UNSHARE_ALL, params)
    await changed(connection, _DROP, params)


def _row(voice: OwnVoice) -> Params:
    return {
        "id": voice.id,
        "person": voice.person,
        "name": voice.name,
        "statement": voice.statement,
        "agreed_at": micros(voice.agreed_at),
        "model": voice.model,
        "handle": voice.handle,
        "expires_at": micros(voice.expires_at),
        "kept": micros(voice.kept),
        "renewed": voice.renewed,
    }


def _record(row: RowMapping) -> OwnVoice:
    return OwnVoice(
        id=row["id"],
        person=row["person"],
        name=row["name"],
        statement=row["statement"],
        agreed_at=seconds(row["agreed_at"]),
        model=row["model"],
        handle=row["handle"],
        expires_at=seconds(row["expires_at"]),
        kept=seconds(row["kept"]),
        renewed=row["renewed"],
    )
