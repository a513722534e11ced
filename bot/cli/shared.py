"""What every subcommand does alike."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import click

from bot.errors import GondolaError, OperatorError
from bot.safekeeping import Kept


@contextmanager
def one_line() -> Generator[None]:
    """What the operator can mend becomes one line on stderr and exit code 1; anything else of ours, too, with
    what the log would say."""
    try:
        yield
    except OperatorError as error:
        _end(error.reader_text)
    except GondolaError as error:
        _end(f"{error.reader_text} ({error.detail})")


def describe(kept: Kept) -> str:
    """What is in a backup or an export, in a line."""
    ledger = kept.tables.get("ledger")
    lines = 0 if ledger is None else ledger.rows
    return (
        f"{kept.rows:,} rows in {len(kept.tables)} tables; the ledger has {lines:,} lines and "
        f"${kept.spent / 1_000_000:,.6f}."
    )


def _end(sentence: str) -> NoReturn:
    click.echo(f"gondola: {sentence}", err=True)
    sys.exit(1)
