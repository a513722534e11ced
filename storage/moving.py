"""Renaming a chat everywhere, when a platform gives it a new id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Column, Table, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.caps import caps_changed
from storage.rows import Params, execute_many, fetch, fetch_many, to_json, upsert
from storage.settling import HeldLine, lines_from_json, lines_to_json
from storage.tables import (
    CleanText,
    access_rules,
    announcements,
    audit,
    buttons,
    caps,
    chats,
    counters,
    current_chats,
    departures,
    facts,
    history,
    incidents,
    kept_files,
    ledger,
    orders,
    pairings,
    permits,
    pulse,
    read_marks,
    reminders,
    reservations,
    server_keys,
    server_rules,
    settings,
    shared_voices,
    sign_ins,
    summaries,
    turns,
)

Rename = Callable[[str], str]
"""A key's new name; the same for keys that keep theirs."""


@dataclass(frozen=True, slots=True)
class Move:
    """A chat's change of id. In a Telegram group the space is the channel, so both change."""

    platform: str
    old: str
    new: str

    def scope(self, key: str) -> str:
        """A server, channel or thread key of `Place`, a character's shelf, a counter key that begins so."""
        for kind in ("server", "channel", "thread", "character"):
            prefix = f"{kind}:{self.platform}:{self.old}"
            rest = key.removeprefix(prefix)
            # What follows must end the id, or chat 12 would take chat 123 along.
            if key.startswith(prefix) and rest[:1] in ("", ":", "|"):
                return f"{kind}:{self.platform}:{self.new}{rest}"
        return key

    def conversation(self, key: str) -> str:
        """A conversation key of `Place`."""
        platform, *ids = key.split(":", 3)
        if platform != self.platform or len(ids) < 2:
            return key
        return ":".join([platform, *(self.new if one == self.old else one for one in ids[:2]), *ids[2:]])


_SCOPES = (
    (buttons, "channel"),
    (ledger, "server"),
    (ledger, "channel"),
    (facts, "shelf"),
    (audit, "scope"),
    (audit, "server"),
    (incidents, "server"),
    (incidents, "channel"),
    (sign_ins, "server"),
    (pairings, "subject"),
)
_CONVERSATIONS = (
    (history, "conversation"),
    (turns, "conversation"),
    (facts, "conversation"),
    (reminders, "conversation"),
    (kept_files, "conversation"),
    (kept_files, "room"),
)
# Where a row of the new id may be there already: it is the newer one and stays.
_UNIQUE = (
    (settings, "scope"),
    (caps, "scope"),
    (access_rules, "subject"),
    (server_keys, "server"),
    (server_rules, "server"),
    (server_rules, "subject"),
    (permits, "server"),
    (announcements, "scope"),
    (shared_voices, "channel"),
    (departures, "server"),
)

_sum = upsert(counters)
_ADD = _sum.on_conflict_do_update(
    index_elements=[counters.c.counter], set_={"used": counters.c.used + _sum.excluded.used}
).returning(counters.c.counter)
_figures = upsert(pulse)
_ADD_FIGURES = _figures.on_conflict_do_update(
    index_elements=[pulse.c.bucket, pulse.c.server, pulse.c.measure],
    set_={"amount": pulse.c.amount + _figures.excluded.amount},
).returning(pulse.c.bucket)
_DROP_COUNTER = delete(counters).where(counters.c.counter == bindparam("old_key", type_=CleanText))
_RESERVATION = (
    update(reservations)
    .where(reservations.c.reservation_id == bindparam("held", type_=CleanText))
    .values(
        server=bindparam("new_server", type_=CleanText),
        channel=bindparam("new_channel", type_=CleanText),
        lines=bindparam("new_lines", type_=CleanText),
    )
)


# Under its new id a chat numbers its messages anew, so that old numbers would name new messages.
_UNNUMBERED = (
    update(facts)
    .where(facts.c.conversation == bindparam("old_key", type_=CleanText))
    .values(message_ids="[]")
)
# Under its new id a chat numbers its messages anew.
_ORDERS = (
    update(orders)
    .where(orders.c.conversation == bindparam("old_key", type_=CleanText))
    .values(conversation=bindparam("new_key", type_=CleanText), message_id="")
)
_DROP_MARKS = delete(read_marks).where(
    read_marks.c.platform == bindparam("platform", type_=CleanText),
    read_marks.c.channel == bindparam("old", type_=CleanText),
)


_FORGET_SHOWN = (
    update(kept_files)
    .where(kept_files.c.room == bindparam("old_key", type_=CleanText))
    .values(message_ids=bindparam("none", type_=CleanText))
)


async def move_chat(connection: AsyncConnection, move: Move) -> None:
    """Rename in every table. Orders, reservations, counters and turns in that order, as everywhere."""
    pairs = await _renamed(connection, orders.c.conversation, move.conversation)
    await execute_many(connection, _ORDERS, _params(pairs))
    await move_reservations(connection, move.scope)
    await move_counters(connection, move.scope)
    for table, name in _SCOPES:
        await rename(connection, table.c[name], move.scope)
    pairs = await _renamed(connection, kept_files.c.room, move.conversation)
    await execute_many(connection, _FORGET_SHOWN, [{"old_key": old, "none": to_json(())} for old, _ in pairs])
    said_in = await _renamed(connection, facts.c.conversation, move.conversation)
    await execute_many(connection, _UNNUMBERED, [{"old_key": old} for old, _ in said_in])
    for table, name in _CONVERSATIONS:
        await rename(connection, table.c[name], move.conversation)
    for table, name in _UNIQUE:
        await move_unique(connection, table, name, move.scope)
    await caps_changed(connection)
    for table in (chats, current_chats, summaries):
        await move_unique(connection, table, "conversation", move.conversation)
    await _move_figures(connection, move)
    await connection.execute(_DROP_MARKS, {"platform": move.platform, "old": move.old})


async def _renamed(connection: AsyncConnection, column: Column[str], rename: Rename) -> list[tuple[str, str]]:
    rows = await fetch(connection, select(column.label("key")).distinct().order_by(column))
    return [(row["key"], rename(row["key"])) for row in rows if rename(row["key"]) != row["key"]]


async def rename(connection: AsyncConnection, column: Column[str], renamed: Rename) -> None:
    """Put other keys in a column."""
    statement = (
        update(column.table)
        .where(column == bindparam("old_key", type_=CleanText))
        .values({column.name: bindparam("new_key", type_=CleanText)})
    )
    pairs = await _renamed(connection, column, renamed)
    await execute_many(connection, statement, _params(pairs))


def _params(pairs: Iterable[tuple[str, str]]) -> list[Params]:
    return [{"old_key": old, "new_key": new} for old, new in pairs]


async def move_unique(connection: AsyncConnection, table: Table, name: str, renamed: Rename) -> None:
    """Put other keys in a column of a table's key. Where a row of the new one is there already, it stays."""
    column = table.c[name]
    statement = upsert(table).on_conflict_do_nothing().returning(column)
    for old, new in await _renamed(connection, column, renamed):
        rows = await fetch(connection, select(table).where(column == old))
        await fetch_many(connection, statement, [{**row, name: new} for row in rows])
        await connection.execute(delete(table).where(column == old))


async def _move_figures(connection: AsyncConnection, move: Move) -> None:
    for old, new in await _renamed(connection, pulse.c.server, move.scope):
        taken = delete(pulse).where(pulse.c.server == old).returning(*pulse.c)
        rows = sorted(await fetch(connection, taken), key=lambda row: (row["bucket"], row["measure"]))
        await fetch_many(connection, _ADD_FIGURES, [{**row, "server": new} for row in rows])


async def move_counters(connection: AsyncConnection, scope: Rename) -> None:
    """Put other scopes in counters; those that meet add up."""
    rows = await fetch(connection, select(counters).order_by(counters.c.counter).with_for_update())
    found = [row for row in rows if scope(row["counter"]) != row["counter"]]
    added = [{**row, "counter": scope(row["counter"])} for row in found]
    await fetch_many(connection, _ADD, sorted(added, key=lambda row: str(row["counter"])))
    await execute_many(connection, _DROP_COUNTER, [{"old_key": row["counter"]} for row in found])


async def move_reservations(connection: AsyncConnection, scope: Rename) -> None:
    """Put other scopes in what is held."""
    key = reservations.c.reservation_id
    rows = await fetch(connection, select(reservations).order_by(key).with_for_update())
    moved: list[Params] = []
    for row in rows:
        lines = lines_from_json(row["lines"])
        renamed = [HeldLine(scope(line.counter), line.unit, line.amount) for line in lines]
        server, channel = scope(row["server"]), scope(row["channel"])
        if (server, channel, renamed) != (row["server"], row["channel"], lines):
            moved.append(
                {
                    "held": row["reservation_id"],
                    "new_server": server,
                    "new_channel": channel,
                    "new_lines": lines_to_json(renamed),
                }
            )
    await execute_many(connection, _RESERVATION, moved)
