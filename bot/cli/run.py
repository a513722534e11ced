"""`gondola run`: serve until stopped."""

from __future__ import annotations

import asyncio

import click

from bot.cli.shared import one_line
from bot.logs import configure_logs
from bot.settings import load_configuration


@click.command()
def run() -> None:
    """Serve Discord, Telegram and the web page until stopped."""
    with one_line():
        configuration = load_configuration()
        configure_logs(configuration.gondola_log_level)
        from bot.app import serve  # importing every library takes a second; bad settings should not wait

        asyncio.run(serve(configuration, announce=click.echo))
