"""`gondola migrate`: bring the database to the newest schema."""

from __future__ import annotations

import asyncio

import click

from bot.cli.shared import one_line
from bot.safekeeping import Plan
from bot.settings import load_configuration


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done, with the SQL.")
def migrate(dry_run: bool) -> None:
    """Bring the database to the newest schema. `gondola run` does this by itself at start."""
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        plan = asyncio.run(upkeep.migrate(configuration, rehearse=dry_run))
    _say(plan, dry_run=dry_run)


def _say(plan: Plan, *, dry_run: bool) -> None:
    click.echo(f"{plan.place}, revision {plan.current or 'none (no tables yet)'}")
    if not plan.steps:
        click.echo("Nothing to do: the schema is the newest.")
        return
    for step in plan.steps:
        click.echo(f"{'Would apply' if dry_run else 'Applied'} {step.revision}: {step.title}")
    for statement in plan.statements:
        click.echo(f"  {statement};")
    if dry_run:
        click.echo("Rehearsed and taken back; nothing was changed.")
