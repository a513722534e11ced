"""Pictures, voices, hearing and vectors."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from bot.demo import DemoVenice
from tests.integration.demo.caller import Caller

IMAGE, SPEECH, HEARING = "/image/generate", "/audio/speech", "/audio/transcriptions"
SMALL = {"model": "z-image-turbo", "prompt": "a boat at sunset", "width": 256, "height": 128, "seed": 7}


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


async def _picture(caller: Caller, **change: Any) -> Image.Image:
    answer = await caller.post(IMAGE, {**SMALL, "return_binary": True, **change})
    assert answer.status_code == 200, answer.text
    return _opened(answer.content)


@pytest.mark.parametrize("form", ["webp", "png", "jpeg"])
async def test_pictures_have_the_asked_size_and_format(caller: Caller, form: str) -> None:
    answer = await caller.post(IMAGE, {**SMALL, "return_binary": True, "format": form})
    assert answer.headers["content-type"] == f"image/{form}"
    picture = _opened(answer.content)
    assert (picture.format, picture.size) == (form.upper(), (256, 128))


async def test_variants_come_as_base64_and_differ(caller: Caller) -> None:
    body = (await caller.post(IMAGE, {**SMALL, "variants": 3})).json()
    assert len(body["images"]) == len(set(body["images"])) == 3
    assert _opened(base64.b64decode(body["images"][0])).size == (256, 128)


async def test_the_seed_decides(caller: Caller) -> None:
    first, same, other = [await _picture(caller, seed=seed) for seed in (1, 1, 2)]
    assert first.tobytes() == same.tobytes()
    assert first.tobytes() != other.tobytes()
    free, again = [
        (await caller.post(IMAGE, {key: value for key, value in SMALL.items() if key != "seed"})).json()[
            "images"
        ]
        for _ in range(2)
    ]
    assert free != again


@pytest.mark.parametrize(
    ("model", "more", "size"),
    [
        ("flux-2-pro", {"aspect_ratio": "16:9"}, (1368, 768)),
        ("flux-2-pro", {"aspect_ratio": "7:1"}, (1024, 1024)),
        ("nano-banana-2", {"aspect_ratio": "1:1", "resolution": "2K"}, (2048, 2048)),
        ("z-image-turbo", {}, (1024, 1024)),
    ],
)
async def test_ratio_models(caller: Caller, model: str, more: dict[str, str], size: tuple[int, int]) -> None:
    answer = await caller.post(IMAGE, {"model": model, "prompt": "a", "return_binary": True, **more})
    assert _opened(answer.content).size == size


@pytest.mark.parametrize(
    "change",
    [
        {"model": "flux-2-pro"},
        {"width": 100, "height": 101},
        {"style_preset": "No Such Style"},
        {"variants": 5},
        {"variants": 2, "return_binary": True},
        {"prompt": ""},
        {"prompt": "a" * 7501},
        {"quality": "best"},
        {"inpaint": {}},
    ],
)
async def test_pictures_refused(caller: Caller, change: dict[str, Any]) -> None:
    answer = await caller.post(IMAGE, {**SMALL, **change})
    assert answer.status_code == 400
    assert answer.json()["issues"]


async def test_styles_change_the_picture(caller: Caller) -> None:
    styles = (await caller.http.get("/image/styles")).json()["data"]
    plain = await _picture(caller)
    assert {"Watercolor", "Photographic", "Anime", "Pixel Art"} <= set(styles)
    for style in ("Watercolor", "Anime", "Pixel Art", "Sepia", "Line Art", "Neon Punk"):
        assert (await _picture(caller, style_preset=style)).tobytes() != plain.tobytes()


async def test_safety_headers(demo: DemoVenice, caller: Caller) -> None:
    fine = await caller.post(IMAGE, SMALL)
    bad = await caller.post(IMAGE, {**SMALL, "prompt": "something forbidden", "return_binary": True})
    adult = await caller.post(IMAGE, {**SMALL, "prompt": "a nude statue"})
    unsafe = await caller.post(IMAGE, {**SMALL, "prompt": "a nude statue", "safe_mode": False})
    violation, blurred = "x-venice-is-content-violation", "x-venice-is-blurred"
    assert [one.headers[violation] for one in (fine, bad, adult)] == ["false", "true", "false"]
    assert [one.headers[blurred] for one in (fine, adult, unsafe)] == ["false", "true", "false"]
    assert demo.requests[1].cost_usd == 0
    centre = _opened(bad.content).convert("RGB").getpixel((20, 20))
    assert centre == (0, 0, 0)


def _seconds(data: bytes) -> float:
    with av.open(io.BytesIO(data), "r") as container:
        rate = container.streams.audio[0].rate
        return sum(frame.samples for frame in container.decode(audio=0)) / rate


@pytest.mark.parametrize(
    ("form", "media", "magic"),
    [
        ("mp3", "audio/mpeg", b"ID3"),
        ("opus", "audio/opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF"),
    ],
)
async def test_voices_last_as_long_as_reading(caller: Caller, form: str, media: str, magic: bytes) -> None:
    text = "This sentence takes about three seconds to say."
    body = {"model": "tts-kokoro", "input": text, "response_format": form}
    answer = await caller.post(SPEECH, body)
    assert answer.headers["content-type"] == media
    assert answer.content.startswith(magic)
    assert _seconds(answer.content) == pytest.approx(len(text) / 15, abs=0.25)


async def test_pcm_speed_and_voice(caller: Caller) -> None:
    body = {"model": "tts-kokoro", "input": "A word and another word", "response_format": "pcm"}
    plain = (await caller.post(SPEECH, body)).content
    fast = (await caller.post(SPEECH, {**body, "speed": 2})).content
    other = (await caller.post(SPEECH, {**body, "voice": "am_adam"})).content
    assert len(fast) == pytest.approx(len(plain) / 2, rel=0.01)
    assert len(other) == len(plain)
    assert other != plain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"voice": "eve"}, 'Voice "eve" is not supported by model tts-kokoro'),
        ({"voice": "AF_SKY"}, "not supported"),
        ({"model": "tts-orpheus", "response_format": "mp3"}, "response_format mp3 is not supported"),
        ({"input": "a" * 4097}, "Invalid request parameters"),
        ({"input": ""}, "Invalid request parameters"),
        ({"speed": 5}, "Invalid request parameters"),
    ],
)
async def test_voices_refused(caller: Caller, change: dict[str, Any], words: str) -> None:
    answer = await caller.post(SPEECH, {"model": "tts-kokoro", "input": "Hi", **change})
    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_the_format_defaults_by_model(caller: Caller) -> None:
    kinds = [
        (await caller.post(SPEECH, {"model": model, "input": "Hi"})).headers["content-type"]
        for model in ("tts-kokoro", "tts-orpheus")
    ]
    assert kinds == ["audio/mpeg", "audio/wav"]


async def _heard(caller: Caller, data: bytes, name: str = "voice.oga", **form: str) -> httpx.Response:
    fields = {"model": "nvidia/parakeet-tdt-0.6b-v3", **form}
    return await caller.http.post(HEARING, data=fields, files={"file": (name, data, "audio/ogg")})


async def test_hearing_measures_the_sound(demo: DemoVenice, caller: Caller) -> None:
    body = {"model": "tts-kokoro", "input": "x" * 44, "response_format": "opus"}
    voice = (await caller.post(SPEECH, body)).content
    answer = await _heard(caller, voice, timestamps="true")
    assert answer.status_code == 200
    heard = answer.json()
    assert heard["text"] == "This is the demo transcription of a voice message of 3 seconds."
    assert heard["duration"] == pytest.approx(3, abs=0.1)
    assert heard["timestamps"]["word"][0]["word"] == "This"
    record = demo.requests[-1]
    assert record.files["file"].data == voice
    assert record.form["timestamps"] == "true"
    assert record.cost_usd == pytest.approx(0.0003, abs=0.00002)
    assert (await _heard(caller, voice, response_format="text")).text == heard["text"]


def _silence() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "status"),
    [
        (_silence(), "a.wav", 422),
        (b"", "a.ogg", 422),
        (b"OggS and no more", "a.ogg", 422),
        (_silence(), "a.txt", 400),
    ],
)
async def test_hearing_nothing(caller: Caller, data: bytes, name: str, status: int) -> None:
    assert (await _heard(caller, data, name)).status_code == status


async def test_a_file_that_is_too_large(caller: Caller) -> None:
    answer = await _heard(caller, bytes(25 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_near_texts_have_near_vectors(caller: Caller) -> None:
    texts = ["the boat is blue", "a blue boat is here", "taxes rise every winter"]
    body = {"model": "text-embedding-bge-m3", "input": texts}
    rows = (await caller.post("/embeddings", body)).json()["data"]
    first, near, far = [row["embedding"] for row in rows]
    assert len(first) == 1024

    def likeness(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert likeness(first, first) == pytest.approx(1, abs=1e-5)
    assert likeness(first, near) > likeness(first, far) + 0.2
    coded = (await caller.post("/embeddings", {**body, "encoding_format": "base64"})).json()["data"][0]
    assert len(base64.b64decode(coded["embedding"])) == 4096
    sized = await caller.post("/embeddings", {**body, "dimensions": 64})
    assert sized.status_code == 400
