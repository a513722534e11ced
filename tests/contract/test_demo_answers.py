"""Every answer of the demo against Venice's own specification, and its catalogue against the snapshot."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from bot.demo import (
    DemoVenice,
    augment,
    chat_request,
    edits,
    embeddings,
    films,
    images,
    jobs,
    keys,
    music,
    speech,
)
from bot.demo.catalogue import Model, models
from bot.demo.faults import Fault
from tests.contract.demo_account_cases import ACCOUNT_CASES
from tests.contract.demo_cases import BASIC_CASES, CHAT, SEARCH, TOOL, Case, chat, post
from tests.contract.demo_deviations import AMBIGUOUS, FIELDS, STATUSES
from tests.contract.demo_job_cases import JOB_CASES
from tests.contract.demo_media_cases import EDIT_CASES
from tests.contract.demo_reading_cases import READING_CASES
from tests.contract.stream_chunk import CHUNK, IN_BAND_ERROR
from tests.specs import load_venice_models, load_venice_openapi, load_venice_traits, needs_specs

pytestmark = [needs_specs, pytest.mark.specs]

CASES = (*BASIC_CASES, *EDIT_CASES, *JOB_CASES, *READING_CASES, *ACCOUNT_CASES)


Answers = dict[str, httpx.Response]


async def _exchange(
    case: Case, demo: DemoVenice, client: httpx.AsyncClient, before: Answers
) -> httpx.Response:
    if case.fault is not None:
        demo.faults.next(case.path, case.fault)
    sent = dict(case.sent)
    if case.job:
        # The order of an earlier exchange.
        order = before[case.job].json()
        sent["json"] = {**sent["json"], "model": order["model"], "queue_id": order["queue_id"]}
    path = case.path
    if case.key:
        key_id = before[case.key].json()["data"]["id"]
        path = path.replace("{id}", key_id)
        sent |= {"json": {**sent["json"], "id": key_id}} if "json" in sent else {}
    return await client.request(
        case.method, f"{demo.base_url}{path}", headers=case.headers if case.keyed else {}, **sent
    )


async def _all_answers() -> Answers:
    answers: Answers = {}
    async with DemoVenice(pace=math.inf) as demo, httpx.AsyncClient(timeout=30) as client:
        demo.job_seconds = 0
        for case in CASES:
            answers[case.name] = await _exchange(case, demo, client, answers)
    return answers


@pytest.fixture(scope="module")
def answers() -> dict[str, httpx.Response]:
    return asyncio.run(_all_answers())


@cache
def _registry() -> Registry[Any]:
    return Registry[Any]().with_resource("venice", DRAFT4.create_resource(load_venice_openapi()))


def _problems(schema: dict[str, Any], instance: Any) -> list[str]:
    """What is wrong with the instance, by the OpenAPI 3.0 schema dialect."""
    text = json.dumps(schema).replace('"#/components', '"venice#/components')
    validator = OAS30Validator(json.loads(text), registry=_registry())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(instance)]


def _meant(case: Case) -> str | None:
    """The schema of an answer that fits several."""
    known = {(entry.call, entry.status): entry.schema for entry in AMBIGUOUS}
    return None if case.keyed else known.get((case.call, case.status))


def _documented(case: Case, answer: httpx.Response) -> dict[str, Any] | None:
    """The schema for this answer; None when the specification does not list the status."""
    method, _, path = case.call.partition(" ")
    listed = load_venice_openapi()["paths"][path][method.lower()]["responses"].get(str(answer.status_code))
    if listed is None:
        return None
    meant = _meant(case)
    if meant is not None:
        return {"$ref": f"#/components/schemas/{meant}"}
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in listed["content"], f"{kind} is not among the documented types"
    return listed["content"][kind]["schema"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answer_matches_the_specification(case: Case, answers: dict[str, httpx.Response]) -> None:
    answer = answers[case.name]
    assert answer.status_code == case.status, answer.text[:500]
    schema = _documented(case, answer)
    if schema is None:
        known = {(entry.call, entry.status) for entry in STATUSES}
        assert (case.call, answer.status_code) in known
        assert isinstance(answer.json()["error"], str)
        assert answer.headers["content-type"].startswith("application/json")
    elif answer.headers["content-type"].startswith("application/json"):
        assert _problems(schema, answer.json()) == []


def test_every_known_status_is_still_needed(answers: dict[str, httpx.Response]) -> None:
    needed = {(case.call, case.status) for case in CASES if _documented(case, answers[case.name]) is None}
    assert needed == {(entry.call, entry.status) for entry in STATUSES}


def test_every_ambiguous_answer_is_still_ambiguous(answers: dict[str, httpx.Response]) -> None:
    for entry in AMBIGUOUS:
        case = next(case for case in CASES if case.call == entry.call and _meant(case) == entry.schema)
        method, _, path = entry.call.partition(" ")
        listed = load_venice_openapi()["paths"][path][method.lower()]["responses"][str(entry.status)]
        branches = listed["content"]["application/json"]["schema"]["oneOf"]
        assert [_problems(branch, answers[case.name].json()) for branch in branches] == [[], []]


def test_a_wrong_answer_would_be_noticed() -> None:
    schema = load_venice_openapi()["paths"]["/models"]["get"]["responses"]["200"]["content"]
    row: dict[str, Any] = {
        "id": "a",
        "object": "model",
        "type": "text",
        "owned_by": "venice.ai",
        "model_spec": {},
    }
    found = _problems(schema["application/json"]["schema"], {"object": "list", "type": "text", "data": [row]})
    assert found == ["$.data[0].model_spec: 'privacy' is a required property"]


STREAMS: dict[str, tuple[dict[str, Any], Fault | None]] = {
    "plain": (chat(stream=True), None),
    "cited": (
        chat("tides", stream=True, venice_parameters={**SEARCH, "include_search_results_in_stream": True}),
        None,
    ),
    "tools": (chat("use tool look", stream=True, tools=[TOOL]), None),
    "two choices": (chat(stream=True, n=2), None),
    "cut": (chat(stream=True, max_completion_tokens=3), None),
    "broken": (chat(stream=True), Fault.in_band_error(4)),
}


def _events(text: str) -> Iterator[str]:
    for block in text.split("\n\n"):
        if block:
            assert block.startswith("data: ")
            yield block.removeprefix("data: ")


@pytest.mark.parametrize("name", STREAMS)
async def test_stream_chunks_match_the_schema(name: str) -> None:
    body, fault = STREAMS[name]
    case = post(name, CHAT, body, fault=fault)
    async with DemoVenice(pace=math.inf) as demo, httpx.AsyncClient(timeout=30) as client:
        answer = await _exchange(case, demo, client, {})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, last = _events(answer.text)
    assert last == "[DONE]"
    chunks: list[dict[str, Any]] = [json.loads(event) for event in events]
    for chunk in chunks:
        schema = IN_BAND_ERROR if "error" in chunk else CHUNK
        assert [error.message for error in Draft202012Validator(schema).iter_errors(chunk)] == []  # pyright: ignore[reportUnknownMemberType]
    assert any("error" in chunk for chunk in chunks) == (name == "broken")


REQUESTS = {
    "POST /chat/completions": (chat_request.FIELDS, "ChatCompletionRequest"),
    "POST /image/generate": (images.FIELDS, "GenerateImageRequest"),
    "POST /audio/speech": (speech.FIELDS, "CreateSpeechRequestSchema"),
    "POST /embeddings": (embeddings.FIELDS, "CreateEmbeddingRequestSchema"),
    "POST /image/edit": (edits.EDIT_FIELDS, "EditImageRequest"),
    "POST /image/multi-edit": (edits.MULTI_FIELDS, "MultiEditImageRequest"),
    "POST /image/upscale": (edits.UPSCALE_FIELDS, "UpscaleImageRequest"),
    "POST /image/background-remove": (edits.CUT_FIELDS, "BackgroundRemoveImageRequest"),
    "POST /video/quote": (films.QUOTE_FIELDS, "QuoteVideoRequest"),
    "POST /video/queue": (films.QUEUE_FIELDS, "QueueVideoRequest"),
    "POST /video/retrieve": (jobs.RETRIEVE_FIELDS, "RetrieveVideoRequest"),
    "POST /video/complete": (jobs.COMPLETE_FIELDS, "CompleteVideoRequest"),
    "POST /audio/quote": (music.QUOTE_FIELDS, "QuoteAudioRequest"),
    "POST /audio/queue": (music.QUEUE_FIELDS, "QueueAudioRequest"),
    "POST /audio/retrieve": (jobs.RETRIEVE_FIELDS, "RetrieveAudioRequest"),
    "POST /augment/search": (augment.SEARCH_FIELDS, "WebSearchRequest"),
    "POST /augment/scrape": (augment.SCRAPE_FIELDS, "WebScrapeRequest"),
    "POST /audio/complete": (jobs.COMPLETE_FIELDS, "CompleteAudioRequest"),
}


KEY_REQUESTS = {"post": keys.CREATE_FIELDS, "patch": keys.UPDATE_FIELDS}


def test_the_demo_takes_exactly_the_documented_fields() -> None:
    different: set[tuple[str, str]] = set()
    for call, (fields, schema) in REQUESTS.items():
        listed = load_venice_openapi()["components"]["schemas"][schema]["properties"]
        different |= {(call, name) for name in set(fields) ^ set(listed)}
    for method, fields in KEY_REQUESTS.items():
        body = load_venice_openapi()["paths"]["/api_keys"][method]["requestBody"]
        assert set(fields) == set(body["content"]["application/json"]["schema"]["properties"])
    assert different == {(entry.call, entry.field) for entry in FIELDS}


def _snapshot() -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in load_venice_models()}


@pytest.mark.parametrize("model", models().values(), ids=lambda model: model.id)
def test_catalogue_row_agrees_with_the_snapshot(model: Model) -> None:
    real = _snapshot()[model.id]
    spec: dict[str, Any] = real["model_spec"]
    assert (model.type, model.row["created"]) == (real["type"], real["created"])
    for name in ("name", "privacy", "pricing", "capabilities", "availableContextTokens"):
        assert model.spec.get(name) == spec.get(name), name
    assert model.spec.get("uncensored", False) == spec.get("uncensored", False)
    assert model.spec.get("betaModel", False) == spec.get("betaModel", False)
    assert sorted(model.words("voices")) == sorted(spec.get("voices", []))
    assert sorted(model.words("traits")) == sorted(spec["traits"])


def test_every_text_trait_is_there() -> None:
    traits = {
        trait: model.id
        for model in models().values()
        if model.type == "text"
        for trait in model.words("traits")
    }
    assert traits == load_venice_traits()
