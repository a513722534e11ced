"""The tables. Times are integer microseconds since 1970 (UTC), money integer micro-USD, JSON is text."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class CleanText(TypeDecorator[str]):
    """Text that both databases take. PostgreSQL refuses NUL and neither takes half a surrogate pair;
    without this one odd message would fail the whole batch it is written with."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Drop NUL, replace lone surrogates by a question mark."""
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column declared INTEGER."""


def _key(name: str) -> Column[str]:
    return Column(name, CleanText, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, CleanText, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _lease() -> list[Column[str] | Column[int] | Column[int | None]]:
    """Who works on a row and until when; no expiry means that nobody has to."""
    return [_text("instance"), Column("lease_until", BigInteger, nullable=True)]


events = Table(
    "events",
    metadata,
    _key("event_id"),
    _number("at"),
    Index(None, "at"),
)

turns = Table(
    "turns",
    metadata,
    _key("turn_id"),
    _text("event_id"),
    _text("conversation"),
    _text("person"),
    _text("payload"),
    _text("state"),
    _text("refs"),
    _text("text"),
    _number("received_at"),
    Column("closed_at", BigInteger, nullable=True),
    *_lease(),
    Index(None, "lease_until"),
    Index(None, "closed_at"),
)

caps = Table(
    "caps",
    metadata,
    _key("scope"),
    _key("medium"),
    _key("unit"),
    _key("period"),
    _number("ceiling"),
    _number("set_at"),
)

counters = Table(
    "counters",
    metadata,
    _key("counter"),
    _number("used"),
    _number("ceiling"),
    _number("resets_at"),
    Index(None, "resets_at"),
)

reservations = Table(
    "reservations",
    metadata,
    _key("reservation_id"),
    _text("turn_id"),
    _text("person"),
    _text("server"),
    _text("channel"),
    _text("medium"),
    _text("model"),
    _number("estimate"),
    _number("calls"),
    _text("lines"),
    _number("reserved_at"),
    *_lease(),
    Index(None, "lease_until"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("reservation_id"),
    _text("turn_id"),
    _text("person"),
    _text("server"),
    _text("channel"),
    _text("medium"),
    _text("model"),
    _number("estimate"),
    _number("cost"),
    _number("calls"),
    Column("uncertain", Boolean, nullable=False),
    _text("request_id"),
    _number("reserved_at"),
    _number("settled_at"),
    Index(None, "reserved_at"),
)

history = Table(
    "history",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("conversation"),
    _text("role"),
    _text("text"),
    _number("at"),
    _text("speaker"),
    _text("speaker_name"),
    _text("turn_id"),
    _text("message_ids"),
    _text("media_note"),
    _text("chat"),
    Index(None, "conversation", "chat", "id"),
)

chats = Table(
    "chats",
    metadata,
    _key("conversation"),
    _key("chat"),
    _text("title"),
    _number("created_at"),
)

current_chats = Table(
    "current_chats",
    metadata,
    _key("conversation"),
    _text("chat"),
    _number("opened_at"),
)

settings = Table(
    "settings",
    metadata,
    _key("scope"),
    _key("name"),
    _text("value"),
    _text("set_by"),
    _number("set_at"),
)

owners = Table(
    "owners",
    metadata,
    _key("person_key"),
    _number("added_at"),
)

access_rules = Table(
    "access_rules",
    metadata,
    _key("subject"),
    Column("allowed", Boolean, nullable=False),
    _text("set_by"),
    _number("set_at"),
)

buttons = Table(
    "buttons",
    metadata,
    _key("id"),
    _text("action"),
    _text("payload"),
    _text("person"),
    _text("channel"),
    _number("expires_at"),
    _text("member"),
    Index(None, "expires_at"),
)

marks = Table(
    "marks",
    metadata,
    _key("name"),
    _text("value"),
)

read_marks = Table(
    "read_marks",
    metadata,
    _key("platform"),
    _key("channel"),
    _text("space"),
    _text("message"),
    _number("active_at"),
)

reminders = Table(
    "reminders",
    metadata,
    _key("id"),
    _text("platform"),
    _text("conversation"),
    _text("person"),
    _text("speaker"),
    _text("name"),
    _text("text"),
    _text("zone"),
    _number("due_at"),
    _number("next_at"),
    _number("made_at"),
    Column("begun_at", BigInteger, nullable=True),
    *_lease(),
    Index(None, "next_at"),
    Index(None, "person"),
    Index(None, "conversation"),
)

own_voices = Table(
    "own_voices",
    metadata,
    _key("id"),
    _text("person"),
    _text("name"),
    _text("statement"),
    _number("agreed_at"),
    _text("model"),
    _text("handle"),
    _number("expires_at"),
    _number("kept"),
    Column("renewed", Boolean, nullable=False),
    Index(None, "person"),
)

shared_voices = Table(
    "shared_voices",
    metadata,
    _key("voice"),
    _key("channel"),
    Index(None, "channel"),
)

summaries = Table(
    "summaries",
    metadata,
    _key("conversation"),
    _key("chat"),
    _text("text"),
    _number("covers"),
    _number("at"),
)

kept_files = Table(
    "kept_files",
    metadata,
    Column("number", RowId, primary_key=True, autoincrement=True),
    _text("id"),
    _text("room"),
    _text("conversation"),
    _text("person"),
    _text("name"),
    _text("mime"),
    _text("parent"),
    _text("note"),
    _text("message_ids"),
    _number("created_at"),
    _number("expires_at"),
    Column("data", LargeBinary, nullable=False),
    Index(None, "id", unique=True),
    Index(None, "room"),
    Index(None, "conversation"),
    Index(None, "parent"),
    Index(None, "expires_at"),
)

facts = Table(
    "facts",
    metadata,
    _key("id"),
    _text("shelf"),
    _text("text"),
    _text("said_by"),
    _text("name"),
    _text("conversation"),
    _text("chat"),
    _text("turn_id"),
    _text("message_ids"),
    _text("title"),
    Column("learned", Boolean, nullable=False),
    _number("at"),
    Column("vector", LargeBinary, nullable=False),
    _text("model"),
    Index(None, "shelf"),
    Index(None, "conversation", "chat"),
)
