"""Somebody with rows in every table, and what an erasure does to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select

from bot.auditing import Change, ChangeKind
from bot.messages import Place
from bot.people import Erasure, Whose
from storage import SqlStore
from storage.tables import (
    metadata,
)
from tests.contract.storage.houses import NOON, TODAY, House, line
from tests.integration.upkeep.rows import row_of

ANN, EVE = "hash-ann", "hash-eve"
NUMBER, OTHER = "4711778899", "5511223344"
SPEAKER, OF_EVE = f"telegram:{NUMBER}", f"telegram:{OTHER}"
DIRECT, OWN = Place("telegram", "", NUMBER), Place("telegram", "-12", "-12", member=NUMBER)
GROUP = Place("telegram", "-12", "-12")
WHOSE = Whose(frozenset({ANN}), frozenset({SPEAKER}))
WORD = "quixotry"
ERASED = frozenset(
    {
        *("history", "chats", "current_chats", "summaries", "facts", "reminders", "announcements"),
        *("read_marks", "orders", "kept_files", "own_voices", "shared_voices", "events", "turns"),
        *("settings", "buttons", "marks", "link_codes", "links", "erasures", "sign_ins"),
    }
)
"""Rows of somebody go."""
HASHED = frozenset(
    {
        *("ledger", "counters", "reservations", "caps", "access_rules", "audit", "owners"),
        *("credit_accounts", "credit_movements", "incidents", "pairings", "server_rules"),
    }
)
"""Rows stay under hashes; a direct chat's number is hidden."""
OF_NOBODY = frozenset({"server_keys", "permits", "pulse", "departures", "reconciliations"})


def hide(place: Place) -> str:
    """As different chats have different hashes."""
    return f"channel:{place.platform}:~{place.channel[::-1]}"


def note(what: str) -> Change:
    return Change(NOON, ANN, ChangeKind.DATA, f"person:{ANN}", "", what, "", "")


def erasure(**fields: Any) -> Erasure:
    return replace(Erasure(ANN, WHOSE, DIRECT.conversation, NOON + 10), **fields)


def _row(name: str, person: str, number: str, key: str) -> Mapping[str, object]:
    """A row of a table as it belongs to somebody, with a word of theirs where there are any."""
    direct = Place("telegram", "", number)
    known: dict[str, object] = {
        "person": person,
        "said_by": person,
        "speaker": f"telegram:{number}",
        "speaker_name": f"{WORD} {key}",
        "conversation": direct.conversation,
        "room": direct.room,
        "scope": direct.channel_key,
        "channel": direct.channel_key,
        "shelf": f"user:{person}",
        "platform": "telegram",
        "server": "",
        "turn_id": f"t-{key}",
        "received_at": round(NOON * 1e6),
        "state": "settled",
        "message_ids": "[]",
        "subject": direct.channel_key,
        "counter": f"{direct.channel_key}|all|money|day|{TODAY}",
        "lines": "[]",
        "persons": "[]",
        "speakers": "[]",
    }
    special: dict[str, dict[str, object]] = {
        "read_marks": {"channel": number},
        "marks": {"name": f"welcomed:{direct.channel_key}"},
        "events": {"event_id": f"telegram:web:{number}:{key}"},
        "settings": {"scope": f"user:telegram:{number}", "name": WORD},
        "caps": {"unit": "money", "period": "day", "medium": "all"},
        "server_rules": {"server": "server:telegram:-12", "subject": f"person:{person}"},
        "shared_voices": {"voice": f"voice-{key}"},
        "own_voices": {"id": f"voice-{key}"},
        "summaries": {"chat": "c", "covers": 10**9},
        "chats": {"chat": "c"},
        "audit": {"by": person, "kind": "data"},
        "orders": {"uncleared": False, "state": "delivered"},
        "reservations": {"turn_id": f"t-{key}", "reserved_at": round(NOON * 1e6), "person": person},
    }
    table = metadata.tables[name]
    row = row_of(table, 2)
    words = {
        column.name: f"{WORD} {key} {column.name}"
        for column in table.columns
        if isinstance(row[column.name], str)
    }
    values = {**row, **words, **known, **special.get(name, {})}
    return {
        column.name: values[column.name]
        for column in table.columns
        if not (column.primary_key and column.autoincrement is True)
    }


async def furnish(store: SqlStore, person: str, number: str, key: str) -> None:
    """A row in every table that may hold something of a person."""
    skipped = {"owners", "links", "erasures", *OF_NOBODY}

    async def work(connection: Any) -> None:
        for name in sorted(set(metadata.tables) - skipped):
            await connection.execute(insert(metadata.tables[name]), [_row(name, person, number, key)])

    await store.database.write(work)


async def texts(built: House) -> dict[str, str]:
    """Everything in every table."""
    return {name: str(await built.rows(select(table))) for name, table in metadata.tables.items()}


def counted(person: str, amount: int = 0, limit: int = 1000) -> Any:
    return line(f"user:{person}", amount, limit)


async def used(store: SqlStore, person: str) -> int:
    states = await store.money.counters([counted(person).counter])
    return states[0].used if states else 0
