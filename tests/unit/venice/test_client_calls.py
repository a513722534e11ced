"""The client over a real socket: listings and media."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.errors import VeniceError, VeniceFailure
from bot.venice import (
    CharacterQuery,
    EmbeddingRequest,
    ImageRequest,
    ModelLimits,
    SpeechRequest,
    TranscriptionRequest,
)
from tests.unit.venice.clients import MODEL, client_of, failure_of
from tests.unit.venice.samples import EMBEDDER, LISTENER, SPEAKER, image_model
from tests.unit.venice.wire import Reply, canned, json_reply

PNG = b"\x89PNG\r\n\x1a\nrest"


async def test_rate_limits_are_read_and_used() -> None:
    answer: dict[str, Any] = {
        "data": {
            "accessPermitted": True,
            "apiTier": {"id": "paid", "isCharged": True},
            "balances": {"USD": 12.5, "DIEM": 0},
            "keyExpiration": None,
            "nextEpochBegins": "2026-11-23T00:00:00Z",
            "rateLimits": [
                {
                    "apiModelId": MODEL.id,
                    "rateLimits": [{"type": "RPM", "amount": 1}, {"type": "TPM", "amount": 9}],
                },
                {"apiModelId": "film", "rateLimits": []},
                {"rateLimits": [{"type": "RPM", "amount": 2}]},
            ],
        }
    }
    async with canned(json_reply(answer)) as server, client_of(server) as client:
        limits = await client.rate_limits()
        assert limits.access_permitted
        assert (limits.tier, limits.charged, limits.balance_usd, limits.balance_diem) == (
            "paid",
            True,
            "12.5",
            "0",
        )
        assert limits.models == {MODEL.id: ModelLimits(1, None, 9), "film": ModelLimits()}
        async with client.limits.turn(MODEL.id, "a", 5):
            assert client.limits.wait_for(MODEL.id) > 50


# Listings


async def test_the_catalogue_comes_with_traits() -> None:
    spec = {"name": "M", "pricing": {"input": {"usd": 1}, "output": {"usd": 2}}}
    models = json_reply({"data": [{"id": "m", "type": "text", "model_spec": spec}]})
    traits = json_reply({"data": {"default": "m"}})
    async with canned(models, traits, json_reply({"data": {}})) as server, client_of(server) as client:
        catalogue = await client.catalogue()
    assert catalogue.find("default").id == "m"
    assert [(seen.path.rpartition("/v1/")[2], seen.query) for seen in server.seen] == [
        ("models", (("type", "all"),)),
        ("models/traits", (("type", "text"),)),
        ("models/traits", (("type", "image"),)),
    ]


async def test_an_empty_catalogue_is_refused() -> None:
    error = await failure_of(json_reply({"data": []}), call=lambda client: client.catalogue())
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_characters() -> None:
    full = {
        "id": "1",
        "slug": "alan",
        "name": "Alan",
        "description": None,
        "adult": True,
        "modelId": "m",
        "tags": ["calm", 3],
        "photoUrl": "https://p",
        "shareUrl": None,
        "stats": {"imports": 5, "averageRating": 4.5, "ratingCount": 2, "userRating": None},
    }
    async with (
        canned(json_reply({"data": [full, {"name": "no slug"}, None]})) as server,
        client_of(server) as client,
    ):
        (found,) = await client.characters(CharacterQuery("al", adult=True, limit=500))
    assert (found.slug, found.description, found.adult, found.tags) == ("alan", "", True, ("calm",))
    assert (found.stats.imports, found.stats.rating, found.share_url) == (5, 4.5, None)
    assert ("limit", "100") in server.seen[0].query
    assert ("isAdult", "true") in server.seen[0].query


async def test_a_slug_cannot_leave_its_path() -> None:
    reply = json_reply({"data": {"slug": "a"}})
    async with canned(reply) as server, client_of(server) as client:
        await client.character("../api_keys?x=1#y")
        for dots in ("", ".", "..", "../.."):
            with pytest.raises(VeniceError):
                await client.character(dots)
    (seen,) = server.seen
    assert seen.path == "/api/v1/characters/..%2Fapi_keys%3Fx=1%23y"
    assert seen.query == ()


async def test_an_unknown_character() -> None:
    error = await failure_of(
        json_reply({"error": "Character not found"}, 404), call=lambda client: client.character("x")
    )
    assert error.failure is VeniceFailure.NOT_FOUND
    odd = await failure_of(json_reply({"data": {}}), call=lambda client: client.character("x"))
    assert odd.failure is VeniceFailure.BAD_ANSWER


async def test_bare_and_wrapped_styles_and_the_mapping() -> None:
    replies = (json_reply(["A"]), json_reply({"data": {"gpt": "m", "x": 3}}))
    async with canned(*replies) as server, client_of(server) as client:
        assert await client.image_styles() == ("A",)
        assert await client.compatibility_mapping() == {"gpt": "m"}


# Media


async def test_pictures() -> None:
    reply = json_reply(
        {
            "id": "img-1",
            "images": [base64.b64encode(PNG).decode(), base64.b64encode(b"\xff\xd8\xffx").decode()],
        },
        headers={"x-venice-is-content-violation": "true", "x-venice-is-blurred": "true"},
    )
    async with canned(reply) as server, client_of(server) as client:
        result = await client.generate_image(ImageRequest("a boat"), image_model())
    assert result.images == (PNG, b"\xff\xd8\xffx")
    assert (result.mime, result.request_id) == ("image/png", "img-1")
    assert result.notices.content_violation
    assert result.notices.blurred


async def test_a_picture_as_the_body_itself() -> None:
    reply = Reply(200, {"Content-Type": "image/webp"}, [b"RIFFxxxxWEBP"])
    async with canned(reply) as server, client_of(server) as client:
        result = await client.generate_image(ImageRequest("a boat"), image_model())
    assert (result.images, result.mime) == ((b"RIFFxxxxWEBP",), "image/webp")


@pytest.mark.parametrize("images", [[], ["!!"], [""], None])
async def test_no_picture_is_a_bad_answer(images: object) -> None:
    error = await failure_of(
        json_reply({"images": images}),
        call=lambda client: client.generate_image(ImageRequest("x"), image_model()),
    )
    assert error.failure is VeniceFailure.BAD_ANSWER


@pytest.mark.parametrize(
    ("mime", "data", "ext", "shown"),
    [
        ("audio/mpeg", b"ID3", "mp3", "audio/mpeg"),
        ("audio/opus", b"OggS...", "ogg", "audio/ogg"),
        ("audio/opus", b"raw", "opus", "audio/opus"),
        ("audio/wav; rate=24000", b"RIFF", "wav", "audio/wav"),
    ],
)
async def test_speech_tells_what_it_is(mime: str, data: bytes, ext: str, shown: str) -> None:
    async with canned(Reply(200, {"Content-Type": mime}, [data])) as server, client_of(server) as client:
        speech = await client.speech(SpeechRequest("hello"), SPEAKER)
    assert (speech.data, speech.ext, speech.mime) == (data, ext, shown)


@pytest.mark.parametrize("mime", ["application/json", "text/html", "audio/mpeg"])
async def test_no_sound_is_a_bad_answer(mime: str) -> None:
    pieces = [] if mime == "audio/mpeg" else [b"{}"]
    error = await failure_of(
        Reply(200, {"Content-Type": mime}, pieces),
        call=lambda client: client.speech(SpeechRequest("x"), SPEAKER),
    )
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_a_transcript_with_and_without_timing() -> None:
    timed = {
        "text": " hello ",
        "duration": 1.5,
        "timestamps": {"segment": [{"text": "hello", "start": 0, "end": 1.5}]},
    }
    plain = Reply(200, {"Content-Type": "text/plain; charset=utf-8"}, ["grüß dich".encode()])
    request = TranscriptionRequest(b"OggSxx", "voice.oga", timestamps=True)
    async with canned(json_reply(timed), plain) as server, client_of(server) as client:
        first = await client.transcribe(request, LISTENER)
        second = await client.transcribe(request, LISTENER)
    assert (first.text, first.duration) == ("hello", 1.5)
    assert (first.segments[0].text, first.segments[0].end) == ("hello", 1.5)
    assert (second.text, second.duration, second.segments) == ("grüß dich", None, ())
    body = server.seen[0].body
    assert server.seen[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'filename="voice.oga"' in body
    assert b"Content-Type: audio/ogg" in body
    assert b"OggSxx" in body
    assert LISTENER.id.encode() in body


async def test_an_answer_without_a_transcript() -> None:
    error = await failure_of(
        json_reply({"text": None}),
        call=lambda client: client.transcribe(TranscriptionRequest(b"x", "a.ogg"), LISTENER),
    )
    assert error.failure is VeniceFailure.BAD_ANSWER


async def test_embeddings_keep_the_order_asked() -> None:
    answer = {
        "model": "e",
        "data": [{"index": 1, "embedding": [2, 0.5]}, {"index": 0, "embedding": [1]}],
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    }
    async with canned(json_reply(answer)) as server, client_of(server) as client:
        result = await client.embed(EmbeddingRequest(("a", "b")), EMBEDDER)
        assert (result.vectors, result.prompt_tokens) == (((1.0,), (2.0, 0.5)), 4)
        with pytest.raises(VeniceError) as caught:
            await client.embed(EmbeddingRequest(("a",)), EMBEDDER)
    assert caught.value.failure is VeniceFailure.BAD_ANSWER
