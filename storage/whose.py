"""Which conversations and scopes are one person's alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Place
from bot.people import Whose
from storage.rows import fetch
from storage.tables import (
    chats,
    current_chats,
    facts,
    history,
    kept_files,
    ledger,
    orders,
    reminders,
    summaries,
    turns,
)

CONVERSATIONS: tuple[Column[str], ...] = (
    history.c.conversation,
    turns.c.conversation,
    facts.c.conversation,
    reminders.c.conversation,
    orders.c.conversation,
    kept_files.c.conversation,
    chats.c.conversation,
    current_chats.c.conversation,
    summaries.c.conversation,
)
_BY_HASH: tuple[tuple[Column[str], Column[str]], ...] = (
    (turns.c.conversation, turns.c.person),
    (facts.c.conversation, facts.c.said_by),
    (reminders.c.conversation, reminders.c.person),
    (orders.c.conversation, orders.c.person),
    (kept_files.c.conversation, kept_files.c.person),
)


@dataclass(frozen=True, slots=True)
class Own:
    """Conversations of one person alone: `directs` are platform and channel of their direct chats, `members`
    platform and id of them in rooms where everybody has a conversation of their own."""

    directs: frozenset[tuple[str, str]]
    members: frozenset[tuple[str, str]]

    def conversation(self, key: str) -> bool:
        """Whether a conversation is theirs alone."""
        place = _place(key)
        if place is None:
            return False
        if place.direct:
            return (place.platform, place.channel) in self.directs
        return (place.platform, place.member) in self.members

    def scope(self, key: str) -> bool:
        """Whether a settings scope, an announcement's or a button's channel is theirs alone."""
        kind, _, rest = key.partition(":")
        platform, _, more = rest.partition(":")
        if kind == "user":
            return (platform, more) in self.members
        return kind in ("channel", "thread", "character") and any(
            platform == one and (more == channel or more.startswith(f"{channel}:"))
            for one, channel in self.directs
        )

    def places(self) -> Iterable[Place]:
        """Their direct chats."""
        return (Place(platform, "", channel) for platform, channel in sorted(self.directs))


async def own(connection: AsyncConnection, whose: Whose, conversation: str = "") -> Own:
    """Find them; `conversation` is one they were seen in."""
    speakers = sorted(whose.speakers)
    persons = sorted(whose.persons)
    members = frozenset(_pair(one) for one in speakers)
    keys = {conversation}
    keys |= await _values(connection, history.c.conversation, history.c.speaker, speakers)
    for column, by in _BY_HASH:
        keys |= await _values(connection, column, by, persons)
    directs = {
        (place.platform, place.channel)
        for place in map(_place, sorted(keys))
        if place is not None and place.direct
    }
    paid_in = select(ledger.c.channel.label("key")).where(ledger.c.person.in_(persons), ledger.c.server == "")
    for row in await fetch(connection, paid_in.distinct()):
        kind, _, rest = row["key"].partition(":")
        if kind == "channel":
            directs.add(_pair(rest))
    # On some platforms a direct chat has the number of the person.
    return Own(frozenset(directs) | members, members)


async def mine(connection: AsyncConnection, column: Column[str], theirs: Own) -> list[str]:
    """The conversations in a column that are theirs alone."""
    rows = await fetch(connection, select(column.label("key")).distinct())
    return sorted(row["key"] for row in rows if theirs.conversation(row["key"]))


async def _values(
    connection: AsyncConnection, column: Column[str], by: Column[str], who: list[str]
) -> set[str]:
    statement = select(column.label("key")).distinct().where(by.in_(bindparam("who", expanding=True)))
    return {row["key"] for row in await fetch(connection, statement, {"who": who})}


def _pair(key: str) -> tuple[str, str]:
    platform, _, rest = key.partition(":")
    return platform, rest


def _place(key: str) -> Place | None:
    return Place.of_conversation(key) if key.count(":") >= 3 else None
