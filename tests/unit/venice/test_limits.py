"""Windows, the fair queue and the breaker, on a clock that only moves when told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import VeniceError, VeniceFailure
from bot.venice import Breaker, Limits, ModelLimits, Notices
from bot.venice.limits import Window
from bot.venice.queue import PERSON_MAX, FairQueue, Waiter


class Timer:
    """A timer of the fake clock."""

    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at = at
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Do not run."""
        self.cancelled = True


class FakeClock:
    """Time that moves by `advance`, running what was due on the way."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._timers: list[Timer] = []

    def now(self) -> float:
        """The present."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Remember the callback."""
        timer = Timer(self._now + delay, callback)
        self._timers.append(timer)
        return timer

    async def advance(self, seconds: float) -> None:
        """Move on, step by step."""
        until = self._now + seconds
        while due := [timer for timer in self._timers if not timer.cancelled and timer.at <= until]:
            timer = min(due, key=lambda one: one.at)
            self._timers.remove(timer)
            self._now = max(self._now, timer.at)
            timer.callback()
            await settle()
        self._now = until
        await settle()


async def settle() -> None:
    """Let every woken task run."""
    for _ in range(5):
        await asyncio.sleep(0)


class House:
    """Turns on one model, recorded by name when they start."""

    def __init__(self, **limits: int) -> None:
        self.clock = FakeClock()
        self.limits = Limits(self.clock)
        self.limits.set_limits({"m": ModelLimits(**limits)})
        self.started: list[str] = []
        self.places: dict[str, list[int]] = {}

    def ask(self, name: str, tokens: int = 10) -> asyncio.Task[None]:
        """A turn of the person whose letter begins the name."""
        places = self.places.setdefault(name, [])

        async def turn() -> None:
            async with self.limits.turn("m", name[0], tokens, places.append) as slot:
                self.started.append(name)
                slot.used(tokens)

        return asyncio.create_task(turn())


async def test_people_take_turns_and_see_their_place() -> None:
    house = House(requests_per_minute=2)
    tasks = [house.ask(name) for name in ("a1", "a2", "a3", "a4", "b1", "c1", "b2")]
    await settle()
    assert house.started == ["a1", "a2"]
    assert house.places["a1"] == []
    assert [house.places[name][-1] for name in ("a3", "b1", "c1", "a4", "b2")] == [1, 2, 3, 4, 5]
    await house.clock.advance(60)
    assert house.started == ["a1", "a2", "a3", "b1"]
    assert house.places["c1"] == [2, 3, 1] or house.places["c1"][-1] == 1
    await house.clock.advance(120)
    assert house.started == ["a1", "a2", "a3", "b1", "c1", "a4", "b2"]
    await asyncio.gather(*tasks)
    assert house.limits.waiting("m") == 0


async def test_nobody_overtakes_a_waiting_turn() -> None:
    house = House(tokens_per_minute=100)
    tasks = [house.ask("a1", 90), house.ask("b1", 50)]
    await settle()
    tasks.append(house.ask("c1", 5))
    await settle()
    assert house.started == ["a1"]
    await house.clock.advance(60)
    assert house.started == ["a1", "b1", "c1"]
    await asyncio.gather(*tasks)


async def test_a_turn_larger_than_the_limit_still_gets_through() -> None:
    house = House(tokens_per_minute=100)
    tasks = [house.ask("a1", 10_000), house.ask("b1", 10_000)]
    await settle()
    assert house.started == ["a1"]
    await house.clock.advance(61)
    await asyncio.gather(*tasks)


async def test_real_tokens_replace_the_estimate() -> None:
    clock = FakeClock()
    limits = Limits(clock)
    limits.set_limits({"m": ModelLimits(tokens_per_minute=100)})
    async with limits.turn("m", "a", 100) as slot:
        assert limits.wait_for("m", 50) == 60
        slot.used(20)
    assert limits.wait_for("m", 50) == 0
    assert limits.wait_for("m", 90) == 60


async def test_a_cancelled_turn_leaves_the_queue() -> None:
    house = House(requests_per_minute=1)
    first, second, third = house.ask("a1"), house.ask("b1"), house.ask("c1")
    await settle()
    second.cancel()
    await settle()
    assert house.places["c1"] == [2, 1]
    await house.clock.advance(60)
    assert house.started == ["a1", "c1"]
    await asyncio.gather(first, third)
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_headers_and_refusals_close_a_model_for_a_while() -> None:
    house = House()
    house.limits.observe("m", Notices(remaining_requests=0, reset_requests_in=5))
    house.limits.observe("other", Notices(remaining_tokens=3, reset_tokens_in=5))
    assert house.limits.wait_for("other") == 0
    task = house.ask("a1")
    await settle()
    assert house.started == []
    house.limits.push_back("m", 9)
    await house.clock.advance(8)
    assert house.started == []
    await house.clock.advance(1)
    assert house.started == ["a1"]
    await task
    house.limits.push_back("m", 1e9)
    assert house.limits.wait_for("m") == 120


async def test_requests_per_day() -> None:
    house = House(requests_per_day=1)
    tasks = [house.ask("a1"), house.ask("b1")]
    await house.clock.advance(3_600)
    assert house.started == ["a1"]
    await house.clock.advance(86_400)
    await asyncio.gather(*tasks)


async def test_one_person_cannot_fill_the_queue() -> None:
    house = House(requests_per_minute=1)
    tasks = [house.ask(f"a{number}") for number in range(PERSON_MAX + 2)]
    await settle()
    assert sum(task.done() for task in tasks) == 2  # the one that ran and the one too many
    with pytest.raises(VeniceError) as caught:
        await tasks[-1]
    assert caught.value.failure is VeniceFailure.RATE_LIMITED
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert house.limits.waiting("m") == 0


async def test_the_running_loop_is_a_clock_too() -> None:
    limits = Limits()
    limits.push_back("m", 0.02)
    async with asyncio.timeout(2):
        async with limits.turn("m", "a", 1):
            assert limits.wait_for("m") == 0


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(1, 60)), max_size=40))
def test_a_window_never_holds_more_than_its_limit(calls: list[tuple[float, int]]) -> None:
    window, now = Window(100, 60), 0.0
    taken: list[tuple[float, int]] = []
    for pause, amount in calls:
        now += pause
        wait = window.wait(amount, now)
        if wait > 0:
            now += wait + 1e-9  # float dust
            assert window.wait(amount, now) == 0
        window.take(amount, now)
        taken.append((now, amount))
        assert sum(size for at, size in taken if at > now - 60 + 1e-6) <= 100  # float dust


@given(st.lists(st.sampled_from("aaabbc"), max_size=30))
def test_the_queue_lets_in_exactly_the_order_it_shows(people: list[str]) -> None:
    async def run() -> None:
        queue = FairQueue[None]()
        for person in people:
            queue.put(Waiter(person, 1))
        shown = list(queue.in_order())
        popped: list[Waiter[None]] = []
        while (head := queue.head()) is not None:
            popped.append(head)
            queue.pop()
        assert popped == shown

    asyncio.run(run())


def test_the_breaker_opens_before_venice_does_and_closes_again() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for number in range(18):
        breaker.check(f"p{number}")
        breaker.record(f"p{number}")
        now[0] += 1
    with pytest.raises(VeniceError, match="error budget") as caught:
        breaker.check("new")
    assert caught.value.retry_after == 12
    assert "13 seconds" in caught.value.reader_text
    now[0] += 12.1
    breaker.check("new")


def test_one_person_is_stopped_long_before_everybody() -> None:
    breaker = Breaker(lambda: 0.0)
    for _ in range(8):
        breaker.record("abuser")
    assert breaker.wait("abuser") == 30
    assert breaker.wait("other") == 0
    assert breaker.wait() == 0
