"""kill -9, and people go on writing on Discord: the next process answers what it missed, once."""

from __future__ import annotations

import asyncio
import math
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.demo import DemoVenice
from tests.e2e.program import Program
from tests.fakes.discord import FakeDiscord

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(folder: Path, dc: FakeDiscord, demo: DemoVenice) -> AsyncGenerator[Program]:
    """The program, once it listens; killed at the end where it still runs."""
    known = len(dc.gateway.identifies)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bot.cli import main; main(['run'])",
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "NO_PROXY": "127.0.0.1",
            "GONDOLA_DATA_DIR": str(folder / "data"),
            "GONDOLA_HTTP": "127.0.0.1:0",
            "GONDOLA_ACCESS": "open",
            "DISCORD_TOKEN": dc.token,
            "DISCORD_BASE_URL": dc.base_url,
            "VENICE_API_KEY": "key",
            "VENICE_BASE_URL": demo.base_url,
        },
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = Program(process)
    try:
        await program.says("open at")
        await dc.wait_for(lambda: len(dc.gateway.identifies) > known, timeout=20)
        yield program
    finally:
        if program.process.returncode is None:
            program.process.kill()
        await program.ended()


async def test_what_was_said_after_a_kill(tmp_path: Path) -> None:
    async with FakeDiscord() as dc, DemoVenice(pace=math.inf) as demo:
        guild, ann = dc.guild("Canal"), dc.user("ann")
        dc.member(guild, ann)
        talk, fresh = dc.channel(guild, "talk"), dc.channel(guild, "fresh")
        chat = dc.dm(ann)
        async with running(tmp_path, dc, demo):
            dc.say(talk, ann, "Write a haiku", mention_bot=True)
            dc.say(chat, ann, "Write a haiku")
            for place in (talk, chat):
                await dc.wait_answers(place, 1, timeout=20)
            await asyncio.sleep(0.5)  # within moments of its very first word a crash may forget a chat
        for place in (talk, fresh, chat):
            dc.say(place, ann, "Write a poem", mention_bot=True)
        async with running(tmp_path, dc, demo) as program:
            await program.says("caught_up")
            for place, count in ((talk, 2), (fresh, 1), (chat, 2)):
                await dc.wait_answers(place, count, timeout=20)
            assert await program.stop() == 0, program.output
        shown = [[one.content for one in dc.answers(place)] for place in (talk, fresh, chat)]
        assert [len(texts) for texts in shown] == [2, 1, 2], shown
        assert len([request for request in demo.requests if request.path == "/chat/completions"]) == 5
        assert dc.violations == []
