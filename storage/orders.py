"""Orders of films, music and sounds."""

from __future__ import annotations

from sqlalchemy import RowMapping, and_, bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.orders import WORKING, Advance, Order, OrderState, Slip
from storage.database import Database
from storage.lease import Lease
from storage.rows import DAY, Params, changed, fetch, fetch_many, micros, seconds
from storage.settling import settle
from storage.tables import CleanText, orders

_KEEP = 8 * DAY
"""A little longer than the vault keeps a result."""
_SHOWN = tuple(sorted(state.value for state in (*WORKING, OrderState.KEPT)))
_QUOTED = OrderState.QUOTED.value
_TEXTS = (
    *("model", "request", "message_id", "reservation"),
    *("job_kind", "job_model", "queue_id", "download_url", "kept"),
)

_ADD = insert(orders).returning(orders.c.order_id)
_GET = select(orders).where(orders.c.order_id == bindparam("order"))
_until = bindparam("until", type_=orders.c.updated_at.type)
_uncleared = func.coalesce(bindparam("new_uncleared", type_=orders.c.uncleared.type), orders.c.uncleared)
_ADVANCE = (
    update(orders)
    .where(
        orders.c.order_id == bindparam("order", type_=CleanText),
        orders.c.state.in_(bindparam("expected", expanding=True)),
        or_(bindparam("any_version"), orders.c.version == bindparam("old_version")),
        or_(bindparam("anybody"), orders.c.instance == bindparam("me", type_=CleanText)),
    )
    .values(
        **{
            name: func.coalesce(bindparam(f"new_{name}", type_=orders.c[name].type), orders.c[name])
            for name in _TEXTS
        },
        state=bindparam("new_state", type_=CleanText),
        version=func.coalesce(bindparam("new_version", type_=orders.c.version.type), orders.c.version),
        quote=func.coalesce(bindparam("new_quote", type_=orders.c.quote.type), orders.c.quote),
        uncleared=_uncleared,
        updated_at=bindparam("now"),
        instance=bindparam("me", type_=CleanText),
        lease_until=case((or_(bindparam("works"), _uncleared), _until), else_=None),
    )
    .returning(*orders.c)
)
_expired = (orders.c.lease_until <= bindparam("now"), orders.c.instance != bindparam("me"))
_CLAIM = (
    update(orders)
    .where(
        orders.c.order_id.in_(
            select(orders.c.order_id)
            .where(*_expired)
            .order_by(orders.c.order_id)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        ),
        *_expired,
    )
    .values(instance=bindparam("me"), lease_until=bindparam("until"))
    .returning(*orders.c)
)
_OF_PERSON = (
    select(orders)
    .where(orders.c.person == bindparam("who"), orders.c.state.in_(_SHOWN))
    .order_by(orders.c.created_at.desc(), orders.c.order_id)
    .limit(bindparam("most"))
)
_of_conversation = orders.c.conversation == bindparam("forgotten", type_=CleanText)
_DROP_CARDS = delete(orders).where(_of_conversation, orders.c.state == _QUOTED)
_DROP_WORDS = update(orders).where(_of_conversation, orders.c.request != "").values(request="")
_PURGE = delete(orders).where(
    orders.c.lease_until.is_(None),
    or_(
        and_(orders.c.state == _QUOTED, orders.c.expires_at < bindparam("now")),
        orders.c.updated_at < bindparam("before"),
    ),
)


async def drop_words(connection: AsyncConnection, conversation: str) -> int:
    """Drop the words of a conversation's orders, and the cards nobody accepted; how many."""
    params: Params = {"forgotten": conversation}
    dropped = await changed(connection, _DROP_CARDS, params)
    return dropped + await changed(connection, _DROP_WORDS, params)


class SqlOrders:
    """bot.orders.Orders over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def add(self, order: Order) -> None:
        """See the port. Nobody has to work on a card, so it has no lease."""
        row = self._row(order)
        await self._database.write(lambda connection: fetch_many(connection, _ADD, [row]))

    async def get(self, order_id: str) -> Order | None:
        """An order."""
        rows = await self._database.read(lambda connection: fetch(connection, _GET, {"order": order_id}))
        return _order(rows[0]) if rows else None

    async def advance(self, step: Advance) -> Order | None:
        """See the port. The order's row is locked before its reservation, as everywhere."""

        async def work(connection: AsyncConnection) -> Order | None:
            found = await fetch(connection, _ADVANCE, self._step(step))
            if found and step.settlement is not None:
                await settle(connection, [step.settlement])
            return _order(found[0]) if found else None

        return await self._database.write(work)

    async def claim_expired(self, limit: int) -> list[Order]:
        """See the port. Oldest first."""
        lease = self._lease
        params: Params = {"now": lease.now(), "me": lease.instance, "until": lease.until(), "most": limit}
        rows = await self._database.write(lambda connection: fetch(connection, _CLAIM, params))
        return sorted(map(_order, rows), key=lambda order: (order.created_at, order.id))

    async def of_person(self, person: str, limit: int) -> list[Order]:
        """See the port."""
        params: Params = {"who": person, "most": limit}
        rows = await self._database.read(lambda connection: fetch(connection, _OF_PERSON, params))
        return [_order(row) for row in rows]

    async def forget(self, conversation: str) -> int:
        """See the port."""
        return await self._database.write(lambda connection: drop_words(connection, conversation))

    async def purge(self, now: float) -> int:
        """See the port."""
        params: Params = {"now": micros(now), "before": micros(now - _KEEP)}
        return await self._database.write(lambda connection: changed(connection, _PURGE, params))

    def _step(self, step: Advance) -> dict[str, str | int | bool | list[str] | None]:
        slip = step.slip
        return {
            "order": step.order_id,
            "expected": sorted(state.value for state in step.expected),
            "any_version": step.version is None,
            "old_version": step.version or 0,
            "anybody": not step.mine,
            "me": self._lease.instance,
            "new_state": step.state.value,
            "new_version": step.new_version,
            "new_model": step.model,
            "new_request": step.request,
            "new_quote": step.quote,
            "new_message_id": step.message_id,
            "new_reservation": step.reservation,
            "new_job_kind": slip.kind if slip is not None else None,
            "new_job_model": slip.model if slip is not None else None,
            "new_queue_id": slip.queue_id if slip is not None else None,
            "new_download_url": slip.download_url if slip is not None else None,
            "new_kept": step.kept,
            "new_uncleared": step.uncleared,
            "now": self._lease.now(),
            "works": step.state in WORKING,
            "until": self._lease.until(),
        }

    def _row(self, order: Order) -> Params:
        return {
            "order_id": order.id,
            "state": order.state.value,
            "version": order.version,
            "conversation": order.conversation,
            "person": order.person,
            "medium": order.medium,
            "model": order.model,
            "request": order.request,
            "quote": order.quote,
            "message_id": order.message_id,
            "reservation": order.reservation,
            "job_kind": order.slip.kind,
            "job_model": order.slip.model,
            "queue_id": order.slip.queue_id,
            "download_url": order.slip.download_url,
            "kept": order.kept,
            "uncleared": order.uncleared,
            "created_at": micros(order.created_at),
            "updated_at": micros(order.created_at),
            "expires_at": micros(order.expires_at),
            "instance": "",
            "lease_until": None,
        }


def _order(row: RowMapping) -> Order:
    return Order(
        id=row["order_id"],
        state=OrderState(row["state"]),
        version=row["version"],
        conversation=row["conversation"],
        person=row["person"],
        medium=row["medium"],
        model=row["model"],
        request=row["request"],
        quote=row["quote"],
        message_id=row["message_id"],
        reservation=row["reservation"],
        slip=Slip(row["job_kind"], row["job_model"], row["queue_id"], row["download_url"]),
        kept=row["kept"],
        uncleared=row["uncleared"],
        created_at=seconds(row["created_at"]),
        updated_at=seconds(row["updated_at"]),
        expires_at=seconds(row["expires_at"]),
    )
