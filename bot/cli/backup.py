"""`gondola backup` and `gondola restore`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.cli.shared import describe, one_line
from bot.errors import OperatorError
from bot.safekeeping import Made, Restored
from bot.settings import load_configuration

_KEY_FILE = click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file whose content is the passphrase.",
)


@click.command()
@click.argument("to", required=False, type=click.Path(path_type=Path))
@click.option(
    "--keep", type=click.IntRange(min=1), help="Delete all but the newest KEEP backups of the folder."
)
@click.option("--encrypt", is_flag=True, help="Encrypt with a passphrase, asked for.")
@_KEY_FILE
def backup(to: Path | None, keep: int | None, encrypt: bool, key_file: Path | None) -> None:
    """Back up the database to TO, a folder (then the file is named after the time) or a new file.

    Works while Gondola runs; the backup is one moment of it, read back and compared before it gets its name.
    Without TO it goes to backups/ in the data directory. Encrypted backups also hold the key file. Backups of
    the folder that are older than GONDOLA_BACKUP_DAYS are deleted, because people are told so.
    """
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        seal = _from_file(key_file) if key_file else b""
        if encrypt and not seal:
            seal = str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)).encode()
        made = asyncio.run(upkeep.back_up(configuration, to, seal=seal, keep=keep))
    _say_made(made)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the database that is there.")
@_KEY_FILE
def restore(file: Path, force: bool, key_file: Path | None) -> None:
    """Put the backup FILE in the place of the database. Gondola must not be running.

    The backup is checked first. A SQLite file that was there is kept beside the new one; in PostgreSQL
    --force replaces the rows, all or none.
    """
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        seal = _from_file(key_file) if key_file else b""
        if not seal and upkeep.is_sealed(file):
            seal = str(click.prompt("Passphrase", hide_input=True)).encode()
        restored = asyncio.run(upkeep.restore(configuration, file, seal=seal, force=force))
    _say_restored(restored)


def _from_file(path: Path) -> bytes:
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise OperatorError(f"I cannot read the key file {path}: {error.strerror}.") from None
    if not content:
        raise OperatorError(f"The key file {path} is empty.")
    return content


def _say_made(made: Made) -> None:
    kept = made.kept
    click.echo(f"Backed up to {kept.path}: {describe(kept)}")
    if not kept.has_key:
        click.echo(
            "The secret key is not in it: keep secret.key or GONDOLA_SECRET_KEY in a safe place as well."
        )
    for path in made.deleted:
        click.echo(f"Deleted {path.name}.")


def _say_restored(restored: Restored) -> None:
    kept = restored.kept
    click.echo(f"Restored {kept.path}, made {kept.made_at}: {describe(kept)}")
    if restored.aside is not None:
        click.echo(f"The database from before is now {restored.aside}; delete it once you need it no more.")
    if restored.key_written:
        click.echo("The key file of the backup was put into the data directory.")
    if restored.key_differs:
        click.echo(
            "The secret key here is not the one of the backup: people's caps and blocks, and what is "
            "encrypted, are lost until you put that key back (secret.key or GONDOLA_SECRET_KEY)."
        )
