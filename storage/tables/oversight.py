"""What the dashboard shows and how one gets there."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from storage.tables.columns import RowId, key, metadata, number, text

pulse = Table(
    "pulse",
    metadata,
    # Seconds since 1970, not microseconds: it is a number of a bucket rather than a time.
    Column("bucket", BigInteger, primary_key=True, autoincrement=False),
    key("server"),
    key("measure"),
    number("amount"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    number("at"),
    text("platform"),
    text("server"),
    text("channel"),
    text("kind"),
    text("fault"),
    text("request_id"),
    text("turn_id"),
    Index(None, "server", "id"),
    Index(None, "at"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    key("digest"),
    text("person"),
    text("server"),
    number("expires_at"),
    Index(None, "expires_at"),
    Index(None, "person"),
)
