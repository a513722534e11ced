"""Somebody who manages one server tries to come by another one's: every way by words and by detours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.dashboard import LiveEvent, LiveKind
from bot.engine.doors.rulebook import MOST_RULES
from bot.engine.oversight.broadcast import MOST_EACH
from bot.errors import NotAllowed, UserError
from bot.messages import Addressed, CommandUse, Place
from bot.overseeing import LedgerFilter
from tests.integration.engine.deskroom import ANN, BEN, A, B, admin, furnish, hashed, owner
from tests.integration.engine.room import Room, open_room

QUIET = Place("test", "b", "555")
"""A channel of B in which nothing was paid for yet."""


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        await furnish(opened)
        yield opened


async def claim_by_chat(room: Room) -> None:
    event = room.event(author=ANN, place=A, command=CommandUse("deny", {"who": "channel:555"}))
    await room.send(replace(event, addressed=Addressed.COMMAND, admin=True))


async def claim_by_desk(room: Room) -> None:
    subject = QUIET.channel_key
    await room.parts.desk.set_rule(admin(room, ANN, A), subject, False, A.server_key)


async def claim_by_an_owner(room: Room) -> None:
    """An owner says something of B's channel while they are in A."""
    rules, subject = room.parts.doorkeeper.rules, QUIET.channel_key
    await rules.put(subject, True, by=hashed(room, ANN), at=room.parts.clock(), server=A.server_key)


@pytest.mark.parametrize("claim", [claim_by_chat, claim_by_desk, claim_by_an_owner])
@pytest.mark.parametrize("known", [True, False])
async def test_a_rule_about_a_channel_makes_it_nobodys(
    room: Room, claim: Callable[[Room], Awaitable[None]], known: bool
) -> None:
    """What is said of a channel in one server must not make it a channel of that server."""
    desk, ann = room.parts.desk, admin(room, ANN, A)
    if known:
        await room.parts.settings.put(
            QUIET.channel_key, "character", "in-b", by="x", at=0, server=B.server_key
        )
    await claim(room)
    with pytest.raises(NotAllowed):
        await desk.place(ann, QUIET.channel_key)
    with pytest.raises(NotAllowed):
        await desk.put_setting(ann, QUIET.channel_key, "streaming", "off")
    with pytest.raises(NotAllowed):
        await desk.ledger(ann, LedgerFilter(channel=QUIET.channel_key))
    seen = repr([await desk.places(ann), await desk.channels(ann, A.server_key), await desk.titles(ann)])
    assert QUIET.channel_key not in seen
    if known:
        assert (await desk.place(admin(room, BEN, B), QUIET.channel_key)).parent == B.server_key


async def test_one_who_watches_leaves_room_for_others(room: Room) -> None:
    desk, ann = room.parts.desk, admin(room, ANN, A)
    streams = [desk.live(ann) for _ in range(MOST_EACH)]
    started = [asyncio.create_task(_first(stream)) for stream in streams]
    await _settle()
    with pytest.raises(UserError):
        await anext(desk.live(ann))
    async with aclosing(desk.live(owner(room))) as mine:
        first = asyncio.create_task(_first(mine))
        await _settle()
        room.parts.pulse.broadcast.publish(LiveEvent(1.0, LiveKind.ASKED, "test", B.server_key))
        assert (await first).server == B.server_key
    for one in started:
        assert not one.done(), "what happens in B is not A's"
        one.cancel()
    await _settle()
    for stream in streams:
        await stream.aclose()


async def _first(stream: AsyncGenerator[LiveEvent]) -> LiveEvent:
    return await anext(stream)


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_server_has_so_many_rules(room: Room) -> None:
    rules = room.parts.doorkeeper.rules
    for number in range(MOST_RULES):
        await rules.put_here(A.server_key, f"person:{number:016x}", False, by="x", at=0)
    with pytest.raises(UserError):
        await rules.put_here(A.server_key, f"person:{MOST_RULES:016x}", False, by="x", at=0)
    await rules.put_here(A.server_key, f"person:{0:016x}", True, by="x", at=0)
    await rules.put_here(B.server_key, f"person:{0:016x}", True, by="x", at=0)
