"""`gondola seal`: encrypt what is stored with the key of today."""

from __future__ import annotations

import asyncio

import click

from bot.cli.shared import one_line
from bot.settings import load_configuration


@click.command()
def seal() -> None:
    """Encrypt stored words and files with GONDOLA_SECRET_KEY, those under GONDOLA_OLD_SECRET_KEYS anew.

    `gondola run` does this by itself, gently; this does it at once, with Gondola stopped. Without
    GONDOLA_SECRET_KEY it decrypts what the old keys had encrypted. May be broken off and begun again.
    """
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        done = asyncio.run(upkeep.seal(configuration))
        click.echo(
            f"{done.rows:,} rows and {done.files:,} files of the web page were written anew; everything is "
            "as the configuration asks."
        )
        if done.foreign:
            click.echo(
                f"{done.foreign:,} files of the web page are sealed with another key: put it into "
                "GONDOLA_OLD_SECRET_KEYS to have them back. After a week they are deleted."
            )
