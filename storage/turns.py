"""The journal of turns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import Closing, Intake, TurnMark, TurnRecord, TurnState
from storage.database import Database
from storage.lease import Lease, renew
from storage.memory import remember, replace, revise
from storage.rows import (
    DAY,
    Params,
    changed,
    execute_many,
    fetch,
    fetch_many,
    from_json,
    ids,
    micros,
    seconds,
    to_json,
    upsert,
)
from storage.settling import settle, settle_expired, settle_turns
from storage.tables import CleanText, SealedText, counters, events, turns

_SETTLED = TurnState.SETTLED.value
_KEEP_TURNS = DAY
_KEEP_EVENTS = 2 * DAY
# A counter may still be corrected while a call of its period is being settled, never this long after.
_KEEP_COUNTERS = 62 * DAY

_NEW_EVENTS = upsert(events).on_conflict_do_nothing().returning(events.c.event_id)
_JOURNAL = upsert(turns).on_conflict_do_nothing().returning(turns.c.turn_id)
_ENDED = (
    select(turns.c.turn_id)
    .where(turns.c.turn_id.in_(ids), turns.c.state == _SETTLED)
    .order_by(turns.c.turn_id)
    .with_for_update()
)
_new_state = bindparam("new_state", type_=CleanText)
_progress = {
    "state": func.coalesce(_new_state, turns.c.state),
    "refs": func.coalesce(bindparam("new_refs", type_=CleanText), turns.c.refs),
    "text": func.coalesce(bindparam("new_text", type_=SealedText), turns.c.text),
}
# Never on an ended turn: its text is gone, and a late checkpoint must not bring it back.
_open_turn = (turns.c.turn_id == bindparam("turn", type_=CleanText), turns.c.state != _SETTLED)
_ADVANCE = update(turns).where(*_open_turn).values(_progress)
_COMPLETE, _DELIVERED = TurnState.COMPLETE.value, TurnState.DELIVERED.value
# A late mark takes nothing back: the whole text is stored beside it, in a transaction of its own.
_late = and_(
    _new_state != _DELIVERED,
    or_(turns.c.state == _DELIVERED, and_(turns.c.state == _COMPLETE, _new_state != _COMPLETE)),
)
_MARK = _ADVANCE.values(
    state=case((_late, turns.c.state), else_=_progress["state"]),
    text=case((_late, turns.c.text), else_=_progress["text"]),
)
_END = (
    update(turns)
    .where(*_open_turn)
    .values(
        state=_SETTLED,
        refs=func.coalesce(bindparam("new_refs", type_=CleanText), turns.c.refs),
        text="",
        payload="",
        closed_at=bindparam("now"),
        lease_until=None,
    )
)
_expired = (turns.c.lease_until <= bindparam("now"), turns.c.instance != bindparam("me"))
_CLAIM = (
    update(turns)
    .where(
        turns.c.turn_id.in_(
            select(turns.c.turn_id)
            .where(*_expired)
            .order_by(turns.c.lease_until, turns.c.turn_id)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        ),
        # Once more on the row itself: somebody may have claimed it after the list was made.
        *_expired,
    )
    .values(instance=bindparam("me"), lease_until=bindparam("until"))
    .returning(*turns.c)
)
_DROP_TURNS = delete(turns).where(turns.c.closed_at < bindparam("before"))
_DROP_EVENTS = delete(events).where(events.c.at < bindparam("before"))
_DROP_COUNTERS = delete(counters).where(counters.c.resets_at < bindparam("before"))


class SqlTurns:
    """bot.storing.Turns over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def take_in(self, batch: Sequence[Intake]) -> set[str]:
        """See the port. Of one event twice in a batch the first counts."""
        first = {intake.event_id: intake for intake in reversed(batch)}

        async def work(connection: AsyncConnection) -> set[str]:
            at = self._lease.now()
            known = [Params(event_id=event_id, at=at) for event_id in sorted(first)]
            new = {row["event_id"] for row in await fetch_many(connection, _NEW_EVENTS, known)}
            journal = [self._row(first[event_id]) for event_id in new]
            await fetch_many(connection, _JOURNAL, sorted(journal, key=_turn_id))
            return new

        return await self._database.write(work) if batch else set()

    def _row(self, intake: Intake) -> Params:
        return {
            "turn_id": intake.turn_id,
            "event_id": intake.event_id,
            "conversation": intake.conversation,
            "person": intake.person,
            "payload": intake.payload,
            "state": TurnState.RECEIVED.value,
            "refs": "[]",
            "text": "",
            "received_at": micros(intake.received_at),
            "closed_at": None,
            "instance": self._lease.instance,
            "lease_until": self._lease.until(),
        }

    async def mark(self, batch: Sequence[TurnMark]) -> None:
        """See the port. Unknown and ended turns are passed over."""
        rows = [
            _progress_row(m.turn_id, m.state, None if m.refs is None else to_json(m.refs), m.text)
            for m in sorted(batch, key=lambda mark: mark.turn_id)
        ]
        if rows:
            await self._database.write(lambda connection: execute_many(connection, _MARK, rows))

    async def close(self, batch: Sequence[Closing]) -> None:
        """See the port. A closing written twice counts once; empty `refs` and `text` leave the stored
        ones as they are."""

        async def work(connection: AsyncConnection) -> None:
            await settle(connection, [one for closing in batch for one in closing.settlements])
            found = await fetch(connection, _ENDED, {"ids": sorted({c.turn_id for c in batch})})
            ended = {row["turn_id"] for row in found}
            fresh = [closing for closing in batch if closing.turn_id not in ended]
            for closing in fresh:
                await replace(connection, closing)
            await remember(connection, [item for closing in fresh for item in closing.history])
            await revise(connection, [item for closing in fresh for item in closing.revised])
            await self._advance(connection, sorted(fresh, key=lambda closing: closing.turn_id))

        if batch:
            await self._database.write(work)

    async def _advance(self, connection: AsyncConnection, closings: Sequence[Closing]) -> None:
        rows = [
            _progress_row(c.turn_id, c.state, to_json(c.refs) if c.refs else None, c.text or None)
            for c in closings
        ]
        await execute_many(connection, _ADVANCE, [row for row in rows if row["new_state"] != _SETTLED])
        now = self._lease.now()
        await execute_many(
            connection,
            _END,
            [
                {"turn": row["turn"], "new_refs": row["new_refs"], "now": now}
                for row in rows
                if row["new_state"] == _SETTLED
            ],
        )

    async def claim_expired(self, limit: int) -> list[TurnRecord]:
        """See the port. Oldest first; turns of this process are its own already and never among them."""

        async def work(connection: AsyncConnection) -> list[TurnRecord]:
            lease = self._lease
            params: Params = {"now": lease.now(), "me": lease.instance, "until": lease.until(), "most": limit}
            found = [_record(row) for row in await fetch(connection, _CLAIM, params)]
            return sorted(found, key=lambda turn: (turn.received_at, turn.turn_id))

        return await self._database.write(work)

    async def release(self, turn_ids: Sequence[str], *, called: bool) -> None:
        """See the port."""
        at = self._lease.clock()
        if turn_ids:
            await self._database.write(
                lambda connection: settle_turns(connection, turn_ids, at, called=called)
            )

    async def renew_leases(self) -> None:
        """See the port."""
        await self._database.write(lambda connection: renew(connection, self._lease))

    async def sweep(self, before: float) -> int:
        """See the port. Counters of periods long past go too."""

        async def work(connection: AsyncConnection) -> int:
            now = self._lease.clock()
            settled = await settle_expired(connection, before, now)
            await changed(connection, _DROP_COUNTERS, {"before": round(now) - _KEEP_COUNTERS})
            await changed(connection, _DROP_TURNS, {"before": micros(now - _KEEP_TURNS)})
            await changed(connection, _DROP_EVENTS, {"before": micros(now - _KEEP_EVENTS)})
            return settled

        return await self._database.write(work)


def _turn_id(row: Params) -> str:
    return str(row["turn_id"])


def _progress_row(turn_id: str, state: TurnState | None, refs: str | None, text: str | None) -> Params:
    new_state = state.value if state is not None else None
    return {"turn": turn_id, "new_state": new_state, "new_refs": refs, "new_text": text}


def _record(row: RowMapping) -> TurnRecord:
    return TurnRecord(
        turn_id=row["turn_id"],
        event_id=row["event_id"],
        conversation=row["conversation"],
        person=row["person"],
        payload=row["payload"],
        state=TurnState(row["state"]),
        refs=from_json(row["refs"]),
        text=row["text"],
        received_at=seconds(row["received_at"]),
    )
