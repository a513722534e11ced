"""Every request the client can send, recorded on loopback and checked against Venice's specification."""

from __future__ import annotations

import pytest

from bot.venice import (
    AudioPart,
    CharacterQuery,
    ChatMessage,
    ChatRequest,
    EmbeddingRequest,
    FilePart,
    ImagePart,
    ImageRequest,
    Model,
    Reasoning,
    ResponseSchema,
    SpeechRequest,
    TextPart,
    Tool,
    ToolCall,
    TranscriptionRequest,
    VeniceClient,
    VideoPart,
)
from tests.contract.deviations import REQUEST_DEVIATIONS, Deviation
from tests.contract.drives import MORE
from tests.contract.spec_requests import PREFIX, Drive, check, complaints, models_of, record
from tests.specs import needs_specs
from tests.unit.venice.wire import Reply, Seen, delta, json_reply, sse_reply

pytestmark = [pytest.mark.specs, needs_specs]

PIXEL = "data:image/png;base64,iVBORw0KGgo="
CHARACTER = {"data": {"slug": "alan-watts", "name": "Alan"}}


def rich_parts(model: Model) -> tuple[TextPart | ImagePart | AudioPart | VideoPart | FilePart, ...]:
    """Every kind of part the model takes."""
    takes = model.capabilities
    return (
        TextPart("look", cache=True),
        FilePart("data:text/plain;base64,aGk=", "a.txt"),
        *((ImagePart(PIXEL),) if takes.vision else ()),
        *((AudioPart(b"RIFF", "ogg"),) if takes.audio_input else ()),
        *((VideoPart("https://example.org/a.mp4"),) if takes.video_input else ()),
    )


def rich_request(model: Model, reasoning: Reasoning) -> ChatRequest:
    """Every field a chat request has, with a finished tool round in its history."""
    schema: dict[str, object] = {"type": "object", "properties": {}, "additionalProperties": False}
    call = ToolCall("call_1", "dice", '{"sides":6}')
    return ChatRequest(
        messages=(
            ChatMessage("system", (TextPart("Be brief.", cache=True), TextPart("It is noon."))),
            ChatMessage("developer", "Mind the format."),
            ChatMessage("user", (ImagePart(PIXEL), TextPart(""))),
            ChatMessage(
                "assistant",
                "",
                tool_calls=(call,),
                reasoning_content="let me roll",
                reasoning_details=({"type": "reasoning.text", "text": "roll"},),
                thought_signature="sig",
            ),
            ChatMessage("tool", "4", tool_call_id="call_1"),
            ChatMessage("user", rich_parts(model)),
        ),
        max_completion_tokens=10_000_000,
        temperature=0.7,
        top_p=0.9,
        seed=7,
        stop=("END", ""),
        reasoning=reasoning,
        tools=(Tool("dice", "Rolls dice.", schema, strict=True),),
        tool_choice="auto",
        response_schema=ResponseSchema("answer", schema),
        cache_key="conversation-1",
        user="hash-1",
        web_search="auto",
        web_scraping=True,
        character_slug="alan-watts",
    )


async def drain(client: VeniceClient, request: ChatRequest, model: Model) -> None:
    """Read a stream to its end."""
    async for _ in client.chat_stream(request, model):
        pass


async def drive_chat(client: VeniceClient) -> None:
    """A full request to every text model."""
    for model in models_of("text"):
        await drain(client, rich_request(model, "off"), model)


async def drive_pictures(client: VeniceClient) -> None:
    """A plain and a full order to every image model."""
    full = ImageRequest(
        "a boat", "people", 1600, 900, "16:9", "2K", "high", 9, "Film", 5, 30, 7.5, False, True, True, "png"
    )
    for model in models_of("image"):
        await client.generate_image(ImageRequest("a boat"), model)
        await client.generate_image(full, model)


async def drive_speech(client: VeniceClient) -> None:
    """A plain and a full request to every speaking model."""
    for model in models_of("tts"):
        await client.speech(SpeechRequest("hello"), model)
        await client.speech(SpeechRequest("hello", model.voices[-1], "mp3", 9.0, "en", "calm"), model)


async def drive_transcripts(client: VeniceClient) -> None:
    """A plain and a full request to every listening model."""
    for model in models_of("asr"):
        await client.transcribe(TranscriptionRequest(b"OggS", "voice.oga"), model)
        await client.transcribe(TranscriptionRequest(b"OggS", "voice", "en", True), model)


async def drive_embeddings(client: VeniceClient) -> None:
    """A full request to every embedding model."""
    for model in models_of("embedding"):
        await client.embed(EmbeddingRequest(("a", "b"), 256, "hash-1"), model)


STREAM = sse_reply(delta("ok", finish="stop"))
VECTORS = {"data": [{"index": 0, "embedding": [0.5]}, {"index": 1, "embedding": [1]}]}
PAID: dict[str, tuple[Reply, Drive, int]] = {
    "chat": (STREAM, drive_chat, 100),
    "pictures": (json_reply({"id": "i", "images": ["aGk="]}), drive_pictures, 60),
    "speech": (Reply(200, {"Content-Type": "audio/mpeg"}, [b"ID3"]), drive_speech, 20),
    "transcripts": (json_reply({"text": "hello"}), drive_transcripts, 10),
    "embeddings": (json_reply(VECTORS), drive_embeddings, 9),
    **MORE,
}
"""What to answer, what to send, and how many requests that is at least."""


@pytest.mark.parametrize("medium", PAID)
async def test_paid_requests_to_every_model(medium: str) -> None:
    reply, drive, least = PAID[medium]
    server = await record(reply, drive)
    assert len(server.seen) >= least
    check(server)


@pytest.mark.parametrize("reasoning", ["off", "minimal", "medium", "max"])
async def test_effort_is_always_one_the_model_offers(reasoning: Reasoning) -> None:
    models = {model.id: model for model in models_of("text")}

    async def drive(client: VeniceClient) -> None:
        for model in models.values():
            if model.capabilities.reasoning:
                await drain(client, rich_request(model, reasoning), model)

    server = await record(STREAM, drive)
    for seen in server.seen:
        body = seen.json()
        offered = models[str(body["model"])].capabilities.efforts
        assert body.get("reasoning_effort") in (*offered, None)
    check(server)


async def test_whole_chat() -> None:
    model = models_of("text")[0]
    answer = {"choices": [{"index": 0, "message": {"content": "ok"}, "finish_reason": "stop"}]}
    plain = ChatRequest((ChatMessage("user", "hi"),))
    server = await record(json_reply(answer), lambda client: client.chat(plain, model))
    check(server)


async def test_listings() -> None:
    full = CharacterQuery("wise", ("philosophy",), ("calm", "old"), False, True, "imports", True, 20, 40)
    server = await record(
        json_reply({"data": [], "object": "list"}),
        lambda client: client.models(),
        lambda client: client.traits("image"),
        lambda client: client.compatibility_mapping(),
        lambda client: client.characters(),
        lambda client: client.characters(full),
        lambda client: client.image_styles(),
        lambda client: client.rate_limits(),
    )
    assert {seen.method for seen in server.seen} == {"GET"}
    check(server)


async def test_one_character() -> None:
    server = await record(json_reply(CHARACTER), lambda client: client.character("alan watts/ä"))
    check(server)


async def test_the_check_can_fail() -> None:
    """A misspelt field, a null, a number out of range and a strange query name are all caught."""
    head = {"content-type": "application/json", "authorization": "Bearer x"}
    bad = (
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"temprature":1}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_completion_tokens":null}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":3}',
        b'{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":""}]}]}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"venice_parameters":{"enable_web_search":true}}',
    )
    for body in bad:
        assert list(complaints(Seen("POST", f"{PREFIX}/chat/completions", (), head, body)))
    assert list(complaints(Seen("GET", f"{PREFIX}/models", (("typ", "all"),), head, b"")))
    assert list(complaints(Seen("GET", f"{PREFIX}/characters", (), {}, b"")))


async def test_every_deviation_is_still_needed() -> None:
    used: set[Deviation] = set()
    for reply, drive, _ in PAID.values():
        check(await record(reply, drive), used)
    assert used == set(REQUEST_DEVIATIONS)
