"""Orders outlive the process that took them: made once, paid once, delivered where they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.demo import Fault
from bot.engine.money.cashier import Cashier, Payer
from bot.keeping import KeptFile
from bot.messages import MessageRef
from bot.orders import Advance, Order
from bot.orders import OrderState as S
from bot.records import Settlement
from storage.tables import ledger, reservations
from tests.films import look_at
from tests.integration.engine.room import PLACE, Message, Room, open_room
from tests.integration.engine.shop import (
    QUEUES,
    Processes,
    calls,
    card,
    ended,
    key_of,
    labels,
    media,
    order,
    press,
    until,
)
from tests.sounds import ogg, samples

PRICE = 7_360


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path) as opened:
        opened.demo.job_seconds = 60
        yield opened


@pytest.fixture
async def processes(room: Room) -> AsyncIterator[Processes]:
    made = Processes(room)
    yield made
    await made.close()


async def in_the_making(room: Room) -> tuple[Message, Order]:
    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    await press(room, shown, "Make it")
    await until(lambda: "In the making" in shown.text)
    return shown, quoted


async def books(room: Room) -> list[tuple[int, bool]]:
    """Cost and doubt of each ledger line, free ones left out. Nothing is left reserved, nothing booked
    twice, and the counters agree."""
    async with room.store.database.engines[-1].connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(reservations))).scalar() == 0
        rows = (
            await connection.execute(select(ledger.c.reservation_id, ledger.c.cost, ledger.c.uncertain))
        ).all()
    assert len({row.reservation_id for row in rows}) == len(rows)
    lines = room.parts.caps.lines(PLACE, "p", "music", cost=1, count=1, at=room.parts.clock())
    [used] = await room.store.money.counters([line.counter for line in lines])
    assert used.used == sum(row.cost for row in rows)
    return [(row.cost, row.uncertain) for row in rows if row.cost]


async def test_what_is_in_the_making_is_delivered_by_the_next_process(
    room: Room, processes: Processes
) -> None:
    shown, quoted = await in_the_making(room)
    await processes.dies()
    room.demo.finish_jobs()
    parts = await processes.next()
    await ended(room, quoted.id, S.DELIVERED, parts=parts)
    [sent] = media(room)
    assert look_at(sent.media[0].data).seconds == pytest.approx(8, abs=0.2)
    assert sent.target.reply_to == key_of(room, shown)
    assert "Made for $0.0074" in shown.text
    assert len(calls(room, *QUEUES)) == 1
    assert await books(room) == [(PRICE, False)]


async def test_a_further_death_in_between_changes_nothing(room: Room, processes: Processes) -> None:
    _, quoted = await in_the_making(room)
    for _ in range(3):
        await processes.dies()
        await processes.next()
        await asyncio.sleep(0.1)
    await processes.dies()
    room.demo.finish_jobs()
    parts = await processes.next()
    await ended(room, quoted.id, S.DELIVERED, parts=parts)
    assert len(media(room)) == 1
    assert len(calls(room, *QUEUES)) == 1
    assert await books(room) == [(PRICE, False)]


async def test_death_between_order_and_answer_is_said_and_not_repeated(
    room: Room, processes: Processes
) -> None:
    room.demo.faults.next("/audio/queue", Fault.hang())
    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    await press(room, shown, "Make it")
    await until(lambda: calls(room, *QUEUES))
    await processes.dies()
    parts = await processes.next()
    await ended(room, quoted.id, S.LOST, parts=parts)
    assert "I was interrupted just as I ordered the sound" in shown.text
    assert "$0.0074 counts as spent" in shown.text
    assert labels(shown) == ["Try again"]
    assert len(calls(room, *QUEUES)) == 1
    assert await books(room) == [(PRICE, True)]


async def test_death_before_the_order_begins_it_anew(room: Room, processes: Processes) -> None:
    room.demo.job_seconds = 0.1
    shown = await card(room, "sound", prompt="rain", model="elevenlabs-sound-effects-v2")
    quoted = await order(room, shown)
    room.demo.faults.next("/audio/quote", Fault.hang())
    before = len(calls(room, "/audio/quote"))
    await press(room, shown, "Make it")
    await until(lambda: len(calls(room, "/audio/quote")) > before)
    await processes.dies()
    parts = await processes.next()
    await ended(room, quoted.id, S.DELIVERED, parts=parts)
    assert len(calls(room, *QUEUES)) == 1
    assert await books(room) == [(11_500, False)]


async def test_money_held_by_a_death_before_the_order_is_given_back(room: Room, processes: Processes) -> None:
    room.demo.job_seconds = 0.1
    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    steps = (
        Advance(quoted.id, frozenset({S.QUOTED}), S.ACCEPTED, message_id=key_of(room, shown)),
        Advance(quoted.id, frozenset({S.ACCEPTED}), S.ACCEPTED, reservation="held"),
    )
    for step in steps:
        assert await room.store.orders.advance(step) is not None
    payer = Payer(quoted.id, PLACE, quoted.person)
    cashier = Cashier(room.store.money, room.parts.caps, room.parts.clock)
    await cashier.hold(payer, "music", quoted.model, PRICE, reservation_id="held")
    parts = await processes.next()
    await ended(room, quoted.id, S.DELIVERED, parts=parts)
    assert await books(room) == [(PRICE, False)]


async def ready(room: Room, processes: Processes, quoted: Order) -> None:
    """The process dies with the result in the vault and the money settled."""
    await processes.dies()
    place, now = PLACE, room.parts.clock()
    kept = KeptFile(
        quoted.id,
        place.room,
        place.conversation,
        quoted.person,
        "rain.ogg",
        "audio/ogg",
        ogg(samples(2.0)),
        now,
        now + 1000,
    )
    await room.store.vault.keep([kept])
    found = await room.store.orders.get(quoted.id)
    assert found is not None
    settlement = Settlement(found.reservation, PRICE, 1, False, "", now)
    step = Advance(quoted.id, frozenset({S.QUEUED}), S.READY, kept=quoted.id, settlement=settlement)
    assert await room.store.orders.advance(step) is not None


async def test_what_is_ready_is_sent_from_the_vault(room: Room, processes: Processes) -> None:
    _, quoted = await in_the_making(room)
    await ready(room, processes, quoted)
    parts = await processes.next()
    await until(lambda: media(room))
    room.demo.finish_jobs()
    delivered = await ended(room, quoted.id, S.DELIVERED, parts=parts)
    assert not delivered.uncleared
    assert look_at(media(room)[0].media[0].data).seconds == pytest.approx(2.0, abs=0.1)
    assert await books(room) == [(PRICE, False)]


@pytest.mark.parametrize("repeatable", [False, True])
async def test_death_while_it_is_sent(room: Room, processes: Processes, repeatable: bool) -> None:
    """Where a repeated send would be seen twice, nothing is sent by itself: a button offers it."""
    room.door.capabilities = replace(room.door.capabilities, repeatable_sends=repeatable)
    room.demo.job_seconds = 0.1
    nonces: list[str] = []
    arrives = room.door.send_media

    async def stuck(*_: object, nonce: str, **__: object) -> MessageRef:
        nonces.append(nonce)
        await asyncio.Event().wait()
        raise AssertionError

    async def known(*args: object, nonce: str, **fields: object) -> MessageRef:
        nonces.append(nonce)
        return await arrives(*args, nonce=nonce, **fields)  # type: ignore[arg-type]

    shown = await card(room, "sound", prompt="rain")
    quoted = await order(room, shown)
    room.door.send_media = stuck  # type: ignore[method-assign, assignment]
    await press(room, shown, "Make it")
    await until(lambda: nonces)
    await processes.dies()
    room.door.send_media = known  # type: ignore[method-assign, assignment]
    parts = await processes.next()
    state = S.DELIVERED if repeatable else S.KEPT
    await ended(room, quoted.id, state, parts=parts)
    if not repeatable:
        assert media(room) == []
        assert "If it is missing, the button sends it again" in shown.text
        assert labels(shown) == ["Send again"]
    assert nonces == nonces[:1] * (2 if repeatable else 1)
    assert await books(room) == [(PRICE, False)]


async def test_what_is_lost_from_the_vault_is_fetched_again_while_venice_has_it(
    room: Room, processes: Processes
) -> None:
    _, quoted = await in_the_making(room)
    await ready(room, processes, quoted)
    await room.store.vault.forget(PLACE.conversation)
    room.demo.finish_jobs()
    parts = await processes.next()
    await ended(room, quoted.id, S.DELIVERED, parts=parts)
    assert look_at(media(room)[0].media[0].data).seconds == pytest.approx(8, abs=0.2)
    assert await books(room) == [(PRICE, False)]


async def test_what_was_dropped_is_still_deleted_at_venice_by_the_next_process(
    room: Room, processes: Processes
) -> None:
    _, quoted = await in_the_making(room)
    await press(room, await card(room, "jobs"), "Drop 1")
    await processes.dies()
    room.demo.finish_jobs()
    parts = await processes.next()
    dropped = await ended(room, quoted.id, S.CANCELLED, parts=parts)
    assert not dropped.uncleared
    assert calls(room, "/audio/complete")
    assert media(room) == []
    assert await books(room) == [(PRICE, False)]


async def test_a_process_that_lost_its_order_says_nothing_more(room: Room, processes: Processes) -> None:
    """Paused for longer than its lease, it wakes up and finds that another one has delivered."""
    _, quoted = await in_the_making(room)
    parts = await processes.next()
    room.demo.finish_jobs()
    await ended(room, quoted.id, S.DELIVERED, parts=parts)
    await until(lambda: not room.parts.workshop.busy)
    assert len(media(room)) == 1
    assert await books(room) == [(PRICE, False)]


async def test_closing_waits_for_what_is_just_being_sent(room: Room) -> None:
    room.demo.job_seconds = 0.1
    arrives, begun = room.door.send_media, asyncio.Event()

    async def slowly(*args: object, **fields: object) -> MessageRef:
        begun.set()
        await asyncio.sleep(0.3)
        return await arrives(*args, **fields)  # type: ignore[arg-type]

    room.door.send_media = slowly  # type: ignore[method-assign, assignment]
    shown = await card(room, "sound", prompt="rain")
    await press(room, shown, "Make it")
    await begun.wait()
    await room.parts.workshop.close(5)
    assert len(media(room)) == 1
