"""What a turn costs and how long it takes, for Gondola and for a bare loop, in one run.

Venice, Telegram and Discord are the stand-ins of this repository and run in this process; each bot runs in
a process of its own, so that its CPU is its own. Run: python -m benchmarks.turn [--quick] [--markdown]
"""

from __future__ import annotations

import argparse
import asyncio

from benchmarks.stand.play import Scene, play
from benchmarks.turn.report import Pair, conditions, markdown, plain

ROUNDS = {1: 5, 50: 3}
"""How often a small setting is repeated; others run once."""

PARAGRAPHS = 5
"""So many make 485 tokens: as near to 500 as one message on Discord allows."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.turn", description=__doc__)
    parser.add_argument("--conversations", type=int, nargs="+", default=[1, 50, 200], metavar="N")
    parser.add_argument(
        "--platform", nargs="+", default=["telegram", "discord"], choices=["telegram", "discord"]
    )
    parser.add_argument("--rounds", type=int, default=0, help="repeat each setting so often")
    parser.add_argument("--pace", type=float, default=100.0, help="tokens a second of one answer")
    parser.add_argument("--thinking", type=float, default=0.3, help="seconds before the first token")
    parser.add_argument("--no-limits", action="store_true", help="platforms that refuse no call")
    parser.add_argument("--quick", action="store_true", help="one round each, ten conversations at most")
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    return parser.parse_args()


async def _compare(scene: Scene) -> Pair:
    bare = await play("bare", scene)
    return Pair(scene, await play("gondola", scene), bare)


def _scene(chosen: argparse.Namespace, platform: str, count: int) -> Scene:
    return Scene(
        platform,
        count,
        rounds=chosen.rounds or (1 if chosen.quick else ROUNDS.get(count, 1)),
        pace=chosen.pace,
        paragraphs=PARAGRAPHS,
        thinking=chosen.thinking,
        limits=not chosen.no_limits,
    )


def main() -> None:
    """Measure and print, setting by setting."""
    chosen = _arguments()
    counts: list[int] = chosen.conversations
    if chosen.quick:
        counts = sorted({min(count, 10) for count in counts})
    scenes = [_scene(chosen, platform, count) for platform in chosen.platform for count in counts]
    print(conditions(scenes[0]), end="\n\n", flush=True)
    for scene in scenes:
        pair = asyncio.run(_compare(scene))
        if pair.gondola.missing or pair.bare.missing:
            print(f"answers missing: Gondola {pair.gondola.missing}, bare loop {pair.bare.missing}")
        print(markdown(pair) if chosen.markdown else plain(pair), flush=True)


if __name__ == "__main__":
    main()
