"""kill -9 with turns open in every state, on both platforms: nothing is lost, said twice or paid twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.demo import DemoVenice
from bot.demo.faults import Fault
from bot.engine.recovery import BROKEN_OFF
from tests.e2e.program import Program
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram
from tests.integration.faults.sides import DiscordRoom, Room, TelegramRoom

ROOT = Path(__file__).parents[2]
CHAT = "/chat/completions"
KILLS = 4
STATES = ("received", "admitted", "called", "answering", "complete")


class Journal:
    """The database, read from outside."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "data" / "gondola.db"

    def rows(self, statement: str) -> list[tuple[str, int]]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            return connection.execute(statement).fetchall()

    def open_turns(self) -> Counter[str]:
        return Counter(
            dict(self.rows("select state, count(*) from turns where state <> 'settled' group by 1"))
        )

    def check_books(self) -> None:
        (held,) = self.rows("select '', count(*) from reservations")
        assert held[1] == 0
        assert all(n == 1 for _, n in self.rows("select reservation_id, count(*) from ledger group by 1"))
        (spent,) = self.rows("select '', sum(cost) from ledger")
        assert [used for _, used in self.rows("select counter, used from counters")] == [spent[1]]


async def until(true: Callable[[], bool], seconds: float = 25.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


class Street:
    """Fakes and a program that is killed again and again."""

    def __init__(self, folder: Path, tg: FakeTelegram, dc: FakeDiscord, demo: DemoVenice) -> None:
        self.folder, self.tg, self.dc, self.demo = folder, tg, dc, demo
        self.journal = Journal(folder)
        self.asked = 0

    async def start(self) -> Program:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bot.cli import main; main(['run'])",
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
            },
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        program = Program(process)
        known = len(self.dc.gateway.identifies)
        await program.says("open at")
        await until(lambda: len(self.dc.gateway.identifies) > known)
        return program

    def rooms(self) -> list[Room]:
        """A fresh one on each platform."""
        return [TelegramRoom(self.tg), DiscordRoom(self.dc)]

    def ask(self, room: Room) -> str:
        """A question nobody else asks; returns what marks it."""
        self.asked += 1
        mark = f"lamp{self.asked}x"
        room.ask(f"Write a story about {mark}")
        return mark

    def calls_about(self, mark: str) -> int:
        """How often Venice was asked that."""
        found = 0
        for request in self.demo.requests:
            if request.path == CHAT and isinstance(request.json, dict):
                messages = request.json["messages"]
                assert isinstance(messages, list)
                found += mark in str(messages[-1]) and request.status == 200
        return found


async def shown(room: Room, count: int = 1) -> None:
    await until(lambda: len(room.texts()) >= count)


async def open_turns(street: Street) -> dict[str, list[tuple[Room, str]]]:
    """Open turns in every state on both platforms."""
    made: dict[str, list[tuple[Room, str]]] = {state: [] for state in STATES}
    for room in street.rooms():
        room.spoil("edit", "429", times=1000)
        made["complete"].append((room, street.ask(room)))
    await until(lambda: street.journal.open_turns()["complete"] == 2)
    for state, fault in (
        ("answering", Fault.drip(0.2)),
        ("answering", Fault.drip(0.3)),
        ("called", Fault.hang()),
    ):
        for room in street.rooms():
            street.demo.faults.next(CHAT, fault)
            made[state].append((room, street.ask(room)))
            await until(lambda: not street.demo.faults.waiting)
    for room, _ in made["answering"]:
        await shown(room)
        made["received"].append((room, street.ask(room)))
    # From here on Venice says wait: whoever asks now is admitted, and in line.
    street.demo.faults.next(CHAT, Fault.status(429, reset_in=60.0))
    refused = street.rooms()[0]
    street.ask(refused)
    await shown(refused)
    for room in street.rooms():
        made["admitted"].append((room, street.ask(room)))
    await until(lambda: all(street.journal.open_turns()[state] >= len(made[state]) for state in STATES))
    return made


async def one_kill(street: Street, program: Program) -> Program:
    made = await open_turns(street)
    counts = street.journal.open_turns()
    sys.stdout.write(f"killed with {dict(counts)}\n")
    assert all(counts[state] for state in STATES)
    assert counts.total() >= 10
    program.process.send_signal(signal.SIGKILL)
    await program.ended()
    street.demo.faults.clear()
    street.tg.faults.clear()
    street.dc.faults.clear()
    again = await street.start()
    await until(lambda: not street.journal.open_turns().total())
    for state in ("received", "admitted", "complete"):
        for room, mark in made[state]:
            texts = "".join(room.texts())
            assert texts.count(f"Whoever looks at {mark} at this hour") == 1, (state, texts)
            assert texts.count(f"Seen from the water, {mark} is no longer") == 1, (state, texts)
            assert street.calls_about(mark) == 1, (state, mark)
    for state in ("called", "answering"):
        for room, mark in made[state]:
            assert room.texts().count(BROKEN_OFF) == 1, (state, room.texts())
            assert street.calls_about(mark) <= 1
    street.journal.check_books()
    return again


@pytest.mark.timeout(150)
async def test_killed_again_and_again(tmp_path: Path) -> None:
    async with FakeTelegram() as tg, FakeDiscord() as dc, DemoVenice(pace=1500) as demo:
        DiscordRoom(dc)
        street = Street(tmp_path, tg, dc, demo)
        program = await street.start()
        try:
            for _ in range(KILLS):
                program = await one_kill(street, program)
            assert await program.stop() == 0, program.output
        finally:
            if program.process.returncode is None:
                program.process.kill()
                await program.ended()
        assert tg.violations == []
        assert dc.violations == []
