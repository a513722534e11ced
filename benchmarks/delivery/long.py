"""Long conversations: what a turn costs after so many messages, and how much of a prompt is cached."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.stand.contestants import Contestant, environment, running
from benchmarks.stand.figures import letters, middle
from benchmarks.stand.stages import until_connected
from benchmarks.stand.telegram import TelegramStage
from benchmarks.stand.venice import Stream, TimedVenice
from bot.records import Closing, HistoryItem, Role, Summary, TurnState
from storage import open_store
from tests.fakes.telegram import FakeTelegram, TelegramLimits

SIZES = (10, 1_000, 10_000)
QUESTIONS = 20
TURNS = 40
REMEMBERED = 10
"""So many of the messages are newer than the summary, in every size: a long conversation has one."""
MOST_GROWTH = 1.25
"""The cost after the most messages may exceed that after the fewest by what measuring itself varies."""
LEAST_CACHED = 0.9


@dataclass(frozen=True, slots=True)
class Cost:
    """One turn after `messages`: seconds to Venice, CPU seconds and prompt tokens, at the median."""

    messages: int
    to_venice: float
    cpu: float
    prompt: float


@dataclass(frozen=True, slots=True)
class Share:
    """Prompt tokens over a conversation with answers of `answer` tokens: in all, how many of them had been
    sent before, and how many came from the cache."""

    answer: float
    prompt: int
    possible: int
    cached: int


@asynccontextmanager
async def _talking(
    count: int, messages: int
) -> AsyncGenerator[tuple[TelegramStage, TimedVenice, Contestant]]:
    """Gondola in one group with so many messages behind it, on a platform that refuses nothing."""
    async with TimedVenice(2_000.0, 0.02) as venice, FakeTelegram(limits=TelegramLimits.off()) as fake:
        stage = TelegramStage(fake, count, shared=True)
        with tempfile.TemporaryDirectory() as folder:
            await _fill(Path(folder), stage.conversation(0), messages)
            async with running(
                "gondola", Path(folder), environment(stage.environment, venice.base_url)
            ) as bot:
                await until_connected(stage)
                yield stage, venice, bot


async def _fill(folder: Path, conversation: str, messages: int) -> None:
    """What was said before, with a summary of all but the newest."""
    if not messages:
        return
    store = await open_store("", folder, instance="benchmark", clock=time.time)
    roles = (Role.PERSON, Role.BOT)
    said = [
        HistoryItem(conversation, roles[n % 2], f"Line {n} of a long talk about the ferry.", time.time())
        for n in range(messages)
    ]
    await store.turns.close([Closing("before", TurnState.SETTLED, history=tuple(said))])
    newest = await store.memory.recent(conversation, REMEMBERED + 1)
    await store.memory.summarise(
        Summary(conversation, "They talked about the ferry.", newest[0].id, time.time())
    )
    await store.close()


async def _ask(number: int, stage: TelegramStage, venice: TimedVenice, paragraphs: int) -> Stream:
    """One question and its whole answer."""
    stage.ask(number, paragraphs)
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(0.05)
            stream = venice.streams.get(number)
            if stream and stream.ended and letters(stage.text(number)) == letters(stream.text):
                return stream


async def cost_after(messages: int) -> Cost:
    """What one turn takes."""
    to_venice: list[float] = []
    cpu: list[float] = []
    prompt: list[float] = []
    async with _talking(1 + QUESTIONS, messages) as (stage, venice, bot):
        await _ask(0, stage, venice, 1)
        for number in range(1, 1 + QUESTIONS):
            used = await bot.cpu()
            stream = await _ask(number, stage, venice, 1)
            cpu.append(await bot.cpu() - used)
            to_venice.append(stream.called - stage.received(number))
            prompt.append(stream.prompt_tokens)
    return Cost(messages, middle(to_venice), middle(cpu), middle(prompt))


async def cached_share(paragraphs: int) -> Share:
    """Over a conversation of forty turns. What a prompt shares with the one before could be cached."""
    async with _talking(TURNS, 0) as (stage, venice, _):
        streams = [await _ask(number, stage, venice, paragraphs) for number in range(TURNS)]
    prompts = [stream.prompt_tokens for stream in streams]
    return Share(
        answer=middle([len(stream.text) / 4 for stream in streams]),
        prompt=sum(prompts),
        possible=sum(min(pair) for pair in pairwise(prompts)),
        cached=sum(stream.cached_tokens for stream in streams),
    )


async def perform(*, as_markdown: bool) -> bool:
    """Measure, print, and say whether the demands hold."""
    costs = [await cost_after(size) for size in SIZES]
    shares = [await cached_share(paragraphs) for paragraphs in (2, 5)]
    growth = costs[-1].cpu / costs[0].cpu
    print("\n".join(_markdown(costs, shares) if as_markdown else _plain(costs, shares)), flush=True)
    return growth <= MOST_GROWTH and all(one.cached >= LEAST_CACHED * one.possible for one in shares)


def _plain(costs: list[Cost], shares: list[Share]) -> list[str]:
    lines = [
        f"after {one.messages:>6,} messages: Venice called after {1_000 * one.to_venice:.0f} ms, "
        f"CPU {1_000 * one.cpu:.0f} ms, prompt {one.prompt:,.0f} tokens"
        for one in costs
    ]
    return lines + [
        f"{TURNS} turns, {one.answer:.0f} tokens an answer: {one.cached / one.possible:.1%} of what could be "
        f"cached was ({one.cached / one.prompt:.1%} of all {one.prompt:,} prompt tokens)"
        for one in shares
    ]


def _markdown(costs: list[Cost], shares: list[Share]) -> list[str]:
    lines = [
        "| messages before | Venice called, ms | CPU a turn, ms | prompt tokens |",
        "|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.messages:,} | {1_000 * one.to_venice:.0f} | {1_000 * one.cpu:.0f} | {one.prompt:,.0f} |"
        for one in costs
    ]
    lines += [
        "",
        "| tokens of an answer | cached, of what could be | cached, of all prompt tokens |",
        "|---:|---:|---:|",
    ]
    lines += [
        f"| {one.answer:.0f} | {one.cached / one.possible:.1%} | {one.cached / one.prompt:.1%} |"
        for one in shares
    ]
    return [*lines, ""]
