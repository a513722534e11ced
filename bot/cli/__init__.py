"""The `gondola` command, one module per subcommand."""

from __future__ import annotations

import click

from bot.cli.backup import backup, restore
from bot.cli.config import config
from bot.cli.doctor import doctor
from bot.cli.migrate import migrate
from bot.cli.portable import export, import_
from bot.cli.run import run
from bot.cli.seal import seal


@click.group()
@click.version_option(package_name="gondola")
def main() -> None:
    """Gondola: one chatbot for Discord, Telegram and the web on Venice.ai."""


for command in (run, doctor, config, migrate, backup, restore, export, import_, seal):
    main.add_command(command)
