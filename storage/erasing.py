"""Everything of somebody goes: their words with the answers to them, their files, settings and ids. What
money, doors and the audit log know stays under keyed hashes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Column, bindparam, delete, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Place
from bot.people import Erasure, Hide
from bot.records import Role
from storage import linking
from storage.moving import move_counters, move_reservations, move_unique, rename
from storage.rows import changed, execute_many, fetch, ids, micros
from storage.settling import settle_reserved
from storage.summaries import drop_over
from storage.tables import (
    CleanText,
    access_rules,
    announcements,
    audit,
    buttons,
    caps,
    chats,
    credit_movements,
    current_chats,
    erasures,
    events,
    facts,
    history,
    incidents,
    kept_files,
    ledger,
    link_codes,
    marks,
    orders,
    own_voices,
    pairings,
    read_marks,
    reminders,
    settings,
    shared_voices,
    sign_ins,
    summaries,
    turns,
)
from storage.whose import Own, mine, own

_MOST_AT_ONCE = 500
NOBODY = "[]"
"""Persons and speakers of an erasure of which only cleaning is left."""
_SAID = select(history.c.id, history.c.conversation, history.c.chat, history.c.turn_id)
_THEIRS = _SAID.where(history.c.speaker.in_(ids))
_ANSWERS = _SAID.where(history.c.turn_id.in_(ids), history.c.role == Role.BOT.value)
_DROP_ITEM = delete(history).where(history.c.id == bindparam("item"))
_UNTITLE = (
    update(chats)
    .where(
        chats.c.conversation == bindparam("where", type_=CleanText),
        or_(
            chats.c.chat == bindparam("spoken_in", type_=CleanText),
            # Nobody spoke there yet: the title may be theirs.
            ~select(history.c.id)
            .where(history.c.conversation == chats.c.conversation, history.c.chat == chats.c.chat)
            .exists(),
        ),
    )
    .values(title="")
)
_BY_PERSON: tuple[Column[str], ...] = (
    reminders.c.person,
    kept_files.c.person,
    buttons.c.person,
    link_codes.c.person,
    sign_ins.c.person,
    facts.c.said_by,
)
_OWN_CONVERSATIONS: tuple[Column[str], ...] = (
    facts.c.conversation,
    reminders.c.conversation,
    kept_files.c.conversation,
    chats.c.conversation,
    current_chats.c.conversation,
    summaries.c.conversation,
)
_OWN_SCOPES: tuple[Column[str], ...] = (
    settings.c.scope,
    announcements.c.scope,
    buttons.c.channel,
    shared_voices.c.channel,
)
_UNNOTED = (
    update(credit_movements)
    .where(or_(credit_movements.c.person.in_(ids), credit_movements.c.other.in_(ids)))
    .values(note="")
)
# How often somebody asked to be let in, and what was decided, outlasts what they left with it.
_UNPAIRED = (
    update(pairings)
    .where(pairings.c.person.in_(ids))
    .values(code="", hint="", sealed="", subject=literal("person:") + pairings.c.person)
)
_UNSAID = update(audit).where(audit.c.scope.in_(ids)).values(old="", new="")
_VOICES = select(own_voices.c.id).where(own_voices.c.person.in_(ids))
_SHARED = delete(shared_voices).where(shared_voices.c.voice.in_(ids))
_OLD_TURNS = turns.c.received_at <= bindparam("until")
_UNCLEARED = orders.c.uncleared.is_(True)
_EMPTIED = (
    update(erasures)
    .where(erasures.c.person == bindparam("who", type_=CleanText))
    .values(persons=NOBODY, speakers=NOBODY, conversation="")
)


async def erase(connection: AsyncConnection, erasure: Erasure, hide: Hide, at: float) -> None:
    """Delete and hide everything of somebody. Orders, reservations, counters and turns in that order, as
    everywhere; history before what is made of it."""
    whose = erasure.whose
    persons, speakers = sorted(whose.persons), sorted(whose.speakers)
    theirs = await own(connection, whose, hide, erasure.conversation)
    await _orders(connection, persons)
    await settle_reserved(connection, persons, micros(erasure.asked_at), at)
    await _hide(connection, theirs, hide)
    await _turns(connection, persons, theirs, micros(erasure.asked_at))
    await _history(connection, speakers, theirs)
    await _voices(connection, persons)
    for column in _BY_PERSON:
        await _delete(connection, column, persons)
    await _delete(connection, facts.c.shelf, [f"user:{one}" for one in persons])
    await _delete(connection, reminders.c.speaker, speakers)
    for statement in (_UNNOTED, _UNPAIRED):
        await changed(connection, statement, {"ids": persons})
    for column in _OWN_CONVERSATIONS:
        await _delete(connection, column, await mine(connection, column, theirs))
    for column in _OWN_SCOPES:
        rows = await fetch(connection, select(column.label("key")).distinct())
        await _delete(connection, column, sorted(row["key"] for row in rows if theirs.scope(row["key"])))
    await _by_number(connection, theirs)
    await linking.separate(connection, erasure.person, persons)
    await connection.execute(_EMPTIED, {"who": erasure.person})


async def hide_directs(connection: AsyncConnection, hide: Hide) -> None:
    """Give every direct chat that money was spent in its hidden name."""
    directs = select(ledger.c.channel.label("key")).where(ledger.c.server == "").distinct()
    found = [row["key"].split(":", 2) for row in await fetch(connection, directs)]
    places = {(one[1], one[2]) for one in found if one[0] == "channel" and not one[-1].startswith("~")}
    await _hide(connection, Own(frozenset(places), frozenset()), hide)


async def _hide(connection: AsyncConnection, theirs: Own, hide: Hide) -> None:
    names = {place.channel_key: hide(place) for place in theirs.places()}

    def scope(key: str) -> str:
        named, bar, rest = key.partition("|")
        return f"{names[named]}{bar}{rest}" if named in names else key

    await move_reservations(connection, scope)
    await move_counters(connection, scope)
    for column in (ledger.c.channel, incidents.c.channel, audit.c.scope, audit.c.server, audit.c.subject):
        await rename(connection, column, scope)
    for table, name in ((caps, "scope"), (access_rules, "subject")):
        await move_unique(connection, table, name, scope)
    await _audited(connection, theirs, hide)


async def _audited(connection: AsyncConnection, theirs: Own, hide: Hide) -> None:
    """What was chosen for their direct chats, its threads and characters: that it was stays, as hidden as
    the chats; what it was is their words."""
    hidden = {hide(place) for place in theirs.places()}

    def scope(key: str) -> str:
        kind, _, rest = key.partition(":")
        platform, _, channel = rest.partition(":")
        theirs_alone = kind in ("thread", "character") and theirs.scope(key)
        return hide(Place(platform, "", channel.partition(":")[0])) if theirs_alone else key

    for column in (audit.c.scope, audit.c.server, audit.c.subject):
        await rename(connection, column, scope)
    for start in range(0, len(hidden), _MOST_AT_ONCE):
        part = sorted(hidden)[start : start + _MOST_AT_ONCE]
        await changed(connection, _UNSAID, {"ids": part})


async def _orders(connection: AsyncConnection, persons: Sequence[str]) -> None:
    """What may still lie at Venice keeps the slip by which it is deleted there, and nothing else."""
    by = {"ids": list(persons)}
    await changed(connection, delete(orders).where(orders.c.person.in_(ids), ~_UNCLEARED), by)
    left = select(orders.c.order_id, orders.c.conversation).where(orders.c.person.in_(ids))
    rows = await fetch(connection, left, by)
    for row in rows:
        place = Place.of_conversation(row["conversation"])
        bare = Place(place.platform, place.space, "" if place.direct else place.channel)
        statement = (
            update(orders)
            .where(orders.c.order_id == row["order_id"])
            .values(request="", message_id="", kept="", conversation=bare.conversation)
        )
        await connection.execute(statement)


async def _turns(connection: AsyncConnection, persons: Sequence[str], theirs: Own, until: int) -> None:
    by_hash = delete(turns).where(turns.c.person.in_(ids), _OLD_TURNS)
    await changed(connection, by_hash, {"ids": list(persons), "until": until})
    conversations = await mine(connection, turns.c.conversation, theirs)
    in_theirs = delete(turns).where(turns.c.conversation.in_(ids), _OLD_TURNS)
    await changed(connection, in_theirs, {"ids": conversations, "until": until})


async def _history(connection: AsyncConnection, speakers: Sequence[str], theirs: Own) -> None:
    """Their words and the answers to them, what sums those up, and titles that may be theirs."""
    said = list(await fetch(connection, _THEIRS, {"ids": list(speakers)}))
    conversations = await mine(connection, history.c.conversation, theirs)
    said += await fetch(connection, _SAID.where(history.c.conversation.in_(ids)), {"ids": conversations})
    asked = {(row["conversation"], row["turn_id"]) for row in said if row["turn_id"]}
    names = sorted({turn for _, turn in asked})
    for start in range(0, len(names), _MOST_AT_ONCE):
        part = names[start : start + _MOST_AT_ONCE]
        found = await fetch(connection, _ANSWERS, {"ids": part})
        said += [row for row in found if (row["conversation"], row["turn_id"]) in asked]
    await execute_many(connection, _DROP_ITEM, [{"item": one} for one in sorted({row["id"] for row in said})])
    spoken = sorted({(row["conversation"], row["chat"]) for row in said})
    for conversation in sorted({where for where, _ in spoken}):
        await drop_over(
            connection, conversation, [row for row in said if row["conversation"] == conversation]
        )
    await execute_many(connection, _UNTITLE, [{"where": one, "spoken_in": chat} for one, chat in spoken])


async def _voices(connection: AsyncConnection, persons: Sequence[str]) -> None:
    voices = [row["id"] for row in await fetch(connection, _VOICES, {"ids": list(persons)})]
    await changed(connection, _SHARED, {"ids": voices})
    await _delete(connection, own_voices.c.person, persons)


async def _by_number(connection: AsyncConnection, theirs: Own) -> None:
    """What names them by platform and number: marks, how far their chats were read, known events, buttons of
    others that hold a message of theirs."""
    names = [
        f"{kind}{platform}:{one}"
        for platform, one in sorted(theirs.directs | theirs.members)
        for kind in ("direct:", "welcomed:channel:")
    ]
    await _delete(connection, marks.c.name, names)
    rooms = [
        row["name"]
        for row in await fetch(connection, select(marks.c.name, marks.c.value))
        if theirs.conversation(row["value"])
    ]
    await _delete(connection, marks.c.name, rooms)
    for platform, number in sorted(theirs.directs | theirs.members):
        params = {"p": platform, "n": number}
        where = (read_marks.c.platform == bindparam("p"), read_marks.c.channel == bindparam("n"))
        await changed(connection, delete(read_marks).where(*where), params)
        known = events.c.event_id
        named = (
            known.startswith(f"{platform}:", autoescape=True),
            known.contains(f":{number}:", autoescape=True),
        )
        await connection.execute(delete(events).where(*named))
    # What a button holds may be encrypted, so it is read and not searched.
    held = await fetch(connection, select(buttons.c.id, buttons.c.payload))
    quoted = [json.dumps(number) for _, number in sorted(theirs.directs | theirs.members)]
    naming = [row["id"] for row in held if any(one in row["payload"] for one in quoted)]
    await _delete(connection, buttons.c.id, naming)


async def _delete(connection: AsyncConnection, column: Column[str], keys: Sequence[str]) -> None:
    for start in range(0, len(keys), _MOST_AT_ONCE):
        part = list(keys[start : start + _MOST_AT_ONCE])
        await changed(connection, delete(column.table).where(column.in_(ids)), {"ids": part})
