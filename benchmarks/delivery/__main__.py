"""How promptly and wholly answers are delivered, scene by scene, beside a bare loop in the same run.

Venice and the platforms are the stand-ins of this repository, with the limits of the real ones, and run in
this process; each bot runs in a process of its own.
Run: python -m benchmarks.delivery [--only NAME …] [--markdown]
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from benchmarks.delivery import long, report
from benchmarks.delivery.scenes import ACTS, Act
from benchmarks.stand.conditions import machine
from benchmarks.stand.play import play

LONG = "long"


def _arguments() -> argparse.Namespace:
    names = [*(act.name for act in ACTS), LONG]
    parser = argparse.ArgumentParser(prog="benchmarks.delivery", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=names, choices=names, metavar="NAME", help=", ".join(names)
    )
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    return parser.parse_args()


async def _perform(act: Act, *, as_markdown: bool) -> bool:
    bare = await play("bare", act.scene)
    own = await play("gondola", act.scene)
    print((report.markdown if as_markdown else report.plain)(act, own, bare), flush=True)
    return all(holds for *_, holds in report.verdicts(act, own, bare))


def main() -> None:
    """Play, print, and exit with 1 if a demand does not hold."""
    chosen = _arguments()
    print(machine(), end="\n\n", flush=True)
    hold = [
        asyncio.run(_perform(act, as_markdown=chosen.markdown)) for act in ACTS if act.name in chosen.only
    ]
    if LONG in chosen.only:
        hold.append(asyncio.run(long.perform(as_markdown=chosen.markdown)))
    sys.exit(not all(hold))


if __name__ == "__main__":
    main()
