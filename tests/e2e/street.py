"""A program between fakes that is killed again and again, and what must be true of it in the end."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from bot.demo import DemoVenice
from bot.engine.flow.recovery import BROKEN_OFF, PART_UNSURE
from tests.e2e.program import Program
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.faults.sides import DiscordRoom, Room, TelegramRoom

ROOT = Path(__file__).parents[2]
CHAT = "/chat/completions"
LAUNCH = "from bot.cli import main; main(['run'])"
ALONE = """
from dataclasses import replace
from bot.engine.settings.declared import SETTINGS
SETTINGS["fallback"] = replace(SETTINGS["fallback"], default="off")
"""
"""No model steps in for another, so that who is told to wait waits in line."""
QUICK_LEASES = "import bot.app; bot.app.LEASE_SECONDS, bot.app.HOUSEKEEPING_SECONDS = 1.5, 0.3; "
"""On PostgreSQL others may be alive, so a dead process's turns wait for its lease: a minute, here less."""


class Journal:
    """The database, read from outside. `url` is PostgreSQL's, "" for SQLite in the folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self._path = folder / "data" / "gondola.db"
        self._url = url

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query that both databases understand."""
        if self._url:
            with psycopg.connect(self._url) as server:
                return server.execute(statement.encode()).fetchall()
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            return connection.execute(statement).fetchall()

    def open_turns(self) -> Counter[tuple[str, str]]:
        """How many turns are open, by platform and state."""
        rows = self.rows("select conversation, state from turns where state <> 'settled'")
        return Counter((conversation.partition(":")[0], state) for conversation, state in rows)

    def in_state(self, state: str) -> set[str]:
        """The conversations with a turn in that state."""
        return {row[0] for row in self.rows(f"select conversation from turns where state = '{state}'")}

    def events(self) -> int:
        """How many events were taken in."""
        return self.rows("select count(*) from events")[0][0]

    def ledger(self, *, uncertain: bool) -> Counter[int]:
        """What was booked, in micro-USD: from Venice's bill, or from an estimate. Free calls are left out."""
        rows = self.rows("select cost, uncertain from ledger where cost > 0")
        return Counter(cost for cost, estimated in rows if bool(estimated) is uncertain)

    def check_books(self) -> None:
        """Nothing is open or reserved, nothing is booked twice, and the counter is the ledger's sum."""
        assert not self.open_turns()
        assert self.rows("select count(*) from reservations") == [(0,)]
        twice = "select reservation_id from ledger group by reservation_id having count(*) > 1"
        assert self.rows(twice) == []
        counted = self.rows("select sum(used) from counters")
        assert [int(row[0]) for row in counted] == [int(self.rows("select sum(cost) from ledger")[0][0])]


async def until(true: Callable[[], object], seconds: float = 25.0, *, pause: float = 0.05) -> None:
    """Wait for a condition that is looked up now and then."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(pause)


class Street:
    """The fakes, the database, and the program as it runs now. `asked` holds who asked what."""

    def __init__(self, folder: Path, url: str, tg: FakeTelegram, dc: FakeDiscord, demo: DemoVenice) -> None:
        self.folder, self.url, self.tg, self.dc, self.demo = folder, url, tg, dc, demo
        self.journal = Journal(folder, url)
        self.asked: dict[str, Room] = {}
        self.program: Program | None = None
        self.unsure: set[str] = set()
        """Conversations whose last words may or may not have left as the program was killed."""

    async def start(self, before: str = "") -> Program:
        """Start the program; returns once both platforms are there. `before` is Python run first."""
        known = len(self.dc.gateway.identifies)
        program = await self.launch(before)
        await program.says("open at")
        await until(lambda: len(self.dc.gateway.identifies) > known)
        return program

    async def launch(self, before: str = "") -> Program:
        """Start the program without waiting for it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            (QUICK_LEASES if self.url else "") + ALONE + before + LAUNCH,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONPATH": str(ROOT),
                "NO_PROXY": "127.0.0.1",
                "GONDOLA_DATA_DIR": str(self.folder / "data"),
                "GONDOLA_HTTP": "127.0.0.1:0",
                "GONDOLA_ACCESS": "open",
                "TELEGRAM_TOKEN": self.tg.token,
                "TELEGRAM_BASE_URL": self.tg.base_url,
                "DISCORD_TOKEN": self.dc.token,
                "DISCORD_BASE_URL": self.dc.base_url,
                "VENICE_API_KEY": "key",
                "VENICE_BASE_URL": self.demo.base_url,
                **({"DATABASE_URL": self.url} if self.url else {}),
            },
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self.program = Program(process)
        return self.program

    async def kill(self, why: str, *, unsure: bool = False) -> Counter[str]:
        """kill -9. Prints and returns how many turns it left open, by state. `unsure`: words marked as
        delivered may not have left yet."""
        assert self.program is not None
        self.program.process.send_signal(signal.SIGKILL)
        await self.program.ended()
        left = self.journal.open_turns()
        if unsure:
            self.unsure |= self.journal.in_state("delivered")
        counts: Counter[str] = Counter()
        for (_, state), count in left.items():
            counts[state] += count
        sys.stdout.write(f"killed {why}: {counts.total()} open turns {dict(sorted(counts.items()))}\n")
        for faults in (self.demo.faults, self.tg.faults, self.dc.faults):
            faults.clear()
        return counts

    async def end(self) -> None:
        """Whatever happened, no program is left. Prints what tells why a test failed."""
        sys.stdout.write(f"open turns at the end: {dict(self.journal.open_turns())}\n")
        if self.program is not None and self.program.process.returncode is None:
            self.program.process.kill()
            await self.program.ended()
        if self.program is not None:
            sys.stdout.write("".join(self.program.output)[-4_000:])

    def rooms(self, count: int = 1) -> list[Room]:
        """Fresh ones on each platform."""
        return [room for _ in range(count) for room in (TelegramRoom(self.tg), DiscordRoom(self.dc))]

    def ask(self, room: Room) -> str:
        """A question nobody else asks; returns what marks it."""
        mark = f"lamp{len(self.asked) + 1}x"
        self.asked[mark] = room
        room.ask(f"Write a story about {mark}")
        return mark

    # --- what became of a question ---

    def calls(self, mark: str) -> list[int]:
        """What Venice charged for each call about it, in micro-USD rounded up."""
        found: list[int] = []
        for request in self.demo.requests:
            if request.path == CHAT and isinstance(request.json, dict):
                messages = request.json["messages"]
                assert isinstance(messages, list)
                if mark in str(messages[-1]):
                    found.append(math.ceil(round(request.cost_usd * 1e6, 6)))
        return found

    def is_whole(self, mark: str) -> bool:
        """Whether beginning and end of its answer are there. No answer text may be there twice, and Venice
        was asked at most once."""
        story = "".join(self.asked[mark].texts())
        counts = {
            story.count(f"Whoever looks at {mark} at this hour"),
            story.count(f"Seen from the water, {mark} is no longer"),
        }
        assert max(counts) <= 1, story
        assert len(self.calls(mark)) <= 1, mark
        return counts == {1}

    def check_room(self, room: Room) -> None:
        """Each question has its whole answer or one honest sentence."""
        marks = [mark for mark, asked_in in self.asked.items() if asked_in is room]
        texts = room.texts()
        missing = sum(not self.is_whole(mark) for mark in marks)
        silent = isinstance(room, TelegramRoom) and f"telegram::{room.chat.id}:" in self.unsure
        sentences = sum(texts.count(one) for one in (BROKEN_OFF, PART_UNSURE))
        assert missing - silent <= sentences <= len(marks), (marks, texts)

    def check_all(self, answered: Sequence[str]) -> None:
        """Every question ever asked, and the money of all of them. Those `answered` must be whole."""
        for room in self.asked.values():
            self.check_room(room)
        for mark in answered:
            assert self.is_whole(mark), self.asked[mark].texts()
            assert len(self.calls(mark)) == 1, mark
        self.journal.check_books()
        billed = Counter(cost for mark in self.asked for cost in self.calls(mark) if cost)
        certain, estimated = (self.journal.ledger(uncertain=one) for one in (False, True))
        assert Counter(cost for mark in answered for cost in self.calls(mark)) <= certain <= billed
        # Every call is booked once; one that the kill came before may be booked, too.
        called = sum(len(self.calls(mark)) for mark in self.asked)
        assert called <= certain.total() + estimated.total() <= len(self.asked)
        # An estimate is the worst case.
        assert sum(cost * n for cost, n in (certain + estimated).items()) >= sum(
            cost * n for cost, n in billed.items()
        )
        whole = sum(self.is_whole(mark) for mark in self.asked)
        sys.stdout.write(
            f"{len(self.asked)} questions: {whole} whole answers, {len(self.asked) - whole} broken off; "
            f"{certain.total()} calls booked as billed, {estimated.total()} at their estimate\n"
        )
