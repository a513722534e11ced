"""Who is the same person on several platforms, and whose data is to be erased."""

from __future__ import annotations

from sqlalchemy import Table

from storage.tables.columns import key, lease, metadata, number, text

links = Table(
    "links",
    metadata,
    key("person"),
    text("canonical"),
    text("speaker"),
)

link_codes = Table(
    "link_codes",
    metadata,
    key("code"),
    text("person"),
    text("speaker"),
    number("expires_at"),
)

erasures = Table(
    "erasures",
    metadata,
    key("person"),
    text("persons"),
    text("speakers"),
    text("conversation"),
    number("requested_at"),
    *lease(),
)
