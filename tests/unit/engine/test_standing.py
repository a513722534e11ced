"""Whether somebody still manages a server: asked now and then, and not guessed for long."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bot.engine.doors.standing import CHECK_SECONDS, KEPT_SECONDS, Standing
from bot.messages import Person, Place
from bot.ports import Door

ANN, BEN = Person("test", "11"), Person("test", "12")
SERVER = "server:test:a"


class Asked:
    """A door that answers as it is told, and counts."""

    def __init__(self) -> None:
        self.answer: bool | None = True
        self.asked: list[tuple[str, str]] = []

    async def manages(self, place: Place, person: Person) -> bool | None:
        self.asked.append((place.server_key, person.id))
        await asyncio.sleep(0)
        return self.answer


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.door = Asked()
        self.standing = Standing({"test": cast(Door, self.door)}, lambda: self.now)

    async def manages(self, person: Person = ANN, server: str = SERVER) -> bool:
        return await self.standing.manages(server, person)


@pytest.fixture
def world() -> World:
    return World()


async def test_the_platform_is_asked_once_in_a_while(world: World) -> None:
    assert all(await asyncio.gather(*(world.manages() for _ in range(20))))
    assert world.door.asked == [(SERVER, "11")]
    world.door.answer = False
    world.now += CHECK_SECONDS - 1
    assert await world.manages()
    world.now += 1
    assert not await world.manages()
    world.door.answer = True
    assert not await world.manages()
    world.now += CHECK_SECONDS
    assert await world.manages()
    assert len(world.door.asked) == 3


async def test_everybody_and_every_server_by_itself(world: World) -> None:
    assert await world.manages()
    world.door.answer = False
    assert not await world.manages(BEN)
    assert not await world.manages(ANN, "server:test:b")
    assert await world.manages()


@pytest.mark.parametrize("known", [True, False])
async def test_without_an_answer_what_was_said_holds_for_a_while(world: World, known: bool) -> None:
    if known:
        assert await world.manages()
    world.door.answer = None
    for _ in range(14):
        assert await world.manages()
        world.now += CHECK_SECONDS
    assert await world.manages()
    world.now += KEPT_SECONDS
    assert not await world.manages()
    world.door.answer = True
    world.now += CHECK_SECONDS
    assert await world.manages()


async def test_without_an_answer_who_was_refused_stays_outside(world: World) -> None:
    world.door.answer = False
    assert not await world.manages()
    world.door.answer = None
    world.now += CHECK_SECONDS
    assert not await world.manages()


async def test_a_silent_platform_is_not_asked_with_every_page(world: World) -> None:
    world.door.answer = None
    for _ in range(10):
        assert await world.manages()
    assert len(world.door.asked) == 1


async def test_a_platform_that_cannot_be_asked_is_taken_at_its_word(world: World) -> None:
    assert await world.manages(server="server:web:a")
    assert not world.standing.asks("server:web:a")
    assert world.standing.asks(SERVER)
