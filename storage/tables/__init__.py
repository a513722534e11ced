"""The tables, one module per matter."""

from storage.tables.columns import CleanText, RowId, metadata
from storage.tables.house import (
    access_rules,
    audit,
    buttons,
    marks,
    owners,
    pairings,
    permits,
    server_keys,
    server_rules,
    settings,
)
from storage.tables.journal import events, turns
from storage.tables.money import caps, counters, ledger, reservations
from storage.tables.talk import (
    announcements,
    chats,
    current_chats,
    facts,
    history,
    read_marks,
    reminders,
    summaries,
)
from storage.tables.works import kept_files, orders, own_voices, shared_voices

__all__ = [
    "CleanText",
    "RowId",
    "access_rules",
    "announcements",
    "audit",
    "buttons",
    "caps",
    "chats",
    "counters",
    "current_chats",
    "events",
    "facts",
    "history",
    "kept_files",
    "ledger",
    "marks",
    "metadata",
    "orders",
    "own_voices",
    "owners",
    "pairings",
    "permits",
    "read_marks",
    "reminders",
    "reservations",
    "server_keys",
    "server_rules",
    "settings",
    "shared_voices",
    "summaries",
    "turns",
]
