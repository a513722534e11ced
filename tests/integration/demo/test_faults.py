"""Every scripted fault does what it says."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from bot.demo import DemoVenice, Fault
from tests.integration.demo.caller import Caller, Stream, talk

CHAT = "/chat/completions"
TURNS = talk("Hi", "Hello", "Tell me a story about salt")
BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)


async def test_a_status_applies_to_the_next_request_only(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.status(429, retry_after=0.2, reset_in=1))
    refused = await caller.post(CHAT, caller.body("Hi"))
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "0.2"
    assert int(refused.headers["x-ratelimit-reset-requests"]) > time.time() * 1000
    assert refused.json()["error"].startswith("Rate limit")
    assert (await caller.post(CHAT, caller.body("Hi"))).status_code == 200
    assert demo.requests[0].cost_usd == 0


async def test_times_always_model_and_clear(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.status(503)).times(2)
    demo.faults.next(CHAT, Fault.status(500), model="kimi-k3").always()
    seen = [(await caller.post(CHAT, caller.body("Hi"))).status_code for _ in range(3)]
    assert seen == [503, 503, 200]
    seen = [(await caller.post(CHAT, caller.body("Hi", model="kimi-k3"))).status_code for _ in range(3)]
    assert seen == [500, 500, 500]
    assert demo.faults.waiting == 1
    demo.faults.clear()
    assert (await caller.post(CHAT, caller.body("Hi", model="kimi-k3"))).status_code == 200


async def test_a_fault_waits_for_its_path(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next("/models", Fault.html(502))
    assert (await caller.post(CHAT, caller.body("Hi"))).status_code == 200
    page = await caller.http.get("/models")
    assert page.status_code == 502
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE")


async def test_overloaded_has_an_object_under_error(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.overloaded(5))
    answer = await caller.post(CHAT, caller.body("Hi"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "model_overloaded")


async def test_in_band_error_comes_after_its_tokens(demo: DemoVenice, caller: Caller) -> None:
    whole = await caller.say(TURNS)
    demo.faults.next(CHAT, Fault.in_band_error(after=5, code="upstream_error", type="api_error"))
    stream = await caller.stream(TURNS)
    assert stream.content == whole[:20]
    assert stream.error is not None
    assert stream.error["code"] == "upstream_error"
    assert stream.done
    assert stream.finish is None


@pytest.mark.parametrize("fault", [Fault.truncate(after=6), Fault.drop(after=6)], ids=lambda one: one.kind)
async def test_broken_streams_keep_what_came_before(demo: DemoVenice, caller: Caller, fault: Fault) -> None:
    whole = await caller.say(TURNS)
    demo.faults.next(CHAT, fault)
    stream = Stream()
    with pytest.raises(BROKEN):
        await caller.stream(TURNS, stream)
    assert stream.content == whole[:24]
    assert not stream.done
    await asyncio.sleep(0.05)
    assert demo.requests[-1].cut_off
    assert demo.requests[-1].tokens_sent == 6


async def test_drop_before_any_answer(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.drop())
    with pytest.raises(httpx.ReadError):
        await caller.post(CHAT, caller.body("Hi"))
    assert demo.requests[-1].status is None


async def test_hang_before_the_headers_and_in_the_middle(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.hang())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.post(CHAT, caller.body("Hi")), 0.2)
    demo.faults.next(CHAT, Fault.hang(after=3))
    stream = Stream()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.stream(TURNS, stream), 0.3)
    assert len(stream.content) == 12


async def test_a_lost_answer_is_charged(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next("/image/generate", Fault.lost_answer())
    body = {"model": "z-image-turbo", "prompt": "a", "width": 64, "height": 64}
    call = asyncio.create_task(caller.post("/image/generate", body))
    async with asyncio.timeout(20):
        while not (demo.requests and demo.requests[-1].cost_usd):
            await asyncio.sleep(0.01)
    assert demo.requests[-1].cost_usd == 0.01
    assert not call.done(), "it was made and charged, and no answer comes"
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert demo.requests[-1].status is None


async def test_drip_and_delay_take_their_time(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.drip(0.02))
    began = time.monotonic()
    stream = await caller.stream(talk("Hi", "Hello", "Say a b c d e f"))
    assert stream.content == "a b c d e f"
    assert time.monotonic() - began > 0.12
    demo.faults.next("/models", Fault.drip(0.01))
    assert (await caller.http.get("/models")).json()["object"] == "list"
    demo.faults.next("/models", Fault.delay(0.15))
    began = time.monotonic()
    assert (await caller.http.get("/models")).status_code == 200
    assert time.monotonic() - began > 0.14


async def test_half_a_body(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next("/models", Fault.truncate())
    with pytest.raises(httpx.RemoteProtocolError):
        await caller.http.get("/models")


async def test_reasoning_only(demo: DemoVenice, caller: Caller) -> None:
    demo.faults.next(CHAT, Fault.reasoning_only())
    stream = await caller.stream("Hi", model="kimi-k3")
    assert (stream.content, stream.finish) == ("", "length")
    assert stream.reasoning
