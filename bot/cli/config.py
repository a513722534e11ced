"""`gondola config`: what is configured, and the reference pages."""

from __future__ import annotations

import json
from urllib.parse import urlsplit, urlunsplit

import click
from pydantic import SecretStr

from bot.cli.shared import one_line
from bot.settings import Configuration, load_configuration, origins


@click.group()
def config() -> None:
    """Show what is configured, or the reference of everything that can be."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """Every variable, its value and where it comes from. Secrets show only that they are set."""
    with one_line():
        configuration = load_configuration()
    found = {
        name: {"value": shown(configuration, name), "from": origin.value}
        for name, origin in origins().items()
    }
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max(map(len, found))
    for name, entry in found.items():
        click.echo(f"{name:<{width}}  {entry['value'] or '-'}  ({entry['from']})")


@config.command()
@click.option("--settings", is_flag=True, help="What people change while Gondola runs, instead.")
def docs(settings: bool) -> None:
    """Print docs/configuration.md, or with --settings docs/settings.md."""
    from bot.handbook import configuration_page, settings_page

    click.echo(settings_page() if settings else configuration_page(), nl=False)


def shown(configuration: Configuration, name: str) -> str:
    """A value as it may be seen by anybody; "" when nothing is set."""
    value = getattr(configuration, name.lower())
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else ""
    return without_password(str(value))


def without_password(address: str) -> str:
    """An address without the user and password that may stand in it."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc="…@" + parts.netloc.rpartition("@")[2]))
