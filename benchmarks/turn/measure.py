"""One measurement: a fresh Venice, a fresh platform, one bot, and many people who ask at once."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stand.contestants import Contestant, environment, running
from benchmarks.stand.stages import Stage, open_stage, until_connected
from benchmarks.stand.venice import TimedVenice

ENDING = "real answers from Venice.)"
"""The demo's first answer in a conversation ends so."""

QUIET_SECONDS = 1.5
"""Longer than the windows of the platforms, so that every round begins with empty ones."""
PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Options:
    """`pace`: tokens a second; `thinking`: seconds before the first token; `limits`: whether the platform
    refuses too many calls, as the real one does."""

    pace: float
    thinking: float
    limits: bool


@dataclass(slots=True)
class Measured:
    """Seconds, one entry an answer (`cpu`, `calls` and `refused`: one a round, per answer)."""

    to_venice: list[float] = field(default_factory=list[float])
    to_visible: list[float] = field(default_factory=list[float])
    to_complete: list[float] = field(default_factory=list[float])
    streaming: list[float] = field(default_factory=list[float])
    chars: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    calls: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])


async def measure(name: str, platform: str, count: int, rounds: int, options: Options) -> Measured:
    """`count` people ask at once, `rounds` times, each time in new conversations.

    One conversation before them warms connections and caches and is not counted.
    """
    async with (
        TimedVenice(options.pace, options.thinking) as venice,
        open_stage(platform, 1 + count * rounds, limits=options.limits) as stage,
    ):
        with tempfile.TemporaryDirectory() as folder:
            async with running(name, Path(folder), environment(stage.environment, venice.base_url)) as bot:
                await until_connected(stage)
                measured = Measured()
                await _round(range(1), stage, venice, bot, Measured())
                for turn in range(rounds):
                    first = 1 + turn * count
                    await _round(range(first, first + count), stage, venice, bot, measured)
                return measured


async def _round(
    numbers: range, stage: Stage, venice: TimedVenice, bot: Contestant, measured: Measured
) -> None:
    cpu, calls, refused = await bot.cpu(), stage.calls, stage.refused
    for number in numbers:
        stage.ask(number)
    await _answered(numbers, stage)
    measured.cpu.append((await bot.cpu() - cpu) / len(numbers))
    measured.calls.append((stage.calls - calls) / len(numbers))
    measured.refused.append((stage.refused - refused) / len(numbers))
    for number in numbers:
        _note(number, stage, venice, measured)


def _note(number: int, stage: Stage, venice: TimedVenice, measured: Measured) -> None:
    stream, shown = venice.streams[number], stage.shown(number)
    assert stream.first is not None
    assert stream.last is not None
    assert stream.worth_showing is not None
    measured.to_venice.append(stream.called - stage.received(number))
    measured.to_visible.append(shown[0] - stream.worth_showing)
    measured.to_complete.append(shown[-1] - stream.last)
    measured.streaming.append(stream.last - stream.first)
    measured.chars.append(len(stream.text))


async def _answered(numbers: range, stage: Stage) -> None:
    """Until every answer is there to its end, and nothing has changed for a while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = set(numbers)
    while waiting:
        await asyncio.sleep(0.2)
        waiting = {number for number in waiting if not stage.text(number).rstrip("* ").endswith(ENDING)}
        if time.monotonic() > deadline:
            some = min(waiting)
            raise TimeoutError(f"{len(waiting)} answers missing; number {some}: {stage.text(some)!r}")
    calls = -1
    while calls != stage.calls:
        calls = stage.calls
        await asyncio.sleep(QUIET_SECONDS)
