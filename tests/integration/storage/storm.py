"""Turns that storm the same caps from several processes: python -m tests.integration.storage.storm JOB URL
FOLDER SEED. Everything is paid through the real cashier; Venice is a stand-in that bills what it likes."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.declarations import Medium
from bot.engine.batching import Batcher, each
from bot.engine.money.caps import CapsBook
from bot.engine.money.cashier import Cashier, Payer
from bot.errors import CapReached, VeniceError, VeniceFailure
from bot.messages import Place
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit, Closing, Intake, Settlement, TurnState
from storage import SqlStore, open_store
from storage.database import Database, Work, sqlite_database
from storage.lease import Lease
from storage.location import SqliteFile, locate
from storage.money import SqlMoney
from storage.settling import lines_from_json
from storage.tables import counters, credit_accounts, reservations
from tests.contract.storage.houses import NOON, Clock

TURNS = 300
PEOPLE = tuple(f"p{n}" for n in range(12))
HELPERS = PEOPLE[:4]
"""Those who have a role with an allowance of its own."""
SERVERS = ("1", "2", "3")
MEDIA = (Medium.CHAT, Medium.CHAT, Medium.IMAGE, Medium.VOICE)
MONEY, COUNT = CapUnit.MONEY, CapUnit.COUNT
DAY, WEEK, MONTH = CapPeriod.DAY, CapPeriod.WEEK, CapPeriod.MONTH
CAPS = (
    Cap("bot", ALL_MEDIA, MONEY, DAY, 17_000),
    Cap("bot", "voice", COUNT, WEEK, 200),
    Cap("server:*", ALL_MEDIA, MONEY, MONTH, 30_000),
    Cap("server:test:2", ALL_MEDIA, MONEY, MONTH, 2_500),
    Cap("server:test:1", "image", MONEY, DAY, 2_500),
    Cap("channel:*", ALL_MEDIA, MONEY, DAY, 2_200),
    Cap("channel:test:11", ALL_MEDIA, MONEY, DAY, 400),
    Cap("channel:test:12", "chat", COUNT, DAY, 6),
    Cap("user:*", ALL_MEDIA, MONEY, DAY, 1_200),
    Cap("user:*", "image", MONEY, MONTH, 600),
    Cap("user:*", ALL_MEDIA, COUNT, DAY, 70),
    Cap("user:p11", ALL_MEDIA, MONEY, DAY, 100),
    Cap("role:test:helpers", ALL_MEDIA, MONEY, DAY, 1_600),
)
CREDITS = 700
Result = TypeVar("Result")


class Watched(Database):
    """A database that looks, in the very transaction that admits, at every counter and credit account that it
    drew on. Only one transaction of a cashier runs at a time."""

    def __init__(self, inner: Database, instance: str) -> None:
        self._inner = inner
        self._instance = instance
        self._seen: set[str] = set()
        self.admitted = 0

    async def read(self, work: Work[Result]) -> Result:
        return await self._inner.read(work)

    async def write(self, work: Work[Result]) -> Result:
        new: set[str] = set()

        async def checked(connection: AsyncConnection) -> Result:
            result = await work(connection)
            new.clear()
            new.update(await self._check(connection))
            return result

        result = await self._inner.write(checked)
        self._seen |= new
        self.admitted += len(new)
        return result

    async def _check(self, connection: AsyncConnection) -> set[str]:
        mine = select(reservations).where(reservations.c.instance == self._instance)
        rows = (await connection.execute(mine)).mappings().all()
        new = [row for row in rows if row["reservation_id"] not in self._seen]
        drawn = {line.counter for row in new for line in lines_from_json(row["lines"]) if line.amount}
        found = select(counters).where(counters.c.counter.in_(drawn))
        for counter in (await connection.execute(found)).mappings():
            assert counter["used"] <= counter["ceiling"], counter
        people = {row["person"] for row in new if row["credit"]}
        found = select(credit_accounts).where(credit_accounts.c.person.in_(people))
        for account in (await connection.execute(found)).mappings():
            assert account["balance"] >= account["held"] >= 0, account
        return {row["reservation_id"] for row in new}


async def joined(url: str, folder: Path, instance: str) -> SqlStore:
    """A further process on the database. The lock on a data directory keeps others out of SQLite; here its
    statements have to hold all the same."""
    clock = Clock()
    place = locate(url, folder)
    if isinstance(place, SqliteFile):
        return SqlStore(sqlite_database(place), Lease(instance, clock, 60))
    return await open_store(url, folder, instance=instance, clock=clock)


class Storm:
    """Three hundred turns at once."""

    def __init__(self, store: SqlStore, instance: str, seed: int) -> None:
        self._dice = random.Random(seed)
        self._name = instance
        self._store = store
        self._watched = Watched(store.database, instance)
        money = SqlMoney(self._watched, Lease(instance, Clock(), 60))
        self._caps = CapsBook(money)
        self._cashier = Cashier(money, self._caps, Clock())
        self._close: Batcher[Closing, None] = Batcher(each(store.turns.close))
        self._deadlocks = 0
        self._refused: Counter[str] = Counter()
        for engine in store.database.engines:
            listen(engine.sync_engine, "handle_error", self._note)

    def _note(self, context: ExceptionContext) -> None:
        state = getattr(context.original_exception, "sqlstate", "")
        assert context.sqlalchemy_exception is None or isinstance(context.sqlalchemy_exception, DBAPIError)
        self._deadlocks += state == "40P01"

    async def run(self) -> dict[str, int]:
        """What came of it; refusals by kind of scope and unit."""
        await self._caps.load()
        ids = [f"{self._name}-{n}" for n in range(TURNS)]
        await self._store.turns.take_in([Intake(f"t-{id_}", id_, "c", "p", "", NOON) for id_ in ids])
        await asyncio.gather(*(self._turn(f"t-{id_}") for id_ in ids))
        return {
            "admitted": self._watched.admitted,
            **self._refused,
            "deadlocks": self._deadlocks,
        }

    def _payer(self, turn_id: str) -> Payer:
        dice = self._dice
        server, person = dice.choice(SERVERS), dice.choice(PEOPLE)
        place = Place("test", server, f"{server}{dice.randrange(4)}")
        self._caps.know_roles(place, person, ("test:helpers",) if person in HELPERS else ())
        return Payer(turn_id, place, person)

    async def _turn(self, turn_id: str) -> None:
        """One question: mostly one call, sometimes several."""
        payer, settlements = self._payer(turn_id), list[Settlement]()
        for _ in range(self._dice.choice([1, 1, 1, 2])):
            try:
                await self._call(payer, settlements)
            except CapReached as refused:
                self._refused[refused.cap.scope.partition(":")[0] + "." + refused.cap.unit] += 1
            except VeniceError:
                continue
        await self._close(Closing(turn_id, TurnState.SETTLED, settlements=tuple(settlements)))

    async def _call(self, payer: Payer, settlements: list[Settlement]) -> None:
        dice, price = self._dice, self._dice.randrange(5, 90)
        async with self._cashier.paying(payer, settlements, dice.choice(MEDIA), "m", price) as bill:
            await asyncio.sleep(dice.random() * 0.05)
            match dice.randrange(10):
                case 0:
                    raise VeniceError(VeniceFailure.OVERLOADED, status=429)
                case 1:
                    raise VeniceError(VeniceFailure.CONNECTION)
                case 2:
                    bill.charge(price + dice.randrange(1, 40), request_id="more")
                case 3:
                    bill.charge(price, request_id="all")
                case _:
                    bill.charge(dice.randrange(price + 1), request_id="less")


async def storm(url: str, folder: Path, seed: int) -> None:
    """Print what came of a storm."""
    instance = f"storm{seed}-{os.getpid()}"
    async with await joined(url, folder, instance) as store:
        sys.stdout.write(json.dumps(await Storm(store, instance, seed).run()) + "\n")


async def fall(url: str, folder: Path, seed: int) -> None:
    """Reserve through the cashier, more than the allowance, and wait to be killed before it is settled."""
    store = await joined(url, folder, f"fall{seed}")
    caps = CapsBook(store.money)
    await caps.load()
    cashier = Cashier(store.money, caps, Clock())
    payer = Payer("t-fallen", Place("test", "9", "90"), "fallen")
    async with cashier.paying(payer, [], Medium.CHAT, "m", 1_400):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


JOBS: dict[str, Callable[[str, Path, int], Coroutine[None, None, None]]] = {"storm": storm, "fall": fall}


async def main(job: str, url: str, folder: str, seed: str) -> None:
    """Run one job."""
    work: Awaitable[None] = JOBS[job](url, Path(folder), int(seed))
    await work


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
