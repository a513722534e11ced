"""`gondola doctor`: look at everything, say what is wrong and what mends it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click

from bot.cli.shared import one_line
from bot.findings import Finding, State
from bot.logs import redact
from bot.settings import load_configuration

_MARKS = {State.OK: "ok  ", State.WARN: "warn", State.BAD: "BAD "}
_COLOURS = {State.OK: "green", State.WARN: "yellow", State.BAD: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def doctor(as_json: bool) -> None:
    """Check the machine, the database, Venice, Discord and Telegram, and say what mends what is wrong.

    Changes nothing, and may run beside a running Gondola. Exit code 1 where something does not work.
    """
    with one_line():
        configuration = load_configuration()
        from bot import upkeep

        findings = asyncio.run(upkeep.examine(configuration))
    if as_json:
        click.echo(
            redact(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
        )
    else:
        _say(findings)
    if any(finding.state is State.BAD for finding in findings):
        sys.exit(1)


def _say(findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = click.style(_MARKS[finding.state], fg=_COLOURS[finding.state])
        click.echo(f"{mark}  {finding.about}: {redact(finding.sentence)}")
        if finding.mend:
            click.echo(f"      → {finding.mend}")
    counts = {state: sum(finding.state is state for finding in findings) for state in State}
    click.echo(f"{counts[State.OK]} fine, {counts[State.WARN]} to look at, {counts[State.BAD]} broken.")
