"""Processes of their own for the storage tests: python -m tests.integration.storage.workers JOB ARGUMENTS."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.records import AccessRule, TurnMark, TurnState
from storage import open_store
from tests.contract.storage.houses import Clock, admission, intake, line


async def hold(url: str, data_dir: str) -> None:
    """Take in three turns, pay for one, say so, and wait to be killed in the middle of it."""
    store = await open_store(url, Path(data_dir), instance=f"p{os.getpid()}", clock=Clock())
    await store.turns.take_in([intake(name) for name in ("a", "b", "c")])
    await store.money.admit([admission("a", line("bot", 100, 1000), estimate=100), admission("b")])
    await store.turns.mark([TurnMark("t-a", TurnState.ANSWERING, ("m1",), "Once upon")])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def draw(url: str, data_dir: str) -> None:
    """Admit a hundred calls of 7 against a cap of 1000, twenty at once; print how many passed."""
    store = await open_store(url, Path(data_dir), instance=f"p{os.getpid()}", clock=time.time)
    me, passed = os.getpid(), 0
    for turn in range(5):
        batches = [
            [admission(f"{me}-{turn}-{batch}-{n}", line("bot", 7, 1000)) for n in range(5)]
            for batch in range(4)
        ]
        verdicts = await asyncio.gather(*(store.money.admit(batch) for batch in batches))
        passed += sum(each.count(None) for each in verdicts)
    await store.close()
    sys.stdout.write(f"{passed}\n")


async def visit(url: str, data_dir: str) -> None:
    """Open, read, write, close; the process must end by itself."""
    store = await open_store(url, Path(data_dir), instance="v", clock=time.time)
    await store.marks.put("visited", "yes")
    await asyncio.gather(*(store.marks.get("visited") for _ in range(10)))
    await store.close()


async def deny(url: str, data_dir: str) -> None:
    """Shut out a server."""
    store = await open_store(url, Path(data_dir), instance="d", clock=time.time)
    await store.access.put_rule(AccessRule("server:test:s1", allowed=False), "ann", time.time())
    await store.close()


JOBS: dict[str, Callable[[str, str], Awaitable[None]]] = {
    "hold": hold,
    "draw": draw,
    "visit": visit,
    "deny": deny,
}


async def main(job: str, url: str, data_dir: str) -> None:
    """Run one job."""
    await JOBS[job](url, data_dir)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
