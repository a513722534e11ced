"""What operators need: the audit log, rules of servers, strangers who ask to be let in."""

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
