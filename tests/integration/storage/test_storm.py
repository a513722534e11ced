"""Four processes, three hundred turns each, on overlapping caps and credits: nothing is overspent, nothing is
stuck, and everything adds up."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import RowMapping, func, select

from bot.crediting import CreditKind, Movement
from bot.engine.money.caps import CapsBook, period_at
from bot.messages import Place
from bot.records import ALL_MEDIA, CapUnit, counter_key
from storage import SqlStore
from storage.tables import counters, credit_accounts, credit_movements, ledger, reservations, turns
from tests.contract.storage.houses import NOON, House, house
from tests.integration.storage.storm import CAPS, CREDITS, HELPERS, PEOPLE, TURNS

ROOT = Path(__file__).parents[3]
PROCESSES = 4
BOUND = 150.0
"""Seconds; a deadlock or a lost wake-up would take for ever."""


@pytest.fixture(
    name="built", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], ids=str
)
async def _built(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with house(request.param, tmp_path) as made:
        await prepared(made.store)
        yield made


async def prepared(store: SqlStore) -> None:
    """Caps, and credits for everybody."""
    book = CapsBook(store.money)
    for cap in CAPS:
        await book.put(cap, NOON)
    for person in (*PEOPLE, "fallen"):
        await store.credits.grant(Movement(person, CreditKind.GRANTED, CREDITS, NOON, person))


async def start(job: str, built: House, seed: int) -> Process:
    module = "tests.integration.storage.storm"
    command = (sys.executable, "-W", "error", "-m", module, job, built.url, str(built.data_dir), str(seed))
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=ROOT)


async def finished(process: Process) -> dict[str, int]:
    out, err = await asyncio.wait_for(process.communicate(), BOUND)
    assert (process.returncode, err.decode()) == (0, "")
    return json.loads(out)


def counted(row: RowMapping, book: CapsBook) -> Iterator[tuple[str, int, int]]:
    """Each counter that a line of the ledger belongs to, with its limit and what it counts."""
    _, platform, space = row["server"].split(":")
    place = Place(platform, space, row["channel"].rpartition(":")[2])
    book.know_roles(place, row["person"], ("test:helpers",) if row["person"] in HELPERS else ())
    for scope, cap in book.applying(place, row["person"]):
        if cap.medium in (row["medium"], ALL_MEDIA):
            own = scope.startswith("user:")
            cost = row["cost"] - row["credit"] if own else row["cost"]
            key = counter_key(scope, cap.medium, cap.unit, cap.period, period_at(cap.period, NOON).name)
            yield key, cap.limit, cost if cap.unit is CapUnit.MONEY else row["calls"]


@pytest.mark.timeout(BOUND + 30)
async def test_four_processes_storm_overlapping_caps(built: House) -> None:
    processes = [await start("storm", built, seed) for seed in range(PROCESSES)]
    try:
        told = await asyncio.gather(*(finished(process) for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert [one["deadlocks"] for one in told] == [0] * PROCESSES
    lines = await built.rows(select(ledger))
    assert sum(one["admitted"] for one in told) == len(lines) > TURNS
    refused = sum((Counter(one) for one in told), Counter[str]())
    for kind in ("bot.money", "server.money", "channel.money", "channel.count", "user.money"):
        assert refused[kind] > 0, f"{kind} was not put to the test: {refused}"

    assert await built.rows(select(reservations)) == []
    (row,) = await built.rows(select(func.count().label("open")).where(turns.c.state != "settled"))
    assert row["open"] == 0
    await adds_up(built)
    await credits_add_up(built)


async def adds_up(built: House) -> None:
    """Counters are what the ledger says, and beyond no cap by more than Venice billed beyond reservations."""
    book = CapsBook(built.store.money)
    await book.load()
    used: Counter[str] = Counter()
    overrun: Counter[str] = Counter()
    limits: dict[str, int] = {}
    for row in await built.rows(select(ledger)):
        for key, limit, amount in counted(row, book):
            used[key] += amount
            overrun[key] += max(0, row["cost"] - row["estimate"])
            limits[key] = limit
    stored = {row["counter"]: row["used"] for row in await built.rows(select(counters))}
    assert {key: amount for key, amount in stored.items() if amount} == {
        key: amount for key, amount in used.items() if amount
    }
    for key, amount in used.items():
        assert amount <= limits[key] + overrun[key], key


async def credits_add_up(built: House) -> None:
    """Balances are the sums of their movements, no lower than what Venice billed beyond reservations."""
    rows = await built.rows(select(ledger))
    movements = await built.rows(select(credit_movements))
    booked: Counter[str] = Counter()
    for row in movements:
        booked[row["person"]] += row["amount"]
    spent = {row["reference"]: -row["amount"] for row in movements if row["kind"] == CreditKind.SPENT.value}
    assert spent == {row["reservation_id"]: row["credit"] for row in rows if row["credit"]}
    assert len(spent) > len(PEOPLE)
    for account in await built.rows(select(credit_accounts)):
        assert (account["balance"], account["held"]) == (booked[account["person"]], 0)
        beyond = [max(0, row["cost"] - row["estimate"]) for row in rows if row["person"] == account["person"]]
        assert account["balance"] >= -sum(beyond)


async def test_who_is_killed_between_reserving_and_settling_is_swept_by_another(built: House) -> None:
    process = await start("fall", built, 1)
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
    finally:
        process.kill()
        await process.communicate()
    store, clock = built.store, built.clock
    assert await store.turns.sweep(clock()) == 0, "its lease has not run out"
    held = await store.credits.account("fallen")
    assert (held.balance, held.held) == (CREDITS, 200)
    clock.now += 120
    assert await store.turns.sweep(clock()) == 1
    (line,) = await built.rows(select(ledger))
    assert (line["cost"], line["credit"], line["uncertain"]) == (1_400, 200, True)
    swept = await store.credits.account("fallen")
    assert (swept.balance, swept.held) == (CREDITS - 200, 0)
    assert await store.turns.sweep(clock()) == 0
