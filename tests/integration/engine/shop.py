"""A room in which films and music are ordered: cards are pressed, orders are waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.assembly import Assembly, assemble
from bot.errors import PlatformError
from bot.messages import Addressed, ButtonPress, CommandUse, MessageRef, OptionValue
from bot.orders import Order, OrderState
from storage import SqlStore
from storage.lease import Lease
from tests.integration.engine.room import Message, Room

QUEUES = ("/video/queue", "/audio/queue")


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def labels(message: Message) -> list[str]:
    return [one.label for row in message.buttons for one in row]


def key_of(room: Room, message: Message) -> str:
    return next(key for key, one in room.door.messages.items() if one is message)


async def press(room: Room, message: Message, label: str, **fields: Any) -> list[Message]:
    """Press a button; returns the messages that came of it before anything was made."""
    key = key_of(room, message)
    button = next(one for row in message.buttons for one in row if one.label == label)
    event = room.event(addressed=Addressed.BUTTON, press=ButtonPress(button.id, key), **fields)
    return await room.send(replace(event, message_id=key))


async def card(room: Room, name: str, /, *, adult: bool = False, **options: OptionValue) -> Message:
    """Use a command; returns its card."""
    event = room.event(addressed=Addressed.COMMAND, command=CommandUse(name, options), adult_allowed=adult)
    [shown] = await room.send(event)
    return shown


def media(room: Room) -> list[Message]:
    return [message for message in room.door.messages.values() if message.media]


def calls(room: Room, *paths: str) -> list[Any]:
    """What was asked of these paths."""
    return [one.json for one in room.demo.requests if one.path in paths]


def deleted(room: Room) -> int:
    """How many looks asked Venice to forget the media, or told it that they are safe."""
    looks = calls(room, "/video/retrieve", "/audio/retrieve")
    asked = sum(bool(look.get("delete_media_on_completion")) for look in looks)
    gone = [one for one in room.demo.requests if one.path.startswith("/media/") and one.method == "DELETE"]
    return asked + len(gone) + len(calls(room, "/audio/complete"))


async def order(room: Room, message: Message) -> Order:
    """The order behind a message with a card."""
    stored = next(one.id for row in message.buttons for one in row).partition(".")[0]
    found = await room.store.orders.get(stored)
    assert found is not None
    return found


async def ended(room: Room, order_id: str, *states: OrderState, parts: Assembly | None = None) -> Order:
    """Wait until an order has come that far and nobody works on it."""
    async with asyncio.timeout(15):
        while True:
            idle = not (parts or room.parts).workshop.busy
            found = await room.store.orders.get(order_id)
            if idle and found is not None and found.state in states:
                return found
            await asyncio.sleep(0.01)


class Processes:
    """One process after another over the room's database."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._running: list[Assembly] = [room.parts]

    async def dies(self) -> None:
        """Nothing more comes of what the running process was doing."""
        await self._running[-1].workshop.close(0)

    async def next(self) -> Assembly:
        """A further process; the leases of those before it have run out. It takes over what is open."""
        room, count = self._room, len(self._running)
        lease = Lease(f"next-{count}", lambda: time.time() + 100 * count, 60.0)
        store = SqlStore(room.store.database, lease)
        parts = assemble(
            store, room.client, {"test": room.door}, key=b"key", is_open=True, clock=time.time, poll=0.05
        )
        self._running.append(parts)
        await parts.load()
        await parts.engine.recover()
        await parts.workshop.recover()
        await store.turns.sweep(time.time() + 100 * count)
        return parts

    async def close(self) -> None:
        """End whatever is left."""
        for parts in self._running:
            await parts.workshop.close(0)


def refuse_media(room: Room, *errors: PlatformError) -> None:
    """The next uploads are refused like this; those after them arrive."""
    waiting, arrives = list(errors), room.door.send_media

    async def send_media(*args: Any, **fields: Any) -> MessageRef:
        if waiting:
            raise waiting.pop(0)
        return await arrives(*args, **fields)

    room.door.send_media = send_media  # type: ignore[method-assign]
