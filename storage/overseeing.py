"""What the dashboard reads of ledger, orders and reminders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Executable, RowMapping, and_, bindparam, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.auditing import ChangeKind
from bot.messages import Place
from bot.orders import WORKING, OrderState
from bot.overseeing import Held, LedgerFilter, LedgerLine, OrderLine, ReminderLine, Spender, Used
from storage.database import Database
from storage.rows import Params, fetch, micros, seconds
from storage.tables import CleanText, audit, ledger, orders, read_marks, reminders
from storage.totals import held

_OPEN_STATES = tuple(sorted(state.value for state in (*WORKING, OrderState.QUOTED)))
_channel = bindparam("channel", type_=CleanText)
_PAID_IN = select(ledger.c.server).where(ledger.c.channel == _channel).order_by(ledger.c.id.desc()).limit(1)
_OF_PLACES = (ChangeKind.SETTING.value, ChangeKind.CAP.value)
"""Changes that are made only where the place is known. A rule of the door may be about a channel of another
server, and must not make it one of the server that the rule was written in."""
_SET_IN = (
    select(audit.c.server)
    .where(audit.c.scope == _channel, audit.c.kind.in_(_OF_PLACES))
    .order_by(audit.c.id.desc())
    .limit(1)
)
_READ_IN = select(read_marks.c.space).where(
    read_marks.c.platform == bindparam("platform", type_=CleanText),
    read_marks.c.channel == bindparam("id", type_=CleanText),
)


class SqlOverseen:
    """bot.overseeing.Overseen over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ledger(
        self, wanted: LedgerFilter, limit: int, *, servers: Sequence[str] | None = None, before: int = 0
    ) -> list[LedgerLine]:
        """See the port."""
        found = (
            select(ledger).where(*_wanted(wanted), *_of(servers)).order_by(ledger.c.id.desc()).limit(limit)
        )
        if before:
            found = found.where(ledger.c.id < before)
        return [_ledger_line(row) for row in await self._read(found)]

    async def spent(
        self, *, since: float, seconds: int, servers: Sequence[str] | None = None
    ) -> list[tuple[int, int]]:
        """See the port."""
        step = ((ledger.c.reserved_at - micros(since)) // micros(seconds)).label("step")
        inner = select(step, ledger.c.cost).where(ledger.c.reserved_at >= micros(since), *_of(servers))
        rows_of = inner.subquery()
        total = func.sum(rows_of.c.cost).label("total")
        statement = select(rows_of.c.step, total).group_by(rows_of.c.step).order_by(rows_of.c.step)
        return [(int(row["step"]), int(row["total"])) for row in await self._read(statement)]

    async def askers(self, *, since: float, servers: Sequence[str] | None = None) -> int:
        """See the port."""
        counted = select(func.count(ledger.c.person.distinct()).label("people"))
        found = counted.where(ledger.c.reserved_at >= micros(since), ledger.c.person != "", *_of(servers))
        return int((await self._read(found))[0]["people"])

    async def spenders(
        self,
        limit: int,
        *,
        since: float,
        servers: Sequence[str] | None = None,
        before: tuple[float, str] | None = None,
    ) -> list[Spender]:
        """See the port."""
        last = func.max(ledger.c.reserved_at)
        found = (
            select(
                ledger.c.person,
                func.sum(ledger.c.cost).label("cost"),
                func.sum(ledger.c.calls).label("calls"),
                last.label("last"),
            )
            .where(ledger.c.reserved_at >= micros(since), ledger.c.person != "", *_of(servers))
            .group_by(ledger.c.person)
            .order_by(last.desc(), ledger.c.person)
            .limit(limit)
        )
        if before is not None:
            at, person = micros(before[0]), before[1]
            found = found.having(or_(last < at, and_(last == at, ledger.c.person > person)))
        rows = await self._read(found)
        return [
            Spender(row["person"], int(row["cost"]), int(row["calls"]), seconds(row["last"])) for row in rows
        ]

    async def used(self, *, since: float, servers: Sequence[str] | None = None) -> list[Used]:
        """See the port."""
        last = func.max(ledger.c.reserved_at).label("last")
        found = (
            select(ledger.c.server, ledger.c.channel, last)
            .where(ledger.c.reserved_at >= micros(since), *_of(servers))
            .group_by(ledger.c.server, ledger.c.channel)
            .order_by(ledger.c.server, ledger.c.channel)
        )
        rows = await self._read(found)
        return [Used(row["server"], row["channel"], seconds(row["last"])) for row in rows]

    async def home(self, channel: str) -> str | None:
        """See the port. What was paid there last knows best, for a chat may have moved."""
        return await self._database.read(lambda connection: _home(connection, channel))

    async def homes(self, channels: Iterable[str]) -> dict[str, str]:
        """See the port."""
        wanted = sorted(set(channels))

        async def work(connection: AsyncConnection) -> dict[str, str]:
            found = {channel: await _home(connection, channel) for channel in wanted}
            return {channel: home for channel, home in found.items() if home is not None}

        return await self._database.read(work) if wanted else {}

    async def held(self) -> Held:
        """See the port."""
        return await self._database.read(held)

    async def orders(
        self,
        limit: int,
        *,
        servers: Sequence[str] | None = None,
        after: tuple[float, str] | None = None,
    ) -> list[OrderLine]:
        """See the port."""
        made, key = orders.c.created_at, orders.c.order_id
        found = (
            select(orders)
            .where(orders.c.state.in_(_OPEN_STATES), *_said_in(orders.c.conversation, servers))
            .order_by(made.desc(), key)
            .limit(limit)
        )
        if after is not None:
            at = micros(after[0])
            found = found.where(or_(made < at, and_(made == at, key > after[1])))
        return [_order(row) for row in await self._read(found)]

    async def reminders(
        self,
        limit: int,
        *,
        servers: Sequence[str] | None = None,
        after: tuple[float, str] | None = None,
    ) -> list[ReminderLine]:
        """See the port."""
        due, key = reminders.c.due_at, reminders.c.id
        found = (
            select(reminders)
            .where(*_said_in(reminders.c.conversation, servers))
            .order_by(due, key)
            .limit(limit)
        )
        if after is not None:
            at = micros(after[0])
            found = found.where(or_(due > at, and_(due == at, key > after[1])))
        return [_reminder(row) for row in await self._read(found)]

    async def _read(self, statement: Executable, params: Params | None = None) -> Sequence[RowMapping]:
        return await self._database.read(lambda connection: fetch(connection, statement, params))


async def _home(connection: AsyncConnection, channel: str) -> str | None:
    platform, _, key = channel.removeprefix("channel:").partition(":")
    params: Params = {"channel": channel, "platform": platform, "id": key}
    if paid := await fetch(connection, _PAID_IN, params):
        return str(paid[0]["server"])
    if changed := await fetch(connection, _SET_IN, params):
        server = str(changed[0]["server"])
        return server if server.startswith("server:") else ""
    if read := await fetch(connection, _READ_IN, params):
        return Place(platform, read[0]["space"], key).server_key
    return None


def _said_in(conversation: ColumnElement[str], servers: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Of conversations in these servers (None: anywhere)."""
    if servers is None:
        return []
    # Of a private chat the server is empty, and nobody's to see.
    named = (server for server in servers if server.startswith("server:") and not server.endswith(":"))
    starts = (f"{server.removeprefix('server:')}:" for server in named)
    return [or_(false(), *(conversation.startswith(start, autoescape=True) for start in starts))]


def _wanted(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    columns = ledger.c
    named = (
        (columns.server, wanted.server),
        (columns.channel, wanted.channel),
        (columns.person, wanted.person),
        (columns.medium, wanted.medium),
        (columns.model, wanted.model),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in named if value]
    if wanted.since is not None:
        found.append(columns.reserved_at >= micros(wanted.since))
    if wanted.until is not None:
        found.append(columns.reserved_at < micros(wanted.until))
    if wanted.uncertain is not None:
        found.append(columns.uncertain.is_(wanted.uncertain))
    return found


def _of(servers: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if servers is None else [ledger.c.server.in_(list(servers))]


def _ledger_line(row: RowMapping) -> LedgerLine:
    return LedgerLine(
        number=row["id"],
        at=seconds(row["reserved_at"]),
        settled_at=seconds(row["settled_at"]),
        server=row["server"],
        channel=row["channel"],
        person=row["person"],
        medium=row["medium"],
        model=row["model"],
        estimate=row["estimate"],
        cost=row["cost"],
        calls=row["calls"],
        uncertain=row["uncertain"],
        request_id=row["request_id"],
        turn_id=row["turn_id"],
        key=row["key"],
    )


def _order(row: RowMapping) -> OrderLine:
    place = Place.of_conversation(row["conversation"])
    return OrderLine(
        order_id=row["order_id"],
        server=place.server_key,
        channel=place.channel_key,
        person=row["person"],
        medium=row["medium"],
        model=row["model"],
        state=row["state"],
        quote=row["quote"],
        created_at=seconds(row["created_at"]),
        updated_at=seconds(row["updated_at"]),
    )


def _reminder(row: RowMapping) -> ReminderLine:
    place = Place.of_conversation(row["conversation"])
    return ReminderLine(
        reminder_id=row["id"],
        server=place.server_key,
        channel=place.channel_key,
        person=row["person"],
        due_at=seconds(row["due_at"]),
        begun=row["begun_at"] is not None,
    )
