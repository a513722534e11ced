"""Bodies for pictures, speech, transcripts and embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import VeniceError, VeniceFailure
from bot.venice import EmbeddingRequest, ImageRequest, SpeechRequest, TranscriptionRequest
from bot.venice.media_bodies import (
    UPLOAD_LIMIT,
    embedding_body,
    image_body,
    pixels,
    speech_body,
    transcription_form,
)
from tests.unit.venice.samples import EMBEDDER, LISTENER, SPEAKER, image_model

RATIOS = ("1:1", "16:9", "3:4", "auto")


def picture(request: ImageRequest, **shape: Any) -> dict[str, Any]:
    """The body for a model of this shape."""
    return image_body(request, image_model(**shape))


def test_a_pixel_model_gets_width_and_height_only() -> None:
    body = picture(ImageRequest("a boat", aspect_ratio="16:9", resolution="2K", quality="high"), divisor=16)
    assert (body["width"], body["height"]) == (1_280, 720)
    assert {"aspect_ratio", "resolution", "quality", "seed", "steps"}.isdisjoint(body)
    assert body["variants"] == 1
    assert body["safe_mode"] is True


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (ImageRequest("x", aspect_ratio="16:9"), "16:9"),
        (ImageRequest("x", aspect_ratio="auto"), "auto"),
        (ImageRequest("x", aspect_ratio="2:1"), "16:9"),
        (ImageRequest("x", width=600, height=800), "3:4"),
        (ImageRequest("x"), None),
        (ImageRequest("x", aspect_ratio="wide"), None),
        (ImageRequest("x", aspect_ratio="1:0"), None),
    ],
)
def test_a_ratio_model_gets_the_nearest_ratio_only(request_: ImageRequest, sent: str | None) -> None:
    body = picture(request_, aspect_ratios=RATIOS)
    assert body.get("aspect_ratio") == sent
    assert {"width", "height"}.isdisjoint(body)


def test_resolution_and_quality_only_where_offered() -> None:
    request = ImageRequest("x", resolution="2K", quality="high")
    body = picture(request, aspect_ratios=RATIOS, resolutions=("1K", "2K"), qualities=("low", "high"))
    assert (body["resolution"], body["quality"]) == ("2K", "high")
    assert "resolution" not in picture(request, resolutions=("1K",))


@given(
    st.one_of(st.none(), st.integers(1, 5_000)),
    st.one_of(st.none(), st.integers(1, 5_000)),
    st.sampled_from(["", "1:1", "16:9", "9:16", "21:9", "1:4"]),
    st.sampled_from([1, 8, 16, 64]),
)
def test_pixels_always_fit(width: int | None, height: int | None, ratio: str, divisor: int) -> None:
    for side in pixels(ImageRequest("x", width=width, height=height, aspect_ratio=ratio), divisor):
        assert 0 < side <= 1_280
        assert side % divisor == 0


def test_numbers_are_kept_in_range() -> None:
    body = picture(ImageRequest("x", variants=9, seed=10**12, steps=500), steps_max=30)
    assert (body["variants"], body["seed"], body["steps"]) == (4, 999_999_999, 30)
    assert picture(ImageRequest("x", seed=0))["seed"] == 0


def test_the_prompt_limit_is_the_model_s() -> None:
    assert picture(ImageRequest("x" * 1_500), prompt_limit=1_500)
    with pytest.raises(VeniceError) as caught:
        picture(ImageRequest("x" * 1_501), prompt_limit=1_500)
    assert "1,500" in caught.value.reader_text
    with pytest.raises(VeniceError):
        picture(ImageRequest("  "))


def test_speech_uses_the_usual_voice_and_the_model_s_format() -> None:
    assert speech_body(SpeechRequest("hello"), SPEAKER) == {
        "model": "tts-kokoro",
        "input": "hello",
        "voice": "af_sky",
        "response_format": "mp3",
    }
    body = speech_body(SpeechRequest("hello", "vv_mine", "opus", 99, "e"), SPEAKER)
    assert (body["voice"], body["response_format"], body["speed"]) == ("vv_mine", "opus", 4.0)
    assert "language" not in body
    assert speech_body(SpeechRequest("hello", format="wav"), SPEAKER)["response_format"] == "mp3"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (SpeechRequest(" "), "nothing to say"),
        (SpeechRequest("x" * 4_097), "4,096"),
        (SpeechRequest("x", "Kore"), "af_alloy"),
        (SpeechRequest("x", "AF_SKY"), "no voice"),
    ],
)
def test_speech_venice_would_refuse(request_: SpeechRequest, words: str) -> None:
    with pytest.raises(VeniceError) as caught:
        speech_body(request_, SPEAKER)
    assert words in caught.value.reader_text


@pytest.mark.parametrize(
    ("name", "sent", "mime"),
    [
        ("voice.oga", "voice.oga", "audio/ogg"),
        ("memo.M4A", "memo.M4A", "audio/mp4"),
        ("noext", "noext.ogg", "audio/ogg"),
        ("", "sound.ogg", "audio/ogg"),
    ],
)
def test_sound_gets_a_name_venice_accepts(name: str, sent: str, mime: str) -> None:
    fields, upload = transcription_form(TranscriptionRequest(b"x", name), LISTENER)
    assert (upload.filename, upload.mime) == (sent, mime)
    assert fields == {"model": LISTENER.id, "response_format": "json"}


def test_sound_that_is_empty_or_too_big() -> None:
    with pytest.raises(VeniceError):
        transcription_form(TranscriptionRequest(b"", "a.ogg"), LISTENER)
    with pytest.raises(VeniceError) as caught:
        transcription_form(TranscriptionRequest(bytes(UPLOAD_LIMIT + 1), "a.ogg"), LISTENER)
    assert caught.value.failure is VeniceFailure.TOO_LARGE


def test_embeddings_need_text() -> None:
    assert "dimensions" not in embedding_body(EmbeddingRequest(("a",), 256), EMBEDDER)
    for texts in ((), ("a", " "), ("a",) * 2_049):
        with pytest.raises(VeniceError):
            embedding_body(EmbeddingRequest(texts), EMBEDDER)
