"""Caps, counters, what is held and what was paid."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from storage.tables.columns import RowId, key, lease, metadata, number, text


def _credit() -> Column[int]:
    """What of the price credits pay."""
    return Column("credit", BigInteger, nullable=False, server_default="0")


caps = Table(
    "caps",
    metadata,
    key("scope"),
    key("medium"),
    key("unit"),
    key("period"),
    number("ceiling"),
    number("set_at"),
    Column("by_owner", Boolean, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    key("counter"),
    number("used"),
    number("ceiling"),
    number("resets_at"),
    Index(None, "resets_at"),
)

reservations = Table(
    "reservations",
    metadata,
    key("reservation_id"),
    text("turn_id"),
    text("person"),
    text("server"),
    text("channel"),
    text("medium"),
    text("model"),
    number("estimate"),
    number("calls"),
    text("lines"),
    text("key"),
    number("reserved_at"),
    *lease(),
    _credit(),
    Index(None, "lease_until"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    text("reservation_id"),
    text("turn_id"),
    text("person"),
    text("server"),
    text("channel"),
    text("medium"),
    text("model"),
    number("estimate"),
    number("cost"),
    number("calls"),
    Column("uncertain", Boolean, nullable=False),
    text("request_id"),
    text("key"),
    number("reserved_at"),
    number("settled_at"),
    _credit(),
    Index(None, "reserved_at"),
    Index(None, "server", "id"),
    Index(None, "channel", "id"),
    Index(None, "person", "id"),
)

reconciliations = Table(
    "reconciliations", metadata, key("day"), number("at"), text("outcome"), text("lines"), text("said")
)

credit_accounts = Table("credit_accounts", metadata, key("person"), number("balance"), number("held"))

credit_movements = Table(
    "credit_movements",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    text("person"),
    text("kind"),
    number("amount"),
    number("at"),
    text("reference"),
    text("turn_id"),
    text("other"),
    text("note"),
    Index(None, "person", "kind", "reference", unique=True),
)
