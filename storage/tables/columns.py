"""Columns as all tables have them. Times are integer microseconds since 1970 (UTC), money integer micro-USD,
JSON is text."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from storage.ciphering import in_use


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


class SealedText(CleanText):
    """Words of people, encrypted where the house does that. Every one is encrypted differently: SQL can
    compare them with "" and with nothing else."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As stored."""
        clean = super().process_bind_param(value, dialect)
        return None if clean is None else in_use(dialect).seal_text(clean)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """As written."""
        return None if value is None else in_use(dialect).open_text(value)


class SealedBytes(TypeDecorator[bytes]):
    """Files and vectors, like `SealedText`."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """As stored."""
        return None if value is None else in_use(dialect).seal_bytes(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """As written."""
        return None if value is None else in_use(dialect).open_bytes(value)


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


def words(name: str) -> Column[str]:
    """Words of people, never NULL, encrypted where the house does that."""
    return Column(name, SealedText, nullable=False)


def number(name: str) -> Column[int]:
    """A whole number, never NULL."""
    return Column(name, BigInteger, nullable=False)


def lease() -> list[Column[str] | Column[int] | Column[int | None]]:
    """Who works on a row and until when; no expiry means that nobody has to."""
    return [text("instance"), Column("lease_until", BigInteger, nullable=True)]
