"""The journal: what came in, and turns under way."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from storage.tables.columns import key, lease, metadata, number, text, words

events = Table(
    "events",
    metadata,
    key("event_id"),
    number("at"),
    Index(None, "at"),
)

turns = Table(
    "turns",
    metadata,
    key("turn_id"),
    text("event_id"),
    text("conversation"),
    text("person"),
    words("payload"),
    text("state"),
    text("refs"),
    words("text"),
    number("received_at"),
    Column("closed_at", BigInteger, nullable=True),
    *lease(),
    Index(None, "lease_until"),
    Index(None, "closed_at"),
)
