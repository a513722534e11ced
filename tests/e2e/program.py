"""The real program as a process of its own, pointed at servers on loopback."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

GONDOLA = Path(sys.executable).parent / "gondola"
START_SECONDS = 60.0


class Program:
    """A running `gondola run`. `output` is stdout and stderr so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""
        self._reader = asyncio.create_task(self._read())

    async def says(self, pattern: str, seconds: float = START_SECONDS) -> re.Match[str]:
        """Wait until the output matches."""
        async with asyncio.timeout(seconds):
            while (found := re.search(pattern, self.output)) is None:
                if self._reader.done():
                    raise AssertionError(f"ended without saying {pattern!r}:\n{self.output}")
                await asyncio.sleep(0.02)
        return found

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self, seconds: float = 30.0) -> int:
        """The exit code, once the process has ended by itself."""
        async with asyncio.timeout(seconds):
            await self._reader
            return await self.process.wait()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while chunk := await self.process.stdout.read(65_536):
            self.output += chunk.decode("utf-8", "replace")


async def start(folder: Path, **environment: str) -> Program:
    """Start with nothing of the caller's configuration; the page takes a free port."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "127.0.0.1"}
    if source := os.environ.get("PYTHONPATH"):
        clean["PYTHONPATH"] = source  # another checkout than the installed one
    settings = {"GONDOLA_DATA_DIR": str(folder / "data"), "GONDOLA_HTTP": "127.0.0.1:0", **environment}
    process = await asyncio.create_subprocess_exec(
        str(GONDOLA),
        "run",
        env=clean | settings,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return Program(process)


@asynccontextmanager
async def running(folder: Path, **environment: str) -> AsyncGenerator[Program]:
    """A program that has opened its page; stopped at the end, and it must stop cleanly."""
    program = await start(folder, **environment)
    try:
        await program.says(r"Gondola is open at (\S+)")
        yield program
        assert await program.stop() == 0, program.output
    finally:
        if program.process.returncode is None:
            program.process.kill()
            await program.ended()
