"""The house counting itself: in memory, for a while without a database, and told to who watches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.dashboard import LiveEvent, LiveKind
from bot.engine.doors.hashing import Hasher
from bot.engine.money.cashier import Bill, Hold, Payer
from bot.engine.oversight import broadcast
from bot.engine.oversight.broadcast import MOST_READERS, MOST_WAITING, Broadcast
from bot.engine.oversight.pulse import MOST_INCIDENTS, Pulse
from bot.errors import GondolaError, PlatformError, PlatformFailure, UserError, VeniceError, VeniceFailure
from bot.figures import (
    LATENCY_BOUNDS,
    Count,
    Figure,
    Incident,
    IncidentLine,
    latency,
    latency_range,
    percentile,
)
from bot.messages import Place

SERVER, PRIVATE = Place("test", "s", "c"), Place("test", "", "12345")
NOW = 1_764_000_010.0
BUCKET = 1_764_000_000


class Kept:
    """Figures in memory; while `broken`, nothing can be written."""

    def __init__(self) -> None:
        self.counts: list[Count] = []
        self.kept: list[Incident] = []
        self.broken = False
        self.writes = 0

    async def add(self, counts: Sequence[Count], incidents: Sequence[Incident]) -> None:
        if self.broken:
            raise GondolaError(detail="database: gone")
        self.writes += 1
        self.counts += counts
        self.kept += incidents

    async def steps(
        self, *, since: float, seconds: int, servers: Sequence[str] | None = None
    ) -> list[Figure]:
        return []

    async def incidents(
        self, limit: int, *, servers: Sequence[str] | None = None, before: int = 0
    ) -> list[IncidentLine]:
        return []

    async def purge(self, now: float) -> int:
        return 0


def pulse_of(kept: Kept) -> Pulse:
    return Pulse(kept, Hasher(b"key"), lambda: NOW)


def pay(pulse: Pulse, prompt: int, cached: int, place: Place = SERVER) -> None:
    bill = Bill(cost=7, prompt=prompt, cached=cached)
    pulse.paid(Payer("t1", place, "p1"), Hold("r1", "chat", "m", 9), bill, 0.5)


async def test_many_calls_are_one_write_and_nothing_is_none() -> None:
    kept = Kept()
    pulse = pulse_of(kept)
    for _ in range(50):
        pay(pulse, 100, 25)
    assert await pulse.flush() == ""
    assert await pulse.flush() == ""
    assert kept.writes == 1
    server = SERVER.server_key
    assert sorted(kept.counts, key=lambda one: one.measure) == [
        Count(BUCKET, server, "cached", 1250),
        Count(BUCKET, server, "prompt", 5000),
    ]


async def test_what_could_not_be_written_waits_and_is_bounded() -> None:
    kept = Kept()
    pulse = pulse_of(kept)
    kept.broken = True
    pay(pulse, 10, 0)
    for number in range(MOST_INCIDENTS + 20):
        pulse.trouble(SERVER, ValueError(), f"t{number}")
    assert await pulse.flush() == "database: gone"
    pay(pulse, 5, 0)
    kept.broken = False
    assert await pulse.flush() == ""
    assert [one.amount for one in kept.counts if one.measure == "prompt"] == [15]
    assert len(kept.kept) == MOST_INCIDENTS
    assert kept.kept[-1].turn_id == f"t{MOST_INCIDENTS + 19}"


async def test_an_incident_says_what_sort_it_was_and_quotes_nobody() -> None:
    kept = Kept()
    pulse = pulse_of(kept)
    refused = VeniceError(VeniceFailure.OVERLOADED, "quoted words", detail="quoted words", request_id="r9")
    pulse.trouble(PRIVATE, refused, "t1")
    pulse.trouble(SERVER, ValueError("quoted words"))
    pulse.platform_trouble("telegram", PlatformError(PlatformFailure.UNAVAILABLE, detail="quoted words"))
    await pulse.flush()
    told = [(one.kind, one.fault, one.request_id, one.turn_id) for one in kept.kept]
    assert told == [
        ("VeniceError overloaded", "venice", "r9", "t1"),
        ("ValueError", "gondola", "", ""),
        ("PlatformError unavailable", "platform", "", ""),
    ]
    assert "quoted" not in repr(kept.kept)
    assert PRIVATE.channel not in repr(kept.kept)
    assert [one.channel.startswith("channel:test:~") for one in kept.kept] == [True, False, False]
    assert (kept.kept[2].platform, kept.kept[2].channel) == ("telegram", "")


# --- those who watch ---


def event(number: int, server: str = "s") -> LiveEvent:
    return LiveEvent(float(number), LiveKind.ASKED, server=server)


async def test_everybody_hears_what_is_theirs() -> None:
    told = Broadcast(lambda: NOW)
    mine, all_of_it = told.read(lambda one: one.server == "s"), told.read(lambda one: True)
    hearing = asyncio.create_task(anext(mine))
    other = asyncio.create_task(anext(all_of_it))
    await asyncio.sleep(0)
    told.publish(event(1, "elsewhere"))
    told.publish(event(2))
    assert [(await hearing).at, (await other).at, (await anext(all_of_it)).at] == [2, 1, 2]
    await mine.aclose()
    await all_of_it.aclose()


async def test_a_slow_reader_is_told_what_was_left_out() -> None:
    told = Broadcast(lambda: NOW)
    reader = told.read(lambda one: True)
    first = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    for number in range(MOST_WAITING + 7):
        told.publish(event(number))
    found = [await first] + [await anext(reader) for _ in range(MOST_WAITING)]
    assert [one.at for one in found[:-1]] == list(range(MOST_WAITING))
    assert (found[-1].kind, found[-1].count) == (LiveKind.SKIPPED, 7)
    await reader.aclose()


async def test_readers_end_with_the_house_and_their_seats_are_free_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broadcast, "MOST_READERS", 1)
    assert MOST_READERS > 1
    told = Broadcast(lambda: NOW)
    first, second = told.read(lambda one: True), told.read(lambda one: True)
    waiting = asyncio.create_task(anext(first))
    await asyncio.sleep(0)
    with pytest.raises(UserError):
        await anext(second)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    third = told.read(lambda one: True)
    hearing = asyncio.create_task(anext(third))
    await asyncio.sleep(0)
    told.close()
    with pytest.raises(StopAsyncIteration):
        await hearing


# --- latencies ---


def test_percentiles_lie_in_the_range_they_fall_into() -> None:
    counts = [0] * (len(LATENCY_BOUNDS) + 1)
    assert percentile(counts, 0.5) is None
    for seconds in (0.1, 0.9, 0.9, 0.9, 7.0):
        index = latency_range(latency(seconds))
        assert index is not None
        counts[index] += 1
    median, slow = percentile(counts, 0.5), percentile(counts, 0.95)
    assert median is not None
    assert slow is not None
    assert 0.75 < median <= 1.0
    assert 6.0 < slow <= 8.0
    counts[-1] = 1000
    assert percentile(counts, 0.95) == LATENCY_BOUNDS[-1]
    assert latency_range("answered") is None
