"""Deleting what is old, and everything of servers that were left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Place
from bot.records import TurnState
from bot.retaining import Departure
from storage.database import Database
from storage.lease import Lease
from storage.rows import Params, changed, execute_many, fetch, fetch_many, micros, seconds, upsert
from storage.summaries import drop_over
from storage.tables import (
    CleanText,
    access_rules,
    announcements,
    audit,
    buttons,
    chats,
    current_chats,
    departures,
    facts,
    history,
    kept_files,
    ledger,
    marks,
    orders,
    permits,
    read_marks,
    reminders,
    server_keys,
    server_rules,
    settings,
    shared_voices,
    summaries,
    turns,
)

_here = bindparam("conversation", type_=CleanText)
_old: BindParameter[int] = bindparam("before")
_now: BindParameter[int] = bindparam("now")
_KEYS = union(
    *(
        select(table.c.conversation.label("conversation")).distinct()
        for table in (history, chats, summaries, facts, kept_files, orders, reminders)
    )
)
_BUTTONS = select(buttons.c.channel).distinct()
_LEDGER = select(ledger.c.channel, ledger.c.server).distinct()
_OLDEST = (
    select(history.c.id, history.c.chat)
    .where(history.c.conversation == _here, history.c.at < _old)
    .order_by(history.c.id)
    .limit(bindparam("most"))
)
_DROP_ITEM = delete(history).where(history.c.id == bindparam("item"))
_reminder_free = or_(reminders.c.lease_until.is_(None), reminders.c.lease_until <= _now)
_titled = and_(history.c.conversation == chats.c.conversation, history.c.chat == chats.c.chat)
_REST = (
    delete(summaries).where(summaries.c.conversation == _here, summaries.c.at < _old),
    delete(reminders).where(reminders.c.conversation == _here, reminders.c.next_at < _old, _reminder_free),
    delete(kept_files).where(kept_files.c.conversation == _here, kept_files.c.created_at < _old),
    delete(facts).where(facts.c.conversation == _here, facts.c.at < _old),
    delete(chats).where(
        chats.c.conversation == _here, chats.c.created_at < _old, ~exists().where(_titled).correlate(chats)
    ),
)
_ORDERS = delete(orders).where(
    orders.c.conversation == _here, orders.c.updated_at < _old, orders.c.lease_until.is_(None)
)
_EXPIRE_BUTTONS = delete(buttons).where(buttons.c.channel == bindparam("channel"), buttons.c.saved_at < _old)
_LEFT = upsert(departures).on_conflict_do_nothing().returning(departures.c.server)
_RETURNED = delete(departures).where(departures.c.server == bindparam("server"))
_DEPARTED = select(departures).order_by(departures.c.left_at, departures.c.server)


def _of_server(column: Column[str]) -> ColumnElement[bool]:
    """Conversation keys of a server: they begin with platform and space, and end these with a colon."""
    beginning = bindparam("beginning", type_=CleanText)
    return and_(column > beginning + ":", column < beginning + ";")


_MESSAGES = (
    select(history.c.id)
    .where(_of_server(history.c.conversation))
    .order_by(history.c.id)
    .limit(bindparam("most"))
)
_WORDS_OF_SERVER = (
    delete(orders).where(_of_server(orders.c.conversation), orders.c.lease_until.is_(None)),
    delete(turns).where(_of_server(turns.c.conversation), turns.c.state == TurnState.SETTLED.value),
    delete(summaries).where(_of_server(summaries.c.conversation)),
    delete(chats).where(_of_server(chats.c.conversation)),
    delete(current_chats).where(_of_server(current_chats.c.conversation)),
    delete(reminders).where(_of_server(reminders.c.conversation), _reminder_free),
    delete(kept_files).where(_of_server(kept_files.c.conversation)),
    delete(facts).where(_of_server(facts.c.conversation)),
)
_scopes: BindParameter[Sequence[str]] = bindparam("scopes", expanding=True)
_SET_FOR = (
    delete(settings).where(settings.c.scope.in_(_scopes)),
    # What is blocked stays so: whoever is thrown out must not come in again by that.
    delete(access_rules).where(access_rules.c.subject.in_(_scopes), access_rules.c.allowed.is_(True)),
    delete(server_rules).where(server_rules.c.server.in_(_scopes), server_rules.c.allowed.is_(True)),
    delete(permits).where(permits.c.server.in_(_scopes)),
    delete(announcements).where(announcements.c.scope.in_(_scopes)),
    delete(shared_voices).where(shared_voices.c.channel.in_(_scopes)),
    delete(buttons).where(buttons.c.channel.in_(_scopes)),
    delete(audit).where(audit.c.server.in_(_scopes)),
)
_DROP_KEY = delete(server_keys).where(server_keys.c.server == bindparam("server"))
_STILL_AWAY = select(departures.c.server).where(departures.c.server == bindparam("server"))
_UNGREETED = delete(marks).where(marks.c.name.in_(_scopes))
_THREADS = select(settings.c.scope).where(settings.c.scope.like("thread:%")).distinct()
_READ = select(read_marks.c.channel).where(
    read_marks.c.platform == bindparam("platform"), read_marks.c.space == bindparam("space")
)
_UNREAD = delete(read_marks).where(
    read_marks.c.platform == bindparam("platform"), read_marks.c.space == bindparam("space")
)
_CHANNELS = select(ledger.c.channel).where(ledger.c.server == bindparam("server")).distinct()
_SPOKEN = union(
    *(
        select(table.c.conversation.label("conversation")).where(_of_server(table.c.conversation)).distinct()
        for table in (history, chats, facts, kept_files, orders, reminders)
    )
)
_SPACES = select(read_marks.c.space).where(read_marks.c.platform == bindparam("platform")).distinct()
_EVER_SPOKEN = union(
    *(
        select(table.c.conversation.label("conversation")).where(_of_server(table.c.conversation)).distinct()
        for table in (history, chats, facts, kept_files, orders, reminders, summaries, turns)
    )
)
"""Of a whole platform, direct chats too."""
_named = bindparam("server_keys", type_=CleanText)
_NAMED = union(
    *(
        select(column.label("server")).where(column > _named + ":", column < _named + ";").distinct()
        for column in (settings.c.scope, announcements.c.scope, audit.c.server, departures.c.server)
    ),
    select(server_keys.c.server.label("server")).where(
        server_keys.c.server > _named + ":", server_keys.c.server < _named + ";"
    ),
)


class SqlRetention:
    """bot.retaining.Retention over the database."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    async def conversations(self) -> list[str]:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _KEYS))
        return sorted(row["conversation"] for row in rows)

    async def channels(self) -> Mapping[str, str]:
        """See the port. What was paid for tells which server a channel belongs to."""

        async def work(connection: AsyncConnection) -> dict[str, str]:
            servers = {row["channel"]: row["server"] for row in await fetch(connection, _LEDGER)}
            found = [row["channel"] for row in await fetch(connection, _BUTTONS)]
            return {channel: servers.get(channel, "") for channel in sorted(found)}

        return await self._database.read(work)

    async def expire(self, conversation: str, before: float, limit: int) -> int:
        """See the port."""
        params: Params = {"conversation": conversation, "before": micros(before)}

        async def work(connection: AsyncConnection) -> int:
            gone = await changed(connection, _ORDERS, params)
            rows = await fetch(connection, _OLDEST, {**params, "most": limit})
            await execute_many(connection, _DROP_ITEM, [{"item": row["id"]} for row in rows])
            oldest = {row["chat"]: row for row in reversed(rows)}
            await drop_over(connection, conversation, list(oldest.values()))
            gone += len(rows)
            if len(rows) < limit:
                for statement in _REST:
                    gone += await changed(connection, statement, {**params, "now": self._lease.now()})
            return gone

        return await self._database.write(work)

    async def expire_buttons(self, channel: str, before: float) -> int:
        """See the port."""
        params: Params = {"channel": channel, "before": micros(before)}
        return await self._database.write(lambda connection: changed(connection, _EXPIRE_BUTTONS, params))

    async def left(self, server: str, at: float) -> None:
        """See the port."""
        row: Params = {"server": server, "left_at": micros(at)}
        await self._database.write(lambda connection: fetch_many(connection, _LEFT, [row]))

    async def returned(self, server: str) -> bool:
        """See the port."""
        params: Params = {"server": server}
        return await self._database.write(lambda connection: changed(connection, _RETURNED, params)) > 0

    async def departed(self) -> list[Departure]:
        """See the port."""
        rows = await self._database.read(lambda connection: fetch(connection, _DEPARTED))
        return [Departure(row["server"], seconds(row["left_at"])) for row in rows]

    async def servers(self, platform: str) -> list[str]:
        """See the port."""
        params: Params = {"beginning": platform, "server_keys": f"server:{platform}"}

        async def work(connection: AsyncConnection) -> set[str]:
            spoken = [row["conversation"] for row in await fetch(connection, _EVER_SPOKEN, params)]
            found = {Place.of_conversation(one).server_key for one in spoken}
            found |= {row["server"] for row in await fetch(connection, _NAMED, params)}
            read = await fetch(connection, _SPACES, {"platform": platform})
            return found | {Place(platform, row["space"], "").server_key for row in read}

        return sorted(await self._database.read(work) - {""})

    async def remove_server(self, server: str, limit: int, *, key: bool = True) -> int:
        """See the port. What is set for its channels goes first: what was said there tells which they are."""
        _, platform, space = server.split(":", 2)
        here: Params = {"platform": platform, "space": space}
        beginning: Params = {"beginning": f"{platform}:{space}"}

        async def work(connection: AsyncConnection) -> int:
            if not await fetch(connection, _STILL_AWAY, {"server": server}):
                return 0
            gone = await _unset(connection, server, here, beginning)
            rows = await fetch(connection, _MESSAGES, {**beginning, "most": limit})
            await execute_many(connection, _DROP_ITEM, [{"item": row["id"]} for row in rows])
            gone += len(rows)
            if len(rows) < limit:
                for statement in _WORDS_OF_SERVER:
                    gone += await changed(connection, statement, {**beginning, "now": self._lease.now()})
                gone += await changed(connection, _UNREAD, here)
                for statement in (_DROP_KEY, _RETURNED) if key else ():
                    gone += await changed(connection, statement, {"server": server})
            return gone

        return await self._database.write(work)

    async def scrub(self) -> None:
        """See the port. SQLite overwrites what it deletes; its journal may still hold it."""
        await self._database.checkpoint()


async def _unset(connection: AsyncConnection, server: str, here: Params, beginning: Params) -> int:
    platform = here["platform"]
    spoken = [row["conversation"].split(":")[2] for row in await fetch(connection, _SPOKEN, beginning)]
    read = [row["channel"] for row in await fetch(connection, _READ, here)]
    channels = {f"channel:{platform}:{one}" for one in (*spoken, *read)}
    channels |= {row["channel"] for row in await fetch(connection, _CHANNELS, {"server": server})}
    threads = [row["scope"] for row in await fetch(connection, _THREADS)]
    inside = [one for one in threads if one.rpartition(":")[0].replace("thread:", "channel:", 1) in channels]
    scopes = sorted({server, *channels, *inside})
    greeted = [f"welcomed:{one}" for one in sorted(channels)]
    gone = [await changed(connection, statement, {"scopes": scopes}) for statement in _SET_FOR]
    return sum(gone) + await changed(connection, _UNGREETED, {"scopes": greeted})
