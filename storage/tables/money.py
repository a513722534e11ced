"""Caps, counters, what is held and what was paid."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table

from storage.tables.columns import RowId, key, lease, metadata, number, text

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
    Index(None, "reserved_at"),
)
