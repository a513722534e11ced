"""Every answer of the demo against Venice's own specification, and its catalogue against the snapshot."""

from __future__ import annotations

import asyncio
import io
import json
import math
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from bot.demo import DemoVenice, chat_request, embeddings, images, speech
from bot.demo.catalogue import Model, models
from bot.demo.faults import Fault
from tests.contract.demo_deviations import AMBIGUOUS, FIELDS, STATUSES
from tests.contract.stream_chunk import CHUNK, IN_BAND_ERROR
from tests.specs import load_venice_models, load_venice_openapi, load_venice_traits, needs_specs

pytestmark = [needs_specs, pytest.mark.specs]

KEY = {"Authorization": "Bearer demo"}
FAST_MODEL = "zai-org-glm-4.7-flash"
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
}
FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "a", "schema": {"type": "object", "properties": {}}},
}


def _chat(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"model": FAST_MODEL, "messages": [{"role": "user", "content": text}], **more}


def _wav(seconds: float = 1.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = [int(9000 * math.sin(at / 4)) for at in range(int(8000 * seconds))]
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return out.getvalue()


def _hearing(
    model: str = "openai/whisper-large-v3", data: bytes | None = None, **form: str
) -> dict[str, Any]:
    sound = _wav() if data is None else data
    return {"data": {"model": model, **form}, "files": {"file": ("a.wav", sound, "audio/wav")}}


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange: `template` is the path as the specification names it, `sent` goes to httpx."""

    name: str
    method: str
    path: str
    status: int = 200
    sent: dict[str, Any] = field(default_factory=dict[str, Any])
    template: str = ""
    keyed: bool = True
    fault: Fault | None = None

    @property
    def call(self) -> str:
        return f"{self.method} {self.template or self.path.partition('?')[0]}"


def _post(name: str, path: str, body: Any, status: int = 200, **more: Any) -> Case:
    return Case(name, "POST", path, status, {"json": body}, **more)


CHAT, IMAGE, SPEECH = "/chat/completions", "/image/generate", "/audio/speech"
HEARING, EMBED = "/audio/transcriptions", "/embeddings"
SEARCH = {"enable_web_search": "on", "enable_web_citations": True}
PICTURE = {"model": "z-image-turbo", "prompt": "a canal", "width": 64, "height": 64}
VOICE = {"model": "tts-kokoro", "input": "Hello"}
PARTS = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]

CASES = (
    Case("text models", "GET", "/models"),
    Case("all models", "GET", "/models?type=all"),
    Case("unknown type", "GET", "/models?type=smell", 400),
    Case("traits", "GET", "/models/traits?type=text"),
    Case("image traits", "GET", "/models/traits?type=image"),
    Case("aliases", "GET", "/models/compatibility_mapping"),
    Case("styles", "GET", "/image/styles", keyed=False),
    Case("limits", "GET", "/api_keys/rate_limits"),
    Case("limits without key", "GET", "/api_keys/rate_limits", 402, keyed=False),
    Case("characters", "GET", "/characters"),
    Case("too many characters", "GET", "/characters?limit=101", 400),
    Case("characters without key", "GET", "/characters", 402, keyed=False),
    Case("character", "GET", "/characters/captain-brine", template="/characters/{slug}"),
    Case("no such character", "GET", "/characters/nobody", 404, template="/characters/{slug}"),
    _post("chat", CHAT, _chat()),
    _post("chat with search", CHAT, _chat("Which tide?", venice_parameters=SEARCH)),
    _post("chat with tools", CHAT, _chat("use tool look", tools=[TOOL])),
    _post("chat with schema", CHAT, _chat(response_format=FORMAT)),
    _post("chat as character", CHAT, _chat(venice_parameters={"character_slug": "captain-brine"})),
    _post("chat cut", CHAT, _chat(max_completion_tokens=1)),
    _post("chat twice", CHAT, _chat(n=2)),
    _post("chat misspelt", CHAT, _chat(temprature=1), 400),
    _post("chat with pictures", CHAT, _chat(messages=[{"role": "user", "content": PARTS}]), 400),
    _post("chat without key", CHAT, _chat(), 402, keyed=False),
    _post("chat without model", CHAT, _chat(model="nobody"), 404),
    _post("chat without money", CHAT, _chat(), 402, fault=Fault.status(402)),
    _post("chat with a dead key", CHAT, _chat(), 401, fault=Fault.status(401)),
    _post("chat too fast", CHAT, _chat(), 429, fault=Fault.status(429, retry_after=1)),
    _post("chat offline", CHAT, _chat(), 503, fault=Fault.status(503)),
    _post("chat too large", CHAT, _chat("x" * (36 * 1024 * 1024)), 413),
    _post("picture", IMAGE, PICTURE),
    _post("pictures", IMAGE, {**PICTURE, "variants": 2}),
    _post("binary picture", IMAGE, {**PICTURE, "return_binary": True, "format": "png"}),
    _post("picture too large", IMAGE, {**PICTURE, "width": 4000}, 400),
    _post("picture without model", IMAGE, {**PICTURE, "model": "nobody"}, 404),
    _post("picture without key", IMAGE, PICTURE, 402, keyed=False),
    *(_post(f"voice {form}", SPEECH, {**VOICE, "response_format": form}) for form in ("mp3", "opus", "wav")),
    *(_post(f"voice {form}", SPEECH, {**VOICE, "response_format": form}) for form in ("aac", "flac", "pcm")),
    _post("wrong voice", SPEECH, {**VOICE, "voice": "eve"}, 400),
    _post("text too long", SPEECH, {**VOICE, "input": "a" * 4097}, 400),
    _post("voice without model", SPEECH, {**VOICE, "model": "nobody"}, 404),
    Case("hearing", "POST", HEARING, 200, _hearing()),
    Case("hearing as text", "POST", HEARING, 200, _hearing(response_format="text")),
    Case("hearing with times", "POST", HEARING, 200, _hearing(timestamps="true")),
    Case("hearing subtitles", "POST", HEARING, 400, _hearing(response_format="srt")),
    Case("hearing nothing", "POST", HEARING, 422, _hearing(data=b"RIFF")),
    Case("hearing without model", "POST", HEARING, 404, _hearing("nobody")),
    _post("vectors", EMBED, {"model": "text-embedding-bge-m3", "input": ["a", "b"]}),
    _post("token vectors", EMBED, {"model": "text-embedding-bge-m3", "input": [1, 2]}, 400),
    _post("vectors without model", EMBED, {"model": "nobody", "input": "a"}, 404),
)


async def _exchange(case: Case, demo: DemoVenice, client: httpx.AsyncClient) -> httpx.Response:
    if case.fault is not None:
        demo.faults.next(case.path, case.fault)
    return await client.request(
        case.method, f"{demo.base_url}{case.path}", headers=KEY if case.keyed else {}, **case.sent
    )


async def _all_answers() -> dict[str, httpx.Response]:
    async with DemoVenice(pace=math.inf) as demo, httpx.AsyncClient(timeout=30) as client:
        return {case.name: await _exchange(case, demo, client) for case in CASES}


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
    "plain": (_chat(stream=True), None),
    "cited": (
        _chat("tides", stream=True, venice_parameters={**SEARCH, "include_search_results_in_stream": True}),
        None,
    ),
    "tools": (_chat("use tool look", stream=True, tools=[TOOL]), None),
    "two choices": (_chat(stream=True, n=2), None),
    "cut": (_chat(stream=True, max_completion_tokens=3), None),
    "broken": (_chat(stream=True), Fault.in_band_error(4)),
}


def _events(text: str) -> Iterator[str]:
    for block in text.split("\n\n"):
        if block:
            assert block.startswith("data: ")
            yield block.removeprefix("data: ")


@pytest.mark.parametrize("name", STREAMS)
async def test_stream_chunks_match_the_schema(name: str) -> None:
    body, fault = STREAMS[name]
    case = _post(name, CHAT, body, fault=fault)
    async with DemoVenice(pace=math.inf) as demo, httpx.AsyncClient(timeout=30) as client:
        answer = await _exchange(case, demo, client)
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
}


def test_the_demo_takes_exactly_the_documented_fields() -> None:
    different: set[tuple[str, str]] = set()
    for call, (fields, schema) in REQUESTS.items():
        listed = load_venice_openapi()["components"]["schemas"][schema]["properties"]
        different |= {(call, name) for name in set(fields) ^ set(listed)}
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
