"""Erasing while something of the same person goes on: nothing is written down afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.engine.flow import hushing
from bot.engine.making.results import Result, Results
from bot.orders import Order
from tests.integration.engine.room import Room, open_room
from tests.integration.engine.test_people import BOB, DIRECT, OF_TWIN, TWIN, command, erase, found_in, press

WAIT = 10


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT):
        while not await done():
            await asyncio.sleep(0.02)


async def erased(room: Room) -> None:
    async def over() -> bool:
        return any("is erased" in text for text in room.door.texts)

    await until(over)


async def test_what_takes_longer_than_anybody_waits_is_shown_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that Venice is at cannot be stopped."""
    monkeypatch.setattr(hushing, "PATIENCE", 0.05)
    async with open_room(tmp_path) as room:
        [asked] = await command(room, BOB, DIRECT, "erase")
        room.demo.faults.next("/image/generate", Fault.delay(1.5))
        drawing = asyncio.create_task(command(room, BOB, DIRECT, "image", prompt="quixotry"))
        requests = room.demo.requests
        async with asyncio.timeout(WAIT):
            while not any(one.path == "/image/generate" for one in requests):
                await asyncio.sleep(0.02)
        pressing = asyncio.create_task(press(room, BOB, DIRECT, asked, "Erase everything"))
        await erased(room)
        assert not drawing.done()
        await drawing
        await pressing
        assert any(message.media for message in room.door.messages.values())
        assert await room.spent() > 0
        assert found_in(tmp_path, ("quixotry", BOB.id)) == []
        assert await room.store.vault.recent(DIRECT.conversation, 0.0, 9) == []


async def test_a_film_that_arrives_while_it_is_given_up_is_not_left_in_the_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()
    keep = Results.keep

    async def later(self: Results, order: Order, result: Result) -> str:
        arrived.set()
        await go_on.wait()
        return await keep(self, order, result)

    monkeypatch.setattr(Results, "keep", later)
    async with open_room(tmp_path) as room:
        room.demo.job_seconds = 0.1
        [card] = await command(room, BOB, DIRECT, "sound", prompt="quixotry", seconds=2)
        await press(room, BOB, DIRECT, card, "Make it")
        await asyncio.wait_for(arrived.wait(), WAIT)
        await erase(room, BOB, DIRECT)
        go_on.set()

        async def idle() -> bool:
            return not room.parts.workshop.busy

        await until(idle)
        async with room.store.database.engines[-1].connect() as connection:
            kept = await connection.exec_driver_sql("SELECT count(*) FROM kept_files")
            assert kept.scalar_one() == 0
        assert await room.spent() == 1_840


async def test_an_account_that_is_being_erased_is_not_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_room(tmp_path) as room:
        eraser = room.parts.eraser
        stopped, go_on = asyncio.Event(), asyncio.Event()
        stop = eraser.stop

        async def slowly(speakers: frozenset[str]) -> None:
            stopped.set()
            await go_on.wait()
            await stop(speakers)

        monkeypatch.setattr(eraser, "stop", slowly)
        await room.say("Of quixotry, please", author=BOB, place=DIRECT)
        [shown] = await command(room, BOB, DIRECT, "link")
        code = shown.text.split("`")[1]
        [asked] = await command(room, BOB, DIRECT, "erase")
        pressing = asyncio.create_task(press(room, BOB, DIRECT, asked, "Erase everything"))
        await asyncio.wait_for(stopped.wait(), WAIT)
        linking = asyncio.create_task(command(room, TWIN, OF_TWIN, "link", code=code))

        async def answered() -> bool:
            return any("being erased just now" in text for text in room.door.texts)

        await until(answered)
        go_on.set()
        await pressing
        await linking
        assert found_in(tmp_path, ("quixotry", BOB.id)) == []
