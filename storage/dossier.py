"""All that is stored of somebody, to take away: their words and the answers to them, nobody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Column, RowMapping, Select, Table, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Place
from bot.people import Dossier, ExportedFile, Whose
from bot.records import Role
from storage.rows import fetch, ids, seconds
from storage.tables import (
    access_rules,
    audit,
    caps,
    chats,
    counters,
    credit_accounts,
    credit_movements,
    facts,
    history,
    kept_files,
    ledger,
    links,
    orders,
    own_voices,
    pairings,
    reminders,
    reservations,
    server_rules,
    settings,
    summaries,
)
from storage.vault import stored_size

_TIMES = frozenset(
    {
        *("at", "created_at", "updated_at", "expires_at", "due_at", "next_at", "made_at", "agreed_at"),
        *("reserved_at", "settled_at", "set_at", "asked_at"),
    }
)
"""Columns in microseconds; told in seconds."""
_speakers: BindParameter[Sequence[str]] = bindparam("speakers", expanding=True)
_shelves: BindParameter[Sequence[str]] = bindparam("shelves", expanding=True)
_scopes: BindParameter[Sequence[str]] = bindparam("scopes", expanding=True)
_subjects: BindParameter[Sequence[str]] = bindparam("subjects", expanding=True)
_own: BindParameter[Sequence[str]] = bindparam("own", expanding=True)
_SPOKE_IN = select(history.c.conversation).where(history.c.speaker.in_(ids)).distinct()
_asked = select(history.c.conversation, history.c.turn_id).where(
    history.c.speaker.in_(_speakers), history.c.turn_id != ""
)
_asked_in = _asked.distinct().subquery()
_answers = (
    select(history.c.id)
    .join(
        _asked_in,
        (history.c.conversation == _asked_in.c.conversation) & (history.c.turn_id == _asked_in.c.turn_id),
    )
    .where(history.c.role == Role.BOT.value)
)


def _told(table: Table, *left_out: str) -> Select[Any]:
    return select(*(column for column in table.c if column.name not in left_out))


def _by(column: Column[str], *left_out: str, order: str) -> Select[Any]:
    table = column.table
    return _told(table, *left_out).where(column.in_(ids)).order_by(table.c[order])


_SUBJECTS: Mapping[str, Select[Any]] = {
    "conversations": _told(history, "speaker", "turn_id")
    .where(or_(history.c.speaker.in_(_speakers), history.c.id.in_(_answers)))
    .order_by(history.c.id),
    "facts": _told(facts, "vector", "model", "said_by")
    .where(or_(facts.c.said_by.in_(ids), facts.c.shelf.in_(_shelves)))
    .order_by(facts.c.at),
    "reminders": _by(
        reminders.c.person, "person", "speaker", "instance", "lease_until", "begun_at", order="due_at"
    ),
    "settings": _told(settings, "set_by")
    .where(settings.c.scope.in_(_scopes))
    .order_by(settings.c.scope, settings.c.name),
    # Whoever has Venice's names of these can use them, so they are nobody's to carry around.
    "voices": _by(own_voices.c.person, "handle", "person", order="agreed_at"),
    "orders": _by(
        orders.c.person,
        *("person", "queue_id", "download_url", "job_kind", "job_model", "reservation", "instance"),
        *("lease_until", "uncleared"),
        order="created_at",
    ),
    "caps": _told(caps).where(caps.c.scope.in_(_shelves)).order_by(caps.c.scope),
    "used": _told(counters, "ceiling")
    .where(
        or_(counters.c.counter.like(bindparam("counted0")), counters.c.counter.like(bindparam("counted1")))
    )
    .order_by(counters.c.counter),
    "held": _by(
        reservations.c.person, "person", "lines", "key", "instance", "lease_until", order="reserved_at"
    ),
    "spent": _by(ledger.c.person, "person", "key", order="id"),
    "credits": _by(credit_accounts.c.person, "person", order="person"),
    "credit movements": _by(credit_movements.c.person, "person", "other", order="id"),
    "accounts": _told(links, "canonical").where(links.c.person.in_(ids)).order_by(links.c.person),
    "changes": _by(audit.c.by, "by", order="id"),
    "let in or shut out": _told(access_rules, "set_by").where(access_rules.c.subject.in_(_subjects)),
    "let in or shut out by servers": _told(server_rules, "set_by")
    .where(server_rules.c.subject.in_(_subjects))
    .order_by(server_rules.c.server),
    "asked to be let in": _by(pairings.c.person, "person", "code", "sealed", order="asked_at"),
    "titles": _told(chats).where(chats.c.conversation.in_(_own)).order_by(chats.c.created_at),
    "summaries": _told(summaries, "covers")
    .where(summaries.c.conversation.in_(_own))
    .order_by(summaries.c.at),
}
_FILES = (
    select(
        *(kept_files.c[name] for name in ("id", "name", "mime", "created_at", "note")),
        stored_size,
    )
    .where(kept_files.c.person.in_(ids))
    .order_by(kept_files.c.number)
)


async def compile_(connection: AsyncConnection, whose: Whose) -> Dossier:
    """Every subject, and the files without their bytes."""
    persons, speakers = sorted(whose.persons), sorted(whose.speakers)
    values = {
        "ids": persons,
        "speakers": speakers,
        "shelves": [f"user:{one}" for one in persons],
        "scopes": [f"user:{one}" for one in speakers],
        "subjects": [f"person:{one}" for one in persons],
        "own": await _theirs_alone(connection, speakers),
        "counted0": f"user:{persons[0]}|%",
        "counted1": f"user:{persons[-1]}|%",
    }
    subjects: dict[str, Sequence[Mapping[str, object]]] = {}
    for name, statement in _SUBJECTS.items():
        wanted = {key: values[key] for key in statement.compile().params if key in values}
        subjects[name] = [_plain(row) for row in await fetch(connection, statement, wanted)]
    subjects["spent by medium and model"] = _summed(subjects["spent"])
    files = await fetch(connection, _FILES, {"ids": persons})
    return Dossier(
        subjects,
        tuple(
            ExportedFile(
                row["id"], row["name"], row["mime"], row["size"], seconds(row["created_at"]), row["note"]
            )
            for row in files
        ),
    )


async def _theirs_alone(connection: AsyncConnection, speakers: list[str]) -> list[str]:
    """The conversations in which nobody else speaks, as far as they spoke there: direct chats, and their own
    where everybody has one."""
    rows = await fetch(connection, _SPOKE_IN, {"ids": speakers})
    places = [Place.of_conversation(row["conversation"]) for row in rows]
    theirs = [one for one in places if one.direct or f"{one.platform}:{one.member}" in speakers]
    return sorted(one.conversation for one in theirs)


def _plain(row: RowMapping) -> Mapping[str, object]:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: object) -> object:
    return seconds(value) if name in _TIMES and isinstance(value, int) else value


def _summed(lines: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    sums: dict[tuple[object, object], list[int]] = {}
    for line in lines:
        found = sums.setdefault((line["medium"], line["model"]), [0, 0])
        found[0] += int(str(line["cost"]))
        found[1] += int(str(line["calls"]))
    return [
        {"medium": medium, "model": model, "cost": cost, "calls": calls}
        for (medium, model), (cost, calls) in sums.items()
    ]
