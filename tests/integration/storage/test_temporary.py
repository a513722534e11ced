"""What SQLite writes beside the database while it cleans it stays in the data directory."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, os, sys, threading, time
from pathlib import Path
from sqlalchemy import insert
from storage import open_store
from storage.tables import marks

seen, over = set(), threading.Event()

def watch():
    while not over.is_set():
        for number in os.listdir("/proc/self/fd"):
            try:
                found = os.readlink(f"/proc/self/fd/{number}")
            except OSError:
                continue
            if "etilqs" in found:
                seen.add(os.path.dirname(found))

async def main():
    store = await open_store("", Path(sys.argv[1]), instance="a", clock=time.time)
    async with store:
        rows = [{"name": f"m{n}", "value": "quixotry" * 1000} for n in range(4000)]
        await store.database.write(lambda connection: connection.execute(insert(marks), rows))
        watcher = threading.Thread(target=watch)
        watcher.start()
        for _ in range(5):
            await store.people.clean()
        over.set()
        watcher.join()
    print(sorted(seen))

asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at the open files of a process")
async def test_cleaning_leaves_the_data_directory_alone(tmp_path: Path) -> None:
    folder = tmp_path / "it's data"
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROGRAM, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ran.stdout.strip() == str([str(folder)])
