"""Plays one scene with one bot: a fresh Venice, a fresh platform, people who ask when their time comes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stand.contestants import MEMORY, Contestant, environment, running
from benchmarks.stand.figures import busiest, letters
from benchmarks.stand.stages import Stage, open_stage, until_connected
from benchmarks.stand.venice import TimedVenice

QUIET_SECONDS = 2.6
"""Waited at least twice: longer than the windows of the platforms, so that every round begins with empty
ones."""
PATIENCE_SECONDS = 100.0
"""For so long after the last question an answer is waited for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`people` ask, one every `every` seconds (0: all at the same instant), each in a place of their own or
    all in one (`shared`), there with a conversation of their own; `rounds` times, each time in new places.
    Venice writes `pace` tokens a second after `thinking` seconds; `limits` says whether the platform refuses
    too many calls as the real one does."""

    platform: str
    people: int
    rounds: int = 1
    shared: bool = False
    every: float = 0.0
    pace: float = 50.0
    paragraphs: int = 2
    thinking: float = 0.3
    limits: bool = True


@dataclass(slots=True)
class Played:
    """Seconds, one entry an answer (`cpu`, `calls` and `refused`: one a round, per answer). `took` is from
    the first question to the last answer's end, the longest of the rounds; `missing` answers are not there
    or not whole."""

    to_venice: list[float] = field(default_factory=list[float])
    to_visible: list[float] = field(default_factory=list[float])
    to_complete: list[float] = field(default_factory=list[float])
    streaming: list[float] = field(default_factory=list[float])
    chars: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    calls: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])
    took: float = 0.0
    missing: int = 0
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def busiest(self, seconds: float, *kinds: str) -> int:
        """The most calls of these kinds that fell into any window of that length."""
        return busiest([at for kind in kinds for at in self.times[kind]], seconds)


async def play(name: str, scene: Scene) -> Played:
    """The bot `name` in this scene. One conversation before it warms connections and caches."""
    rounds = 1 if scene.shared else scene.rounds
    count = 1 + scene.people * rounds
    async with (
        TimedVenice(scene.pace, scene.thinking) as venice,
        open_stage(scene.platform, count, limits=scene.limits, shared=scene.shared) as stage,
    ):
        with tempfile.TemporaryDirectory() as folder:
            memory = {MEMORY: "personal" if scene.shared else "shared"}
            surroundings = environment(stage.environment, venice.base_url) | memory
            async with running(name, Path(folder), surroundings) as bot:
                await until_connected(stage)
                played = Played()
                await _round(range(1), scene, stage, venice, bot, Played())
                for turn in range(rounds):
                    first = 1 + turn * scene.people
                    await _round(range(first, first + scene.people), scene, stage, venice, bot, played)
    played.times = {kind: stage.times(kind) for kind in ("send", "edit", "typing")}
    return played


async def _round(
    numbers: range, scene: Scene, stage: Stage, venice: TimedVenice, bot: Contestant, played: Played
) -> None:
    cpu, calls, refused, began = await bot.cpu(), stage.calls, stage.refused, time.monotonic()
    for number in numbers:
        await asyncio.sleep(max(0.0, began + scene.every * (number - numbers[0]) - time.monotonic()))
        stage.ask(number, scene.paragraphs)
    missing = await _answered(numbers, stage, venice)
    played.missing += len(missing)
    played.cpu.append((await bot.cpu() - cpu) / len(numbers))
    played.calls.append((stage.calls - calls) / len(numbers))
    played.refused.append((stage.refused - refused) / len(numbers))
    for number in numbers:
        if number not in missing:
            _note(number, stage, venice, played)
            played.took = max(played.took, stage.shown(number)[-1] - began)


def _note(number: int, stage: Stage, venice: TimedVenice, played: Played) -> None:
    stream, shown = venice.streams[number], stage.shown(number)
    assert stream.first is not None
    assert stream.last is not None
    assert stream.worth_showing is not None
    played.to_venice.append(stream.called - stage.received(number))
    played.to_visible.append(shown[0] - stream.worth_showing)
    played.to_complete.append(shown[-1] - stream.last)
    played.streaming.append(stream.last - stream.first)
    played.chars.append(len(stream.text))


async def _answered(numbers: range, stage: Stage, venice: TimedVenice) -> set[int]:
    """Until every answer stands whole and nothing has changed for a while; returns those still missing."""
    waiting = set(numbers)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while waiting and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        waiting = {number for number in waiting if not _whole(number, stage, venice)}
    calls = -1
    while calls != stage.calls:
        calls = stage.calls
        await asyncio.sleep(QUIET_SECONDS)
    return {number for number in numbers if not _whole(number, stage, venice)}


def _whole(number: int, stage: Stage, venice: TimedVenice) -> bool:
    """Whether exactly what Venice wrote is visible, each word once."""
    stream = venice.streams.get(number)
    ended = stream is not None and stream.ended
    return stream is not None and ended and letters(stage.text(number)) == letters(stream.text)
