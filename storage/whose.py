"""Which conversations and scopes are one person's alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Place
from bot.people import Hide, Whose
from storage.rows import fetch
from storage.tables import (
    announcements,
    buttons,
    chats,
    current_chats,
    facts,
    history,
    kept_files,
    ledger,
    orders,
    read_marks,
    reminders,
    settings,
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

_SCOPES: tuple[Column[str], ...] = (settings.c.scope, announcements.c.scope, buttons.c.channel)
_UNSPACED = read_marks.c.space == ""


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


async def own(connection: AsyncConnection, whose: Whose, hide: Hide, conversation: str = "") -> Own:
    """Find them; `conversation` is one they were seen in. Where nothing else of a direct chat tells whose it
    is, money's books do: they know it by the name that `hide` gives."""
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
    paid_in = await _values(connection, ledger.c.channel, ledger.c.person, persons)
    directs |= {
        (place.platform, place.channel) for place in await _candidates(connection) if hide(place) in paid_in
    }
    # On some platforms a direct chat has the number of the person.
    return Own(frozenset(directs) | members, members)


async def mine(connection: AsyncConnection, column: Column[str], theirs: Own) -> list[str]:
    """The conversations in a column that are theirs alone."""
    return sorted(key for key in await _distinct(connection, column) if theirs.conversation(key))


async def _candidates(connection: AsyncConnection) -> set[Place]:
    """Every direct chat that anything is stored of, and what may be one."""
    found: set[Place] = set()
    for column in CONVERSATIONS:
        for key in await _distinct(connection, column):
            place = _place(key)
            if place is not None and place.direct:
                found.add(Place(place.platform, "", place.channel))
    for column in _SCOPES:
        for key in await _distinct(connection, column):
            kind, _, rest = key.partition(":")
            platform, channel = _pair(rest)
            if kind == "channel":
                found.add(Place(platform, "", channel))
    rows = await fetch(connection, select(read_marks.c.platform, read_marks.c.channel).where(_UNSPACED))
    return found | {Place(row["platform"], "", row["channel"]) for row in rows}


async def _distinct(connection: AsyncConnection, column: Column[str]) -> list[str]:
    return [row["key"] for row in await fetch(connection, select(column.label("key")).distinct())]


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
