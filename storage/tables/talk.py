"""What was said, summed up and remembered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from storage.tables.columns import RowId, SealedBytes, key, lease, metadata, number, text, words

history = Table(
    "history",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    text("conversation"),
    text("role"),
    words("text"),
    number("at"),
    text("speaker"),
    words("speaker_name"),
    text("turn_id"),
    text("message_ids"),
    words("media_note"),
    text("chat"),
    Index(None, "conversation", "chat", "id"),
)

chats = Table(
    "chats",
    metadata,
    key("conversation"),
    key("chat"),
    words("title"),
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
    words("text"),
    number("covers"),
    number("at"),
)

facts = Table(
    "facts",
    metadata,
    key("id"),
    text("shelf"),
    words("text"),
    text("said_by"),
    words("name"),
    text("conversation"),
    text("chat"),
    text("turn_id"),
    text("message_ids"),
    words("title"),
    Column("learned", Boolean, nullable=False),
    number("at"),
    Column("vector", SealedBytes, nullable=False),
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
    words("name"),
    words("text"),
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
    words("text"),
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
