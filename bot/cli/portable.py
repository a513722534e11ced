"""`gondola export` and `gondola import`: move a house between SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.cli.shared import describe, one_line
from bot.settings import load_configuration

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_FILE
@click.option("--plain", is_flag=True, help="Decrypt what is stored encrypted, for a house with another key.")
def export(file: Path, *, plain: bool) -> None:
    """Write the whole database to FILE, to be imported into SQLite or PostgreSQL.

    Works while Gondola runs; what is said later is not in it, so stop Gondola first for a move. The key file
    of the data directory is not in it.
    """
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        kept = asyncio.run(upkeep.export(configuration, file, plain=plain))
        click.echo(f"Exported to {kept.path}: {describe(kept)}")


@click.command("import")
@_FILE
def import_(file: Path) -> None:
    """Fill an empty database from FILE, which `gondola export` wrote.

    All or nothing, and compared row by row at the end. Gondola must not be running.
    """
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        kept = asyncio.run(upkeep.import_(configuration, file))
        click.echo(f"Imported {kept.path}: {describe(kept)}")
