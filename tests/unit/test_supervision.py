"""A platform that falls silent is built anew, alone; readiness tells the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.ports import Adapter, Door
from bot.supervision import Platform
from tests.integration.engine.room import MemoryDoor


class Deaf:
    """An adapter that runs and hears nothing."""

    def __init__(self, made: list[Adapter]) -> None:
        made.append(self)
        self.door = MemoryDoor()

    async def run(self) -> None:
        await asyncio.Event().wait()


async def no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


async def built(made: Sequence[Adapter], count: int) -> None:
    async with asyncio.timeout(3):
        while len(made) < count:
            await asyncio.sleep(0.01)


async def test_silence_is_noticed_and_the_adapter_rebuilt() -> None:
    made: list[Adapter] = []
    doors: dict[str, Door] = {}
    loop = asyncio.get_running_loop()
    platform = Platform(
        "x", lambda: Deaf(made), doors, heard=lambda: None, silence=0.05, clock=loop.time, sleep=no_pause
    )
    task = asyncio.create_task(platform.run())
    await built(made, 3)
    assert not platform.hearing
    task.cancel()
    await asyncio.wait([task])
    assert not platform.up


async def test_a_platform_that_hears_is_left_alone() -> None:
    made: list[Adapter] = []
    doors: dict[str, Door] = {}
    loop = asyncio.get_running_loop()
    platform = Platform(
        "x", lambda: Deaf(made), doors, heard=loop.time, silence=0.05, clock=loop.time, sleep=no_pause
    )
    task = asyncio.create_task(platform.run())
    await asyncio.sleep(0.2)
    assert len(made) == 1
    assert platform.hearing
    task.cancel()
    await asyncio.wait([task])
