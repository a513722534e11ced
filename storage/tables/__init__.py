"""The tables, one module per matter."""

from storage.tables.columns import CleanText, RowId, SealedBytes, SealedText, metadata
from storage.tables.house import (
    access_rules,
    audit,
    buttons,
    departures,
    marks,
    owners,
    server_keys,
    settings,
)
from storage.tables.journal import events, turns
from storage.tables.money import (
    caps,
    counters,
    credit_accounts,
    credit_movements,
    ledger,
    reconciliations,
    reservations,
)
from storage.tables.oversight import incidents, pulse, sign_ins
from storage.tables.people import erasures, link_codes, links
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
    "SealedBytes",
    "SealedText",
    "access_rules",
    "announcements",
    "audit",
    "buttons",
    "caps",
    "chats",
    "counters",
    "credit_accounts",
    "credit_movements",
    "current_chats",
    "departures",
    "erasures",
    "events",
    "facts",
    "history",
    "incidents",
    "kept_files",
    "ledger",
    "link_codes",
    "links",
    "marks",
    "metadata",
    "orders",
    "own_voices",
    "owners",
    "pulse",
    "read_marks",
    "reconciliations",
    "reminders",
    "reservations",
    "server_keys",
    "settings",
    "shared_voices",
    "sign_ins",
    "summaries",
    "turns",
]
