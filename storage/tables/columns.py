"""Columns as all tables have them. Times are integer microseconds since 1970 (UTC), money integer micro-USD,
JSON is text."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text
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


def key(name: str) -> Column[str]:
    """Part of the primary key."""
    return Column(name, CleanText, primary_key=True)


def text(name: str) -> Column[str]:
    """Text, never NULL."""
    return Column(name, CleanText, nullable=False)


def number(name: str) -> Column[int]:
    """A whole number, never NULL."""
    return Column(name, BigInteger, nullable=False)


def lease() -> list[Column[str] | Column[int] | Column[int | None]]:
    """Who works on a row and until when; no expiry means that nobody has to."""
    return [text("instance"), Column("lease_until", BigInteger, nullable=True)]
