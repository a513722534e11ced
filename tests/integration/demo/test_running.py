"""Life of the server: ports, pace, many streams, callers that leave, stopping."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any

import httpx
import pytest

from bot.demo import DemoVenice, Fault
from tests.integration.demo.caller import Caller, Stream, talk, until

CHAT = "/chat/completions"
TURNS = talk("Hi", "Hello", "Tell me a story about salt")


async def test_a_taken_port_is_an_os_error(demo: DemoVenice) -> None:
    port = int(demo.base_url.split(":")[2].split("/")[0])
    second = DemoVenice(port)
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await second.stop()


async def test_two_demos_side_by_side_and_a_second_life(demo: DemoVenice) -> None:
    async with DemoVenice() as other:
        assert other.base_url != demo.base_url
        port = int(other.base_url.split(":")[2].split("/")[0])
    async with DemoVenice(port) as again, Caller(again.base_url) as caller:
        assert (await caller.http.get("/models")).status_code == 200


async def test_signal_handlers_are_left_alone() -> None:
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    async with DemoVenice():
        assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before


async def test_only_loopback_is_served(demo: DemoVenice) -> None:
    assert demo.base_url.startswith("http://127.0.0.1:")


async def test_pace_is_tokens_a_second(demo: DemoVenice, caller: Caller) -> None:
    demo.pace = 100
    began = time.monotonic()
    stream = await caller.stream(talk("Hi", "Hello", f"Say {'abc ' * 30}"))
    taken = time.monotonic() - began
    assert len(stream.content) == 119
    assert 0.25 < taken < 0.6


async def test_two_hundred_streams_at_once(demo: DemoVenice, caller: Caller) -> None:
    demo.pace = 400
    began = time.monotonic()
    streams = await asyncio.gather(
        *(caller.stream(talk("Hi", "Hello", f"Say {at} and {at}")) for at in range(200))
    )
    taken = time.monotonic() - began
    assert [stream.content for stream in streams] == [f"{at} and {at}" for at in range(200)]
    assert all(stream.done for stream in streams)
    assert taken < 5


async def test_a_caller_who_leaves_is_noticed(demo: DemoVenice, caller: Caller) -> None:
    demo.pace = 50
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.stream(TURNS), 0.3)
    await until(lambda: demo.requests[-1].ended_at is not None)
    assert demo.requests[-1].cut_off
    assert 0 < demo.requests[-1].tokens_sent < 60


def released(task: asyncio.Task[Any]) -> bool:
    if task.exception() is None:
        return isinstance(task.result(), httpx.Response)
    return isinstance(task.exception(), httpx.TransportError)


async def test_stopping_never_hangs(capfd: pytest.CaptureFixture[str]) -> None:
    demo = DemoVenice(pace=1)
    await demo.start()
    demo.faults.next("/models", Fault.hang())
    demo.faults.next("/image/styles", Fault.delay(30))
    async with Caller(demo.base_url) as caller:
        stream = Stream()
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(caller.stream(TURNS, stream)),
            asyncio.create_task(caller.http.get("/models")),
            asyncio.create_task(caller.http.get("/image/styles")),
        ]
        await until(lambda: len(demo.requests) == 3 and stream.content != "")
        began = time.monotonic()
        await demo.stop()
        assert time.monotonic() - began < 1
        await asyncio.wait(tasks)
    # Whether a request still without an answer sees a cut line or a late one differs between Python versions.
    assert all(released(task) for task in tasks)
    await demo.stop()
    assert capfd.readouterr().err == ""
