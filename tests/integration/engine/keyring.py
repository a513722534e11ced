"""Keys as the tests of them use them: a server that has one, who brings it, and what was paid with which."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from bot.messages import Addressed, Authority, CommandUse, Incoming, Person, Place
from bot.venice import VeniceClient
from bot.venice.account import Account
from tests.integration.engine.room import Message, Room, open_room

CHAT = "/chat/completions"
ADMIN = "VENICE_ADMIN_KEY_of-the-house"
SERVER = Place("test", "s1", "c2")
OTHER = Place("test", "s2", "c3")
MO = Person("test", "7", "Mo")
"""Manages the server, owns nothing."""
KEY = "VENICE_INFERENCE_KEY_brought-by-mo-4711"
PLAIN_KEY = "an-older-kind-of-key-0815"


@asynccontextmanager
async def key_room(folder: Path) -> AsyncGenerator[Room]:
    """A room with the house's admin key, at a Venice that knows the keys of these tests."""
    keys = frozenset({ADMIN, KEY, PLAIN_KEY})
    async with open_room(folder, admin_key=ADMIN, keys=keys) as opened:
        await opened.parts.models.catalogue()
        yield opened


def use(room: Room, who: Person, place: Place = SERVER, /, handle: str = "h", **options: str) -> Incoming:
    """/key by somebody who manages the place, in a form only they see."""
    return room.event(
        "key and more as typed",
        author=who,
        place=place,
        addressed=Addressed.COMMAND,
        command=CommandUse("key", dict(options)),
        authority=Authority.MODERATOR,
        admin=not place.direct,
        reply_handle=handle,
        place_title="Canal",
    )


async def key(room: Room, who: Person, place: Place = SERVER, /, handle: str = "h", **options: str) -> str:
    """What /key answers."""
    return "\n".join(one.text for one in await room.send(use(room, who, place, handle, **options)))


async def ask(room: Room, place: Place = SERVER, who: Person = MO) -> list[Message]:
    return await room.say("Hello there", place=place, author=who)


def secrets_of(room: Room, path: str = CHAT) -> list[str]:
    return [request.secret for request in room.demo.requests if request.path == path]


@asynccontextmanager
async def account_of(room: Room) -> AsyncGenerator[Account]:
    """The account, as the house's admin key sees it."""
    async with VeniceClient(ADMIN, room.demo.base_url) as client:
        yield client.account


async def ledger(room: Room) -> list[Any]:
    """Server and key of each line, oldest first."""
    url = room.store.database.engines[0].url.database
    with closing(sqlite3.connect(str(url))) as connection:
        return connection.execute("SELECT server, key FROM ledger ORDER BY id").fetchall()


def on_disk(folder: Path) -> bytes:
    """Everything in the data directory: database, its log, and whatever else there is."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in files), files
    assert any(file.name.endswith("-wal") for file in files), files
    return b"".join(file.read_bytes() for file in files)
