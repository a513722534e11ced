"""What was chosen for the house, and who did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from storage.tables.columns import RowId, key, metadata, number, text, words

settings = Table(
    "settings",
    metadata,
    key("scope"),
    key("name"),
    words("value"),
    text("set_by"),
    number("set_at"),
)

owners = Table(
    "owners",
    metadata,
    key("person_key"),
    number("added_at"),
)

access_rules = Table(
    "access_rules",
    metadata,
    key("subject"),
    Column("allowed", Boolean, nullable=False),
    text("set_by"),
    number("set_at"),
)

buttons = Table(
    "buttons",
    metadata,
    key("id"),
    text("action"),
    words("payload"),
    text("person"),
    text("channel"),
    number("expires_at"),
    text("member"),
    Column("saved_at", BigInteger, nullable=False, server_default="0"),
    Index(None, "expires_at"),
)

marks = Table(
    "marks",
    metadata,
    key("name"),
    text("value"),
)

server_keys = Table(
    "server_keys",
    metadata,
    key("server"),
    text("id"),
    text("origin"),
    text("sealed"),
    text("last4"),
    text("venice_id"),
    Column("limit_usd", BigInteger, nullable=True),
    Column("limit_diem", BigInteger, nullable=True),
    text("period"),
    text("privacy"),
    text("set_by"),
    number("set_at"),
)

departures = Table(
    "departures",
    metadata,
    key("server"),
    number("left_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    number("at"),
    text("by"),
    text("kind"),
    text("scope"),
    text("server"),
    text("subject"),
    words("old"),
    words("new"),
    Index(None, "server", "id"),
    Index(None, "at"),
)

server_rules = Table(
    "server_rules",
    metadata,
    key("server"),
    key("subject"),
    Column("allowed", Boolean, nullable=False),
    text("set_by"),
    number("set_at"),
)

permits = Table(
    "permits",
    metadata,
    key("server"),
    key("subject"),
    text("who"),
    text("set_by"),
    number("set_at"),
)

pairings = Table(
    "pairings",
    metadata,
    key("id"),
    text("platform"),
    text("person"),
    text("subject"),
    text("code"),
    text("hint"),
    text("sealed"),
    text("state"),
    number("asked_at"),
    number("expires_at"),
    Index(None, "person", "asked_at"),
    Index(None, "asked_at"),
)
