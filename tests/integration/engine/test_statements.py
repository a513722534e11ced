"""How much is written for many turns at once: counted, not timed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bot.messages import Incoming, Person, Place
from tests.contract.storage.houses import Statements
from tests.integration.engine.room import Room, open_room

TURNS = 50
CHAT = "/chat/completions"
ROOMY = "zai-org-glm-4.7-flash"
"""Takes more than fifty requests a minute."""


def questions(room: Room) -> list[Incoming]:
    """One message in each of fifty conversations, from fifty people."""
    return [
        room.event("Hello", author=Person("test", str(number), "P"), place=Place("test", "", f"c{number}"))
        for number in range(TURNS)
    ]


def kinds(sent: list[str]) -> Counter[str]:
    """Statements by their first words, such as "INSERT INTO turns"."""
    return Counter(" ".join(statement.split()[:3]) for statement in sent)


async def test_fifty_turns_at_once_are_taken_in_and_admitted_as_one(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.parts.models.catalogue()
        statements = Statements(room.store)
        messages = await room.send(*questions(room))
        sent = kinds(statements.take())
    assert len(messages) == TURNS
    assert sum(request.path == CHAT for request in room.demo.requests) == TURNS
    assert [sent[f"INSERT INTO {table}"] for table in ("events", "turns", "reservations")] == [1, 1, 1]


async def test_fifty_turns_at_once_cost_less_than_one_write_each(tmp_path: Path) -> None:
    """From taking in to closing; alone, one turn takes about a dozen."""
    async with open_room(tmp_path) as room:
        await room.parts.settings.put("bot", "model", ROOMY, by="test", at=room.parts.clock())
        await room.parts.models.catalogue()
        statements = Statements(room.store)
        await room.send(*questions(room))
        together = statements.take()
        await room.say("Hello", place=Place("test", "", "alone"))
        alone = statements.take()
    assert len(written(together)) < TURNS
    assert len(written(alone)) > 6


def written(sent: list[str]) -> list[str]:
    """All but what only reads, and the beginnings of transactions."""
    return [statement for statement in sent if not statement.startswith(("SELECT", "BEGIN"))]
