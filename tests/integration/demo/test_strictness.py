"""What the demo refuses, as strictly as Venice does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.demo import DemoVenice
from tests.integration.demo.caller import VISION_MODEL, Caller, picture_part, text_part, user

CHAT = "/chat/completions"
TOOLS = [{"type": "function", "function": {"name": "look"}}]
SCHEMA: dict[str, Any] = {"type": "json_schema", "json_schema": {}}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"temprature": 1}, []),
        ({"max_completion_tokens": None}, ["max_completion_tokens"]),
        ({"temperature": 3}, ["temperature"]),
        ({"temperature": "1"}, ["temperature"]),
        ({"stream": "yes"}, ["stream"]),
        ({"messages": []}, ["messages"]),
        ({"messages": [{"role": "user"}]}, ["messages", 0, "content"]),
        ({"messages": [{"role": "robot", "content": "a"}]}, ["messages", 0, "role"]),
        ({"messages": [user([text_part("")])]}, ["messages", 0, "content", 0, "text"]),
        ({"messages": [user([picture_part("red")])]}, ["messages", 0, "content", 0]),
        ({"venice_parameters": {"enable_web_search": True}}, ["venice_parameters", "enable_web_search"]),
        ({"reasoning_effort": "huge"}, ["reasoning_effort"]),
        ({"response_format": SCHEMA}, ["response_format"]),
        ({"logprobs": True}, ["logprobs"]),
        ({"stop": ["a", "b", "c", "d", "e"]}, ["stop"]),
        ({"max_completion_tokens": 10_000_000}, ["max_completion_tokens"]),
    ],
)
async def test_a_wrong_field_is_named(caller: Caller, change: dict[str, Any], path: list[Any]) -> None:
    answer = await caller.post(CHAT, {**caller.body("Hi"), **change})
    assert answer.status_code == 400
    body = answer.json()
    assert body["error"] == "Invalid request parameters"
    assert body["issues"][0]["path"] == path
    assert body["issues"][0]["message"]
    assert body["details"]["_errors"] if not path else body["details"][path[0]]["_errors"]


async def test_unknown_venice_parameters_are_dropped(caller: Caller) -> None:
    answer = await caller.ask("Hi", venice={"enable_magic": True})
    assert "enable_magic" not in answer["venice_parameters"]


async def test_an_effort_the_model_lacks_is_refused(caller: Caller) -> None:
    body = caller.body("Hi", model="zai-org-glm-5-2", reasoning_effort="low")
    answer = await caller.post(CHAT, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "request_id"}


@pytest.mark.parametrize(
    ("more", "thinks"),
    [
        ({}, True),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning": {"effort": "none"}}, False),
        ({"reasoning": {"enabled": False}}, False),
        ({"venice": {"disable_thinking": True}}, False),
        ({"venice": {"strip_thinking_response": True}}, False),
        ({"reasoning_effort": "max"}, True),
    ],
)
async def test_thinking_is_shown_unless_switched_off(
    caller: Caller, more: dict[str, Any], thinks: bool
) -> None:
    stream = await caller.stream("Hi", model="zai-org-glm-5-2", **more)
    assert bool(stream.reasoning) == thinks
    assert stream.content


@pytest.mark.parametrize("model", ["nobody", "z-image-turbo", "tts-kokoro"])
async def test_unknown_models(caller: Caller, model: str) -> None:
    answer = await caller.post(CHAT, caller.body("Hi", model=model))
    assert (answer.status_code, answer.json()) == (404, {"error": "Specified model not found"})


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("default", "zai-org-glm-5-2"),
        ("most_uncensored", "venice-uncensored-1-2"),
        ("gpt-4o", "zai-org-glm-5-2"),
    ],
)
async def test_traits_and_aliases_name_models(caller: Caller, name: str, id_: str) -> None:
    assert (await caller.ask("Hi", model=name))["model"] == id_


async def test_unknown_characters(caller: Caller) -> None:
    answer = await caller.post(CHAT, caller.body("Hi", venice={"character_slug": "nobody"}))
    assert (answer.status_code, answer.json()) == (404, {"error": "Character not found"})


async def test_pictures_too_small_or_broken(caller: Caller) -> None:
    small = caller.body([user([picture_part("red", (63, 200))])], model=VISION_MODEL)
    broken_part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    broken = caller.body([user([broken_part])], model=VISION_MODEL)
    many = caller.body([user([picture_part("red")] * 11)], model=VISION_MODEL)
    for body in (small, broken, many):
        assert (await caller.post(CHAT, body)).status_code == 400


async def test_keys(demo: DemoVenice) -> None:
    async with httpx.AsyncClient(base_url=demo.base_url) as bare:
        missing = await bare.post(CHAT, json={})
        empty = await bare.get("/api_keys/rate_limits", headers={"Authorization": "Basic abc"})
        open_door = await bare.get("/models")
    assert missing.status_code == 402
    assert {"x402Version", "accepts", "authOptions"} <= set(missing.json())
    assert missing.headers["payment-required"]
    assert (empty.status_code, open_door.status_code) == (401, 200)


async def test_only_the_given_keys_are_taken() -> None:
    async with (
        DemoVenice(keys=frozenset({"right"})) as demo,
        httpx.AsyncClient(base_url=demo.base_url) as bare,
    ):
        answers = [
            (await bare.get("/characters", headers={"Authorization": f"Bearer {key}"})).status_code
            for key in ("right", "wrong")
        ]
    assert answers == [200, 401]


async def test_bodies_that_are_not_json(caller: Caller) -> None:
    wrong_type = await caller.http.post(CHAT, content=b"{}", headers={"Content-Type": "text/plain"})
    wrong_body = await caller.http.post(CHAT, content=b"{", headers={"Content-Type": "application/json"})
    wrong_form = await caller.http.post("/audio/transcriptions", json={})
    nothing = await caller.http.get("/nothing")
    method = await caller.http.get(CHAT)
    statuses = [one.status_code for one in (wrong_type, wrong_body, wrong_form, nothing, method)]
    assert statuses == [400, 400, 400, 404, 405]


async def test_headers_are_venice_like(caller: Caller) -> None:
    answer = await caller.post(CHAT, caller.body("Hi"))
    headers = answer.headers
    assert headers["cf-ray"]
    assert headers["x-venice-model-id"] == "llama-3.3-70b"
    assert headers["x-ratelimit-limit-requests"] == "50"
    assert headers["x-ratelimit-remaining-requests"] == "49"
    assert int(headers["x-ratelimit-reset-requests"]) > 1e12
