"""Usage, cost, caching and balance."""

from __future__ import annotations

import pytest

from bot.demo import DemoVenice, Fault
from tests.integration.demo.caller import Caller, system, talk, user

CHAT = "/chat/completions"


async def test_cost_is_tokens_times_list_price(demo: DemoVenice, caller: Caller) -> None:
    answer = await caller.ask([user("x" * 4000)])
    usage, cost = answer["usage"], answer["cost"]
    assert usage["prompt_tokens"] == 1004
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    wanted = (usage["prompt_tokens"] * 0.7 + usage["completion_tokens"] * 2.8) / 1e6
    assert cost == {"usd": pytest.approx(wanted, abs=1e-8), "diem": 0}
    assert demo.requests[-1].cost_usd == cost["usd"]


async def test_stream_reports_the_same_bill(caller: Caller) -> None:
    turns = talk("Hi", "Hello", "Tell me a joke")
    stream, whole = await caller.stream(turns), await caller.ask(turns)
    assert (stream.usage, stream.cost) == (whole["usage"], whole["cost"])


async def test_tokens_are_about_four_characters(caller: Caller) -> None:
    answer = await caller.ask("Say 12345678")
    text = answer["choices"][0]["message"]["content"]
    assert answer["usage"]["completion_tokens"] == -(-len(text) // 4)


async def test_cached_tokens_grow_with_the_repeated_beginning(caller: Caller) -> None:
    model = "zai-org-glm-4.7-flash"
    turns = [system("s" * 8000), *talk("Hi")]
    first = await caller.ask(turns, model=model, prompt_cache_key="a")
    longer = [*turns, *talk("", "x" * 4000, "More")[1:]]
    second = await caller.ask(longer, model=model, prompt_cache_key="a")
    third = await caller.ask([*longer, *talk("", "y", "Again")[1:]], model=model, prompt_cache_key="a")
    other = await caller.ask(longer, model=model, prompt_cache_key="b")
    cached = [one["usage"]["prompt_tokens_details"]["cached_tokens"] for one in (first, second, third, other)]
    assert cached[0] == cached[3] == 0
    assert 1900 < cached[1] < cached[2] - 900
    assert third["cost"]["usd"] < other["cost"]["usd"]


async def test_short_prompts_are_not_cached(caller: Caller) -> None:
    await caller.ask("Hi", model="kimi-k3", prompt_cache_key="a")
    answer = await caller.ask("Hi", model="kimi-k3", prompt_cache_key="a")
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] == 0


async def test_long_prompts_have_their_own_price(caller: Caller) -> None:
    answer = await caller.ask([user("x" * 900_000)], model="grok-4-6")
    usage = answer["usage"]
    wanted = (usage["prompt_tokens"] * 4.53 + usage["completion_tokens"] * 13.6) / 1e6
    assert answer["cost"]["usd"] == pytest.approx(wanted, abs=1e-7)


async def test_the_venice_prompt_is_billed_unless_refused(caller: Caller) -> None:
    with_it = await caller.ask("Hi", venice={"include_venice_system_prompt": True})
    without = await caller.ask("Hi")
    assert with_it["usage"]["prompt_tokens"] - without["usage"]["prompt_tokens"] > 1500


async def test_the_token_cap_holds_and_counts_thinking(caller: Caller) -> None:
    answer = await caller.ask("Write a long story about salt", model="kimi-k3", max_completion_tokens=50)
    usage = answer["usage"]
    assert usage["completion_tokens"] <= 50
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 0
    assert answer["choices"][0]["finish_reason"] == "length"
    starved = await caller.ask("Hi", model="kimi-k3", max_completion_tokens=3)
    assert starved["choices"][0]["message"]["content"] == ""
    assert starved["choices"][0]["finish_reason"] == "length"


async def test_every_choice_is_billed(caller: Caller) -> None:
    one, two = await caller.ask("Say abcd"), await caller.ask("Say abcd", n=2)
    assert len(two["choices"]) == 2
    assert two["usage"]["completion_tokens"] == 2 * one["usage"]["completion_tokens"]


async def test_the_balance_header_is_the_one_before(demo: DemoVenice, caller: Caller) -> None:
    body = caller.body("Write a long story about salt", model="claude-opus-5")
    first, second = await caller.post(CHAT, body), await caller.post(CHAT, body)
    before, after = (float(one.headers["x-venice-balance-usd"]) for one in (first, second))
    assert before == 25.0
    assert before - after == pytest.approx(first.json()["cost"]["usd"], abs=1e-5)
    limits = (await caller.http.get("/api_keys/rate_limits")).json()["data"]
    assert limits["balances"]["USD"] < after


async def test_scripted_bills(demo: DemoVenice, caller: Caller) -> None:
    right = await caller.ask("Hi")
    demo.faults.next(CHAT, Fault.wrong_bill(3))
    wrong = await caller.ask("Hi")
    assert wrong["cost"]["usd"] == pytest.approx(3 * right["cost"]["usd"], abs=1e-8)
    demo.faults.next(CHAT, Fault.no_usage())
    silent = await caller.stream("Hi")
    assert silent.done
    assert (silent.usage, silent.cost) == (None, None)


async def test_media_is_charged_by_the_list(demo: DemoVenice, caller: Caller) -> None:
    await caller.post("/audio/speech", {"model": "tts-kokoro", "input": "a" * 1000})
    await caller.post(
        "/image/generate", {"model": "z-image-turbo", "prompt": "a", "variants": 2, "width": 64, "height": 64}
    )
    ratio = {"model": "gpt-image-2", "prompt": "a", "quality": "low", "return_binary": True}
    await caller.post("/image/generate", ratio)
    charged = [request.cost_usd for request in demo.requests]
    assert charged == [pytest.approx(0.0035), pytest.approx(0.02), pytest.approx(0.02)]
