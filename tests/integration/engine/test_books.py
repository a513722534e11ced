"""Two processes over one database: what one of them changes holds in the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.assembly import Assembly, assemble
from bot.auditing import Change, ChangeKind
from bot.engine.doors.access import Verdict
from bot.engine.oversight import bookwatch
from bot.keys import KeyOrigin, ServerKey
from bot.messages import Addressed, CommandUse, Incoming, Person, Place
from bot.people import Link
from bot.records import ALL_MEDIA, Cap, CapPeriod, CapUnit
from bot.venice import VeniceClient
from storage import SqlStore
from tests.contract.storage.houses import House, house
from tests.integration.engine.room import MemoryDoor
from tests.integration.storage.test_processes import finish, start

SQUARE = Place("test", "s1", "c1")
SERVER = SQUARE.server_key
BOB, EVE = Person("test", "2", "Bob"), Person("test", "3", "Eve")
CAP = Cap("user:*", ALL_MEDIA, CapUnit.COUNT, CapPeriod.DAY, 3)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def built(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with house(request.param, tmp_path) as made:
        yield made


@asynccontextmanager
async def process(store: SqlStore, *, is_open: bool = True) -> AsyncGenerator[Assembly]:
    """The platform-free part of one."""
    async with VeniceClient("demo", "http://127.0.0.1:9") as client:
        parts = assemble(store, client, {"test": MemoryDoor()}, key=b"key", is_open=is_open)
        await parts.load()
        yield parts


def event(author: Person = BOB, command: str = "") -> Incoming:
    use = CommandUse(command, {}) if command else None
    return Incoming("e1", SQUARE, author, Addressed.MENTION, text="hello", command=use)


def limits(parts: Assembly) -> set[int]:
    """Of every cap that a question of Bob's draws on."""
    person = parts.identities.person(BOB)
    lines = parts.caps.lines(SQUARE, person, "chat", cost=1, count=1, at=time.time())
    return {line.limit for line in lines}


async def test_what_one_process_changes_holds_in_the_other(built: House) -> None:
    async with process(built.store) as ours, process(await built.another("b")) as theirs:
        assert theirs.doorkeeper.decide(event()) is Verdict.ENTER
        assert 3 not in limits(theirs)
        now = time.time()
        await ours.doorkeeper.put_rule(ours.doorkeeper.person_subject(BOB), False, by="ann", at=now)
        await ours.settings.put("bot", "timezone", "Europe/Rome", by="ann", at=now)
        await ours.caps.put(CAP, now)
        await ours.permits.put(SERVER, "command:image", ("nobody",), by="ann", at=now)
        await ours.keys.put(ServerKey(SERVER, "k1", KeyOrigin.OWN, "", "1234"), SecretStr("its-own-key"))
        await ours.retention.left(Place("test", "s2", "c9"))
        assert await theirs.books.look()
        assert theirs.doorkeeper.decide(event()) is Verdict.SILENT
        assert theirs.settings.at("bot", "timezone") == "Europe/Rome"
        assert 3 in limits(theirs)
        assert theirs.permits.of(SERVER) == {"command:image": ("nobody",)}
        credential = theirs.keys.credential(SERVER)
        assert credential is not None
        assert credential.secret.get_secret_value() == "its-own-key"
        await theirs.retention.present(Place("test", "s2", "c9"))
        assert await built.store.retention.departed() == []
        await theirs.settings.put("bot", "timezone", "Asia/Tokyo", by="ann", at=now)
        await theirs.books.look()
        assert theirs.keys.credential(SERVER) is credential  # with what is known of its limits


async def test_the_code_of_one_process_is_void_once_another_has_its_owner(built: House) -> None:
    other = await built.another("b")
    async with process(built.store, is_open=False) as ours, process(other, is_open=False) as theirs:
        code, unused = ours.doorkeeper.open_claim(), theirs.doorkeeper.open_claim()
        assert await ours.doorkeeper.claim(BOB, code, at=time.time())
        await theirs.books.look()
        assert theirs.doorkeeper.is_owner(event())
        assert not theirs.doorkeeper.admits(event(EVE, "claim"))
        assert not await theirs.doorkeeper.claim(EVE, unused, at=time.time())


async def test_what_is_taken_back_no_longer_holds_elsewhere(built: House) -> None:
    other = await built.another("b")
    async with process(built.store, is_open=False) as ours, process(other, is_open=False) as theirs:
        await ours.doorkeeper.put_rule(SERVER, True, by="ann", at=time.time())
        await theirs.books.look()
        assert theirs.doorkeeper.admits(event(EVE))
        await ours.doorkeeper.rules.remove(SERVER, by="ann", at=time.time())
        await theirs.books.look()
        assert not theirs.doorkeeper.admits(event(EVE))


async def test_accounts_linked_elsewhere_are_one_person_here(built: House) -> None:
    async with process(built.store) as ours, process(await built.another("b")) as theirs:
        first, second = (ours.identities.account(person) for person in (BOB, EVE))
        change = Change(time.time(), first, ChangeKind.DATA, f"person:{first}", "", "link", "", second)
        await ours.doorkeeper.put_rule(f"person:{first}", False, by="ann", at=time.time())
        await ours.store.people.link(Link(first, first, BOB.key), Link(second, second, EVE.key), change)
        await theirs.books.look()
        assert theirs.identities.person(EVE) == theirs.identities.person(BOB)
        assert theirs.doorkeeper.decide(event(EVE)) is Verdict.SILENT


async def test_it_is_looked_at_by_itself_and_again_after_trouble(
    built: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookwatch, "LOOK_SECONDS", 0.02)
    async with process(built.store) as ours, process(await built.another("b")) as theirs:
        watching = asyncio.create_task(theirs.books.run())
        await ours.doorkeeper.put_rule(ours.doorkeeper.person_subject(BOB), False, by="ann", at=time.time())
        async with asyncio.timeout(10):
            while theirs.doorkeeper.admits(event()):
                await asyncio.sleep(0.01)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@pytest.mark.postgres
async def test_a_real_second_process_shuts_the_door_here(tmp_path: Path) -> None:
    async with house("postgres", tmp_path) as built, process(built.store) as ours:
        watching = asyncio.create_task(ours.books.run())
        assert ours.doorkeeper.admits(event())
        assert await finish(await start("deny", built.url, tmp_path)) == ""
        async with asyncio.timeout(bookwatch.LOOK_SECONDS + 10):
            while ours.doorkeeper.admits(event()):
                await asyncio.sleep(0.05)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def test_no_call_finds_caps_missing_while_they_are_read(built: House) -> None:
    async with process(built.store) as ours:
        await ours.caps.put(CAP, time.time())
        reading = asyncio.create_task(ours.caps.load())
        while not reading.done():
            assert 3 in limits(ours)
            await asyncio.sleep(0)
        await reading
