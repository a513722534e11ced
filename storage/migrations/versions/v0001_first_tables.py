"""The first tables."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    _journal()
    _money()
    _memory()
    _choices()
    _files()
    _voices()


def _create(name: str, columns: Sequence[SchemaItem], *key: str) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def _index(table: str, *columns: str, unique: bool = False) -> None:
    op.create_index("_".join(("ix", table, *columns)), table, list(columns), unique=unique)


def _texts(*names: str) -> list[sa.Column[str]]:
    # PostgreSQL then sorts by bytes as SQLite does, and keys with one beginning are a range of an index.
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return [sa.Column(name, kind, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _row_id(name: str = "id") -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=True, nullable=False)


def _lease() -> list[sa.Column[str] | sa.Column[int]]:
    return [*_texts("instance"), sa.Column("lease_until", sa.BigInteger(), nullable=True)]


def _journal() -> None:
    _create("events", [*_texts("event_id"), *_numbers("at")], "event_id")
    _index("events", "at")
    _create(
        "turns",
        [
            *_texts("turn_id", "event_id", "conversation", "person", "payload", "state", "refs", "text"),
            *_numbers("received_at"),
            sa.Column("closed_at", sa.BigInteger(), nullable=True),
            *_lease(),
        ],
        "turn_id",
    )
    _index("turns", "lease_until")
    _index("turns", "closed_at")


def _money() -> None:
    names = ("scope", "medium", "unit", "period")
    _create("caps", [*_texts(*names), *_numbers("ceiling", "set_at")], *names)
    _create("counters", [*_texts("counter"), *_numbers("used", "ceiling", "resets_at")], "counter")
    _index("counters", "resets_at")
    call = _texts("reservation_id", "turn_id", "person", "server", "channel", "medium", "model")
    held = [*_numbers("estimate", "calls"), *_texts("lines"), *_numbers("reserved_at"), *_lease()]
    _create("reservations", [*call, *held], "reservation_id")
    _index("reservations", "lease_until")
    call = _texts("reservation_id", "turn_id", "person", "server", "channel", "medium", "model")
    paid = [*_numbers("estimate", "cost", "calls"), _flag("uncertain"), *_texts("request_id")]
    _create("ledger", [_row_id(), *call, *paid, *_numbers("reserved_at", "settled_at")], "id")
    _index("ledger", "reserved_at")


def _memory() -> None:
    said = [*_texts("conversation", "role", "text"), *_numbers("at")]
    about = _texts("speaker", "speaker_name", "turn_id", "message_ids", "media_note", "chat")
    _create("history", [_row_id(), *said, *about], "id")
    _index("history", "conversation", "chat", "id")
    chat = [*_texts("conversation", "chat", "title"), *_numbers("created_at")]
    _create("chats", chat, "conversation", "chat")
    current = [*_texts("conversation", "chat"), *_numbers("opened_at")]
    _create("current_chats", current, "conversation")
    summary = [*_texts("conversation", "chat", "text"), *_numbers("covers", "at")]
    _create("summaries", summary, "conversation", "chat")
    told = _texts("id", "platform", "conversation", "person", "speaker", "name", "text", "zone")
    begun = sa.Column("begun_at", sa.BigInteger(), nullable=True)
    _create("reminders", [*told, *_numbers("due_at", "next_at", "made_at"), begun, *_lease()], "id")
    _index("reminders", "next_at")
    _index("reminders", "person")
    _index("reminders", "conversation")
    fact = [*_texts("id", "shelf", "text", "said_by", "name", "conversation", "chat", "turn_id")]
    more = [*_texts("message_ids", "title", "model"), _flag("learned"), *_numbers("at")]
    _create("facts", [*fact, *more, sa.Column("vector", sa.LargeBinary(), nullable=False)], "id")
    _index("facts", "shelf")
    _index("facts", "conversation", "chat")


def _choices() -> None:
    chosen = [*_texts("scope", "name", "value", "set_by"), *_numbers("set_at")]
    _create("settings", chosen, "scope", "name")
    _create("owners", [*_texts("person_key"), *_numbers("added_at")], "person_key")
    rule = [*_texts("subject"), _flag("allowed"), *_texts("set_by"), *_numbers("set_at")]
    _create("access_rules", rule, "subject")
    button = [*_texts("id", "action", "payload", "person", "channel", "member"), *_numbers("expires_at")]
    _create("buttons", button, "id")
    _index("buttons", "expires_at")
    _create("marks", _texts("name", "value"), "name")
    read = [*_texts("platform", "channel", "space", "message"), *_numbers("active_at")]
    _create("read_marks", read, "platform", "channel")


def _files() -> None:
    about = _texts("id", "room", "conversation", "person", "name", "mime", "parent", "note", "message_ids")
    data = sa.Column("data", sa.LargeBinary(), nullable=False)
    _create("kept_files", [_row_id("number"), *about, *_numbers("created_at", "expires_at"), data], "number")
    _index("kept_files", "id", unique=True)
    for column in ("room", "conversation", "parent", "expires_at"):
        _index("kept_files", column)


def _voices() -> None:
    texts = _texts("id", "person", "name", "statement", "model", "handle")
    _create("own_voices", [*texts, *_numbers("agreed_at", "expires_at", "kept"), _flag("renewed")], "id")
    _index("own_voices", "person")
    _create("shared_voices", _texts("voice", "channel"), "voice", "channel")
    _index("shared_voices", "channel")
