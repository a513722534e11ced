"""The catalogue, traits, characters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.demo.caller import Caller


async def _data(caller: Caller, path: str) -> Any:
    answer = await caller.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_models_default_to_text(caller: Caller) -> None:
    rows = await _data(caller, "/models")
    assert {row["type"] for row in rows} == {"text"}
    assert len(rows) >= 20
    assert rows == await _data(caller, "/models?type=text")


@pytest.mark.parametrize("kind", ["image", "tts", "asr", "embedding"])
async def test_models_of_one_type(caller: Caller, kind: str) -> None:
    rows = await _data(caller, f"/models?type={kind}")
    assert rows
    assert {row["type"] for row in rows} == {kind}


async def test_all_and_code(caller: Caller) -> None:
    everything = {row["id"] for row in await _data(caller, "/models?type=all")}
    code = {row["id"] for row in await _data(caller, "/models?type=code")}
    assert {"z-image-turbo", "tts-kokoro", "zai-org-glm-5-2"} <= everything
    assert "claude-sonnet-5" in code < everything


async def test_one_model_is_dear_and_one_sees(caller: Caller) -> None:
    rows = {row["id"]: row["model_spec"] for row in await _data(caller, "/models")}
    assert rows["openai-gpt-55-pro"]["pricing"]["output"]["usd"] > 10
    assert rows["qwen-3-8-27b"]["capabilities"]["supportsVision"] is True
    assert rows["zai-org-glm-5-2"]["capabilities"]["supportsVision"] is False


async def test_image_traits(caller: Caller) -> None:
    traits = await _data(caller, "/models/traits?type=image")
    assert traits["default"] == traits["fastest"] == "z-image-turbo"
    assert (await _data(caller, "/models/compatibility_mapping"))["gpt-4o"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("search=PIRATE", ["captain-brine"]),
        ("tags=poetry,robot", ["unit-seven", "madrigal"]),
        ("tags=poetry&tags=robot", ["unit-seven", "madrigal"]),
        ("categories=education", ["professor-lume"]),
        ("isAdult=true", ["midnight-host"]),
        ("isWebEnabled=false", ["unit-seven"]),
        ("modelId=llama-3.3-70b", ["unit-seven"]),
        ("sortBy=imports&limit=2", ["captain-brine", "professor-lume"]),
        ("sortBy=imports&sortOrder=asc&limit=1&offset=1", ["unit-seven"]),
        ("offset=100", []),
    ],
)
async def test_characters_are_found(caller: Caller, query: str, slugs: list[str]) -> None:
    assert [row["slug"] for row in await _data(caller, f"/characters?{query}")] == slugs


async def test_adults_are_hidden_by_default(caller: Caller) -> None:
    rows = await _data(caller, "/characters")
    assert len(rows) == 7
    assert not any(row["adult"] for row in rows)


async def test_one_character(caller: Caller) -> None:
    row = await _data(caller, "/characters/madrigal")
    assert row["name"] == "Madrigal"
    assert row["stats"]["averageRating"] == pytest.approx(4.6)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "offset=-1", "sortBy=luck", "isAdult=maybe"]
)
async def test_wrong_queries(caller: Caller, query: str) -> None:
    assert (await caller.http.get(f"/characters?{query}")).status_code == 400
