"""What operators need: audit log, doors, people's say over their data, credits, dashboard, retention."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to what is there."""
    _audit()
    _people()
    _credits()
    _reconciliations()
    _oversight()
    _caps()
    _retention()
    _doors()


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


def _row_id(name: str = "id") -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=True, nullable=False)


def _audit() -> None:
    texts = _texts("by", "kind", "scope", "server", "subject", "old", "new")
    _create("audit", [_row_id(), *_numbers("at"), *texts], "id")
    _index("audit", "server", "id")
    _index("audit", "at")


def _people() -> None:
    _create("links", _texts("person", "canonical", "speaker"), "person")
    _create("link_codes", [*_texts("code", "person", "speaker"), *_numbers("expires_at")], "code")
    lease = [*_texts("instance"), sa.Column("lease_until", sa.BigInteger(), nullable=True)]
    texts = _texts("person", "persons", "speakers", "conversation")
    _create("erasures", [*texts, *_numbers("requested_at"), *lease], "person")


def _credits() -> None:
    for table in ("reservations", "ledger"):
        with op.batch_alter_table(table) as old:
            old.add_column(sa.Column("credit", sa.BigInteger(), nullable=False, server_default="0"))
    _create("credit_accounts", [*_texts("person"), *_numbers("balance", "held")], "person")
    book = [
        *_texts("person", "kind"),
        *_numbers("amount", "at"),
        *_texts("reference", "turn_id", "other", "note"),
    ]
    _create("credit_movements", [_row_id(), *book], "id")
    _index("credit_movements", "person", "kind", "reference", unique=True)


def _reconciliations() -> None:
    _create("reconciliations", [*_texts("day"), *_numbers("at"), *_texts("outcome", "lines", "said")], "day")


def _oversight() -> None:
    bucket = sa.Column("bucket", sa.BigInteger(), autoincrement=False, nullable=False)
    _create(
        "pulse", [bucket, *_texts("server", "measure"), *_numbers("amount")], "bucket", "server", "measure"
    )
    texts = _texts("platform", "server", "channel", "kind", "fault", "request_id", "turn_id")
    _create("incidents", [_row_id(), *_numbers("at"), *texts], "id")
    _index("incidents", "server", "id")
    _index("incidents", "at")
    _create("sign_ins", [*_texts("digest", "person", "server"), *_numbers("expires_at")], "digest")
    _index("sign_ins", "expires_at")
    _index("sign_ins", "person")
    for column in ("server", "channel", "person"):
        _index("ledger", column, "id")


def _caps() -> None:
    """Until now only owners could set caps."""
    with op.batch_alter_table("caps") as table:
        table.add_column(sa.Column("by_owner", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("caps") as table:
        table.alter_column("by_owner", server_default=None)


def _retention() -> None:
    _create("departures", [*_texts("server"), *_numbers("left_at")], "server")
    # When a button was stored; nobody knows for those that are there already, so they count as old.
    op.add_column("buttons", sa.Column("saved_at", sa.BigInteger(), nullable=False, server_default="0"))


def _doors() -> None:
    allowed = sa.Column("allowed", sa.Boolean(), nullable=False)
    by_whom = (*_texts("set_by"), *_numbers("set_at"))
    _create("server_rules", [*_texts("server", "subject"), allowed, *by_whom], "server", "subject")
    by_whom = (*_texts("set_by"), *_numbers("set_at"))
    _create("permits", [*_texts("server", "subject", "who"), *by_whom], "server", "subject")
    asked = _texts("id", "platform", "person", "subject", "code", "hint", "sealed", "state")
    _create("pairings", [*asked, *_numbers("asked_at", "expires_at")], "id")
    _index("pairings", "person", "asked_at")
    _index("pairings", "asked_at")
