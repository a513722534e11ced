"""What people want to be told, until its time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reminding import Reminder
from storage.database import Database
from storage.lease import Lease
from storage.rows import Params, changed, fetch, fetch_many, micros, seconds, upsert
from storage.tables import CleanText, reminders

_key = reminders.c.id == bindparam("reminder", type_=CleanText)
_of_person = reminders.c.person == bindparam("person", type_=CleanText)
_on_platforms = reminders.c.platform.in_(bindparam("platforms", expanding=True))
_room = bindparam("room", type_=CleanText)
# A room's own conversation, and those that people have of their own in it: their keys go on after a colon.
_in_room = or_(
    reminders.c.conversation == _room,
    and_(reminders.c.conversation > _room + ":", reminders.c.conversation < _room + ";"),
)
_free = or_(reminders.c.lease_until.is_(None), reminders.c.lease_until <= bindparam("now"))
_mine = (_key, reminders.c.instance == bindparam("me"), reminders.c.lease_until > bindparam("now"))

_COUNT = select(func.count()).where(_of_person)
_ADD = upsert(reminders).on_conflict_do_nothing().returning(reminders.c.id)
_order = (reminders.c.due_at, reminders.c.id)
_OPEN = select(reminders).where(_of_person).order_by(*_order)
_OPEN_HERE = _OPEN.where(_in_room)
_CANCEL = delete(reminders).where(_key, _free)
_due = (_on_platforms, reminders.c.next_at <= bindparam("now"), _free)
_CLAIM = (
    update(reminders)
    .where(
        reminders.c.id.in_(
            select(reminders.c.id)
            .where(*_due)
            .order_by(reminders.c.next_at, reminders.c.id)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        ),
        # Once more on the row itself: somebody may have claimed it after the list was made.
        *_due,
    )
    .values(instance=bindparam("me"), lease_until=bindparam("until"))
    .returning(*reminders.c)
)
_BEGIN = update(reminders).where(*_mine).values(begun_at=bindparam("now"), lease_until=bindparam("until"))
_FINISH = delete(reminders).where(_key)
_PUT_OFF = update(reminders).where(*_mine).values(next_at=bindparam("later"), lease_until=None, begun_at=None)
_NEXT = select(func.min(func.coalesce(reminders.c.lease_until, reminders.c.next_at)).label("at")).where(
    _on_platforms
)
_FORGET = delete(reminders).where(reminders.c.conversation == bindparam("conversation", type_=CleanText))


async def forget(connection: AsyncConnection, conversation: str) -> None:
    """Delete what was asked for in a conversation."""
    await connection.execute(_FORGET, {"conversation": conversation})


class SqlReminders:
    """bot.reminding.Reminders over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def add(self, reminder: Reminder, most: int) -> bool:
        """See the port."""

        async def work(connection: AsyncConnection) -> bool:
            person: Params = {"person": reminder.person}
            kept = (await connection.execute(_COUNT, person)).scalar_one()
            return kept < most and bool(await fetch_many(connection, _ADD, [_row(reminder)]))

        return await self._database.write(work)

    async def open_of(self, person: str, room: str = "") -> list[Reminder]:
        """See the port."""
        params: Params = {"person": person, "room": room}
        statement = _OPEN_HERE if room else _OPEN
        rows = await self._database.read(lambda connection: fetch(connection, statement, params))
        return [_reminder(row) for row in rows]

    async def cancel(self, reminder_id: str) -> bool:
        """See the port."""
        params: Params = {"reminder": reminder_id, "now": self._lease.now()}
        return await self._database.write(lambda connection: changed(connection, _CANCEL, params)) > 0

    async def claim(self, platforms: Sequence[str], limit: int) -> list[Reminder]:
        """See the port."""
        if not platforms:
            return []
        params = {**self._held(), "platforms": sorted(platforms), "most": limit}

        async def work(connection: AsyncConnection) -> list[Reminder]:
            return [_reminder(row) for row in await fetch(connection, _CLAIM, params)]

        found = await self._database.write(work)
        return sorted(found, key=lambda one: (one.due_at, one.id))

    async def begin(self, reminder_id: str) -> bool:
        """See the port."""
        params: Params = {**self._held(), "reminder": reminder_id}
        return await self._database.write(lambda connection: changed(connection, _BEGIN, params)) > 0

    async def finish(self, reminder_id: str) -> None:
        """See the port."""
        params: Params = {"reminder": reminder_id}
        await self._database.write(lambda connection: changed(connection, _FINISH, params))

    async def put_off(self, reminder_id: str, until: float) -> None:
        """See the port."""
        params: Params = {**self._held(), "reminder": reminder_id, "later": micros(until)}
        await self._database.write(lambda connection: changed(connection, _PUT_OFF, params))

    async def next_at(self, platforms: Sequence[str]) -> float | None:
        """See the port. What is being delivered counts when its lease runs out."""
        if not platforms:
            return None
        params = {"platforms": sorted(platforms)}
        rows = await self._database.read(lambda connection: fetch(connection, _NEXT, params))
        at = rows[0]["at"]
        return None if at is None else seconds(at)

    def _held(self) -> Params:
        return {"me": self._lease.instance, "now": self._lease.now(), "until": self._lease.until()}


def _row(reminder: Reminder) -> Params:
    return {
        "id": reminder.id,
        "platform": reminder.platform,
        "conversation": reminder.conversation,
        "person": reminder.person,
        "speaker": reminder.speaker,
        "name": reminder.name,
        "text": reminder.text,
        "zone": reminder.zone,
        "due_at": micros(reminder.due_at),
        "next_at": micros(reminder.due_at),
        "made_at": micros(reminder.made_at),
        "begun_at": None,
        "instance": "",
        "lease_until": None,
    }


def _reminder(row: RowMapping) -> Reminder:
    begun = row["begun_at"]
    return Reminder(
        id=row["id"],
        conversation=row["conversation"],
        person=row["person"],
        speaker=row["speaker"],
        name=row["name"],
        text=row["text"],
        due_at=seconds(row["due_at"]),
        made_at=seconds(row["made_at"]),
        zone=row["zone"],
        begun_at=None if begun is None else seconds(begun),
    )
