"""What was said, summed up and remembered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table

from storage.tables.columns import RowId, key, lease, metadata, number, text

history = Table(
    "history",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    text("conversation"),
    text("role"),
    text("text"),
    number("at"),
    text("speaker"),
    text("speaker_name"),
    text("turn_id"),
    text("message_ids"),
    text("media_note"),
    text("chat"),
    Index(None, "conversation", "chat", "id"),
)

chats = Table(
    "chats",
    metadata,
    key("conversation"),
    key("chat"),
    text("title"),
    number("created_at"),
)

current_chats = Table(
    "current_chats",
    metadata,
    key("conversation"),
    text("chat"),
    number("opened_at"),
)

summaries = Table(
    "summaries",
    metadata,
    key("conversation"),
    key("chat"),
    text("text"),
    number("covers"),
    number("at"),
)

facts = Table(
    "facts",
    metadata,
    key("id"),
    text("shelf"),
    text("text"),
    text("said_by"),
    text("name"),
    text("conversation"),
    text("chat"),
    text("turn_id"),
    text("message_ids"),
    text("title"),
    Column("learned", Boolean, nullable=False),
    number("at"),
    Column("vector", LargeBinary, nullable=False),
    text("model"),
    Index(None, "shelf"),
    Index(None, "conversation", "chat"),
)

reminders = Table(
    "reminders",
    metadata,
    key("id"),
    text("platform"),
    text("conversation"),
    text("person"),
    text("speaker"),
    text("name"),
    text("text"),
    text("zone"),
    number("due_at"),
    number("next_at"),
    number("made_at"),
    Column("begun_at", BigInteger, nullable=True),
    *lease(),
    Index(None, "next_at"),
    Index(None, "person"),
    Index(None, "conversation"),
)

announcements = Table(
    "announcements",
    metadata,
    key("scope"),
    key("topic"),
    text("text"),
    number("at"),
)

read_marks = Table(
    "read_marks",
    metadata,
    key("platform"),
    key("channel"),
    text("space"),
    text("message"),
    number("active_at"),
)
