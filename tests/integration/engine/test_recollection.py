"""Which of many facts are told: those nearest in meaning, or in words where vectors fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo import Fault
from bot.engine.memory import embedding
from bot.engine.memory.remembering import RECALLED
from bot.records import Cap, CapPeriod, CapUnit
from tests.integration.engine.room import Room, open_room
from tests.integration.engine.shelf import DOG, EMBED, calls, facts, press, question, say, use


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, owner=False, long_memory=True) as opened:
        yield opened


async def many(room: Room) -> None:
    for number in range(RECALLED + 4):
        await use(room, "remember", text=f"Item {number} is about thing{number}")


async def test_of_many_facts_those_nearest_in_meaning_are_told(room: Room) -> None:
    await many(room)
    embedded = len(calls(room, EMBED))
    await say(room, "What is thing3 and thing9 about?")
    assert len(calls(room, EMBED)) == embedded + 1
    told = question(room)
    assert "thing3" in told.split("(Notes")[1]
    assert "Item 9" in told
    assert told.count("- about the person") <= RECALLED
    assert await room.store.money.usage(since=0)
    assert any(row.medium == "embedding" for row in await room.store.money.usage(since=0))


@pytest.mark.parametrize("trouble", ["refused", "lost", "slow", "cap"])
async def test_words_do_where_vectors_fail(room: Room, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if trouble == "cap":
        cap = Cap("bot", "embedding", CapUnit.COUNT, CapPeriod.DAY, 0)
        await room.parts.caps.put(cap, room.parts.clock())
    elif trouble == "slow":
        monkeypatch.setattr(embedding, "PATIENCE", 0.1)
        room.demo.faults.next(EMBED, Fault.delay(0.5)).always()
    else:
        fault = Fault.status(500) if trouble == "refused" else Fault.lost_answer()
        room.demo.faults.next(EMBED, fault).always()
    await many(room)
    assert len(await facts(room)) == RECALLED + 4
    assert await room.store.facts.embeddings([one.shelf for one in await facts(room)]) == {}
    [answer] = await say(room, "What is thing3 about?")
    assert answer.text
    assert "Item 3 is about thing3" in question(room)


async def test_facts_without_vectors_get_them_later(room: Room) -> None:
    room.demo.faults.next(EMBED, Fault.status(500)).times(1)
    await many(room)
    assert len(calls(room, EMBED)) == 1  # trouble is not tried again for a while
    room.ahead = 100
    await say(room, "What is thing3 about?")
    found = await room.store.facts.embeddings([one.shelf for one in await facts(room)])
    assert len(found) == RECALLED + 4


@pytest.mark.parametrize("meaning", [True, False], ids=["by meaning", "by words"])
async def test_memory_is_searched_by_meaning_or_by_words(room: Room, *, meaning: bool) -> None:
    await many(room)
    await use(room, "remember", text="Her cats are called Minou and Tiger")
    if not meaning:
        room.demo.faults.next(EMBED, Fault.status(500)).always()
    [found] = await use(room, "memory", find="cat")
    assert "1. Her cats are called Minou" in found.text
    assert "**What I remember about “cat”**" in found.text
    await press(room, found, "Forget 1")
    [left] = await use(room, "memory", find="Minou")
    assert "Her cats" not in left.text


async def test_what_is_not_remembered_is_not_found(room: Room) -> None:
    room.demo.faults.next(EMBED, Fault.status(500)).always()
    await use(room, "remember", text=DOG)
    [found] = await use(room, "memory", find="quantum")
    assert "I remember nothing about “quantum”" in found.text


async def test_few_facts_cost_no_search(room: Room) -> None:
    await use(room, "remember", text=DOG)
    embedded = len(calls(room, EMBED))
    await say(room, "Hello")
    assert len(calls(room, EMBED)) == embedded
