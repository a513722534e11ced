"""kill -9 while a draft shows what no message holds: the words are still there afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.demo import DemoVenice
from bot.demo.faults import Fault
from bot.engine.flow.recovery import BROKEN_OFF
from tests.e2e.program import Program
from tests.fakes.telegram import FakeTelegram

ROOT = Path(__file__).parents[2]
CHAT = "/chat/completions"


async def start(folder: Path, tg: FakeTelegram, demo: DemoVenice) -> Program:
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
            "TELEGRAM_TOKEN": tg.token,
            "TELEGRAM_BASE_URL": tg.base_url,
            "VENICE_API_KEY": "key",
            "VENICE_BASE_URL": demo.base_url,
        },
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = Program(process)
    await program.says("open at")
    return program


async def test_what_the_draft_showed_is_not_lost(tmp_path: Path) -> None:
    async with FakeTelegram() as tg, DemoVenice(pace=1500) as demo:
        ann = tg.user("Ann")
        chat = tg.private(ann)
        program = await start(tmp_path, tg, demo)
        try:
            tg.say(chat, ann, "/settings streaming drafts")
            await tg.wait_text(chat, "drafts", timeout=20)
            demo.faults.next(CHAT, Fault.drip(0.02))
            tg.say(chat, ann, "Write a story about lamps")
            await tg.wait_for(
                lambda: (tg.drafts(chat) and len(tg.drafts(chat)[-1].content.text) > 60) or None
            )
            frame = tg.drafts(chat)[-1].content.text
            # The frame is told to the journal before it is on its way; the disk needs a moment.
            await asyncio.sleep(0.2)
            program.process.send_signal(signal.SIGKILL)
            await program.ended()
            demo.faults.clear()
            program = await start(tmp_path, tg, demo)
            notice = await tg.wait_text(chat, BROKEN_OFF, timeout=25)
            assert [button.text for button in notice.buttons] == ["Show it again", "Retry"]
            asked = sum(request.path == CHAT for request in demo.requests)
            tg.press(notice, "Show it again", ann)
            await tg.wait_text(chat, frame)
            assert sum(request.path == CHAT for request in demo.requests) == asked
            assert sum(BROKEN_OFF in message.text for message in tg.replies(chat)) == 1
            assert await program.stop() == 0, program.output
        finally:
            if program.process.returncode is None:
                program.process.kill()
                await program.ended()
        assert tg.violations == []
