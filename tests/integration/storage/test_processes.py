"""Real second processes: exclusion, kill -9, exact caps across processes, and an exit that does not hang."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import OperatorError
from bot.records import TurnState
from storage import open_store
from tests.contract.storage.houses import NOON, Clock, line, schema

ROOT = Path(__file__).parents[3]


async def start(job: str, url: str, data_dir: Path) -> Process:
    """A worker process."""
    module = "tests.integration.storage.workers"
    command = (sys.executable, "-W", "error", "-m", module, job, url, str(data_dir))
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=ROOT)


async def finish(process: Process) -> str:
    """Its output; fails on any complaint."""
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()


@asynccontextmanager
async def holder(url: str, data_dir: Path) -> AsyncGenerator[Process]:
    """A process in the middle of its turns."""
    process = await start("hold", url, data_dir)
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_second_process_on_one_data_directory_is_refused(tmp_path: Path) -> None:
    async with holder("", tmp_path):
        with pytest.raises(OperatorError) as caught:
            await open_store("", tmp_path, instance="second", clock=time.time)
    text = caught.value.reader_text
    assert str(tmp_path) in text
    assert "Another Gondola is running" in text
    assert "\n" not in text
    # The lock died with its holder.
    await (await open_store("", tmp_path, instance="third", clock=time.time)).close()


async def test_after_kill_9_the_next_start_finds_everything_at_once(tmp_path: Path) -> None:
    async with holder("", tmp_path) as process:
        process.kill()
        await process.wait()
        async with await open_store("", tmp_path, instance="next", clock=Clock()) as store:
            found = {turn.turn_id: turn for turn in await store.turns.claim_expired(10)}
            assert {name: turn.state for name, turn in found.items()} == {
                "t-a": TurnState.ANSWERING,
                "t-b": TurnState.ADMITTED,
                "t-c": TurnState.RECEIVED,
            }
            assert (found["t-a"].text, found["t-a"].refs) == ("Once upon", ("m1",))
            assert await store.turns.sweep(NOON) == 2
            (state,) = await store.money.counters([line("bot", 0, 0).counter])
            assert state.used == 100


@pytest.mark.postgres
async def test_on_postgres_the_killed_ones_lease_runs_out_first(tmp_path: Path) -> None:
    async with schema() as url, holder(url, tmp_path) as process:
        process.kill()
        await process.wait()
        clock = Clock()
        async with await open_store(url, tmp_path, instance="next", clock=clock) as store:
            assert await store.turns.claim_expired(10) == []
            clock.now += 61
            assert len(await store.turns.claim_expired(10)) == 3


@pytest.mark.postgres
async def test_four_processes_draw_a_cap_exactly(tmp_path: Path) -> None:
    async with schema() as url:
        processes = [await start("draw", url, tmp_path) for _ in range(4)]
        passed = [int(await finish(process)) for process in processes]
        assert sum(passed) == 1000 // 7
        async with await open_store(url, tmp_path, instance="check", clock=time.time) as store:
            (state,) = await store.money.counters([line("bot", 0, 0).counter])
            assert state.used == 1000 // 7 * 7


async def test_a_process_that_closed_its_store_ends(tmp_path: Path) -> None:
    assert await finish(await start("visit", "", tmp_path)) == ""


@pytest.mark.postgres
async def test_a_process_that_closed_its_postgres_store_ends(tmp_path: Path) -> None:
    async with schema() as url:
        assert await finish(await start("visit", url, tmp_path)) == ""


async def test_closing_and_failing_to_open_leave_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    async with await open_store("", tmp_path, instance="a", clock=time.time) as store:
        await asyncio.gather(*(store.marks.get("x") for _ in range(8)))
        assert set(threading.enumerate()) - before  # one of another test's may just have ended
    (tmp_path / "gondola.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(OperatorError):
        await open_store("", tmp_path, instance="a", clock=time.time)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before
