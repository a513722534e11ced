"""Files, orders and voices."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table

from storage.tables.columns import RowId, SealedBytes, key, lease, metadata, number, text, words

orders = Table(
    "orders",
    metadata,
    key("order_id"),
    text("state"),
    number("version"),
    text("conversation"),
    text("person"),
    text("medium"),
    text("model"),
    words("request"),
    number("quote"),
    text("message_id"),
    text("reservation"),
    text("job_kind"),
    text("job_model"),
    text("queue_id"),
    words("download_url"),
    text("kept"),
    Column("uncleared", Boolean, nullable=False),
    number("created_at"),
    number("updated_at"),
    number("expires_at"),
    *lease(),
    Index(None, "lease_until"),
    Index(None, "person"),
    Index(None, "conversation"),
)

kept_files = Table(
    "kept_files",
    metadata,
    Column("number", RowId, primary_key=True, autoincrement=True),
    text("id"),
    text("room"),
    text("conversation"),
    text("person"),
    words("name"),
    text("mime"),
    text("parent"),
    words("note"),
    text("message_ids"),
    number("created_at"),
    number("expires_at"),
    Column("data", SealedBytes, nullable=False),
    Index(None, "id", unique=True),
    Index(None, "room"),
    Index(None, "conversation"),
    Index(None, "parent"),
    Index(None, "expires_at"),
)

own_voices = Table(
    "own_voices",
    metadata,
    key("id"),
    text("person"),
    words("name"),
    words("statement"),
    number("agreed_at"),
    text("model"),
    words("handle"),
    number("expires_at"),
    number("kept"),
    Column("renewed", Boolean, nullable=False),
    Index(None, "person"),
)

shared_voices = Table(
    "shared_voices",
    metadata,
    key("voice"),
    key("channel"),
    Index(None, "channel"),
)
