"""Orders of films and sound: what is sent to which model, what is refused before sending."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.errors import Fault, VeniceError, VeniceFailure
from bot.venice import AudioRequest, Element, Keyframe, Model, Pricing, VideoRequest
from bot.venice.constraints import MusicConstraints, VideoConstraints
from bot.venice.job_bodies import audio_body, audio_quote_body, video_body, video_quote_body
from bot.venice.models import read_model

FILMS = VideoConstraints("text-to-video", ("5s", "10s"), ("480p", "720p"), ("16:9", "9:16"), True, False)


def filmer(**takes: Any) -> Model:
    """A film model."""
    return Model(id="film", medium="video", name="Film", video=replace(FILMS, **takes))


def musician(voices: tuple[str, ...] = (), pricing: Pricing | None = None, **takes: Any) -> Model:
    """A model of music."""
    prices = pricing or Pricing(generation=Decimal(1))
    return Model("song", "music", "Song", music=MusicConstraints(**takes), voices=voices, pricing=prices)


def test_constraints_are_read() -> None:
    film = read_model(
        {
            "id": "f",
            "type": "video",
            "model_spec": {
                "constraints": {
                    "model_type": "image-to-video",
                    "durations": ["5s"],
                    "resolutions": ["720p"],
                    "aspect_ratios": [],
                    "audio": True,
                    "audio_configurable": True,
                    "prompt_character_limit": 4000,
                }
            },
        }
    )
    assert film is not None
    assert film.video == VideoConstraints("image-to-video", ("5s",), ("720p",), (), True, True, 4_000)
    song = read_model(
        {
            "id": "s",
            "type": "music",
            "model_spec": {
                "pricing": {
                    "durations": {
                        "120": {"usd": 0.05, "min_seconds": 61, "max_seconds": 120},
                        "60": {"usd": 0.03, "min_seconds": 1, "max_seconds": 60},
                    }
                },
                "supports_lyrics": True,
                "min_prompt_length": 10,
                "duration_options": [120, 60],
                "min_speed": 0.7,
                "voices": ["Aria"],
            },
        }
    )
    assert song is not None
    assert (song.music.lyrics, song.music.prompt_min, song.music.speed_min) == (True, 10, 0.7)
    assert song.music.duration_options == (60, 120)
    assert [(one.least, one.most) for one in song.pricing.durations] == [(1, 60), (61, 120)]
    assert song.offered
    assert song.voices == ("Aria",)


def test_a_plain_film_takes_the_model_s_first_choices() -> None:
    assert video_body(VideoRequest(" a boat "), filmer()) == {
        "model": "film",
        "prompt": "a boat",
        "duration": "5s",
        "resolution": "480p",
        "aspect_ratio": "16:9",
    }


def test_the_ratio_is_required_or_refused_and_sound_only_where_chosen() -> None:
    request = VideoRequest("a boat", aspect_ratio="2:3", audio=False)
    assert video_body(request, filmer())["aspect_ratio"] == "9:16"
    assert "aspect_ratio" not in video_body(request, filmer(aspect_ratios=()))
    assert "audio" not in video_body(request, filmer())
    assert video_body(request, filmer(audio_configurable=True))["audio"] is False


@pytest.mark.parametrize(
    ("request_", "takes", "words"),
    [
        (VideoRequest(" "), {}, "what the film should show"),
        (VideoRequest("x" * 2_501), {}, "2,500"),
        (VideoRequest("x", negative_prompt="y" * 101), {"prompt_limit": 100}, "100"),
        (VideoRequest("x", "7s"), {}, "5s, 10s"),
        (VideoRequest("x", resolution="4k"), {}, "480p, 720p"),
        (VideoRequest("x"), {"kind": "image-to-video"}, "send me one"),
        (VideoRequest("x"), {"kind": "video"}, "starts from a film"),
        (VideoRequest("x", image_url="data:x"), {}, "from words only"),
        (VideoRequest("x", keyframes=(Keyframe("u", 0),) * 11), {}, "10 keyframes"),
    ],
)
def test_films_venice_would_refuse(request_: VideoRequest, takes: dict[str, Any], words: str) -> None:
    with pytest.raises(VeniceError) as caught:
        video_body(request_, filmer(**takes))
    assert words in caught.value.reader_text
    assert caught.value.fault is Fault.USER


def test_material_is_sent_as_given() -> None:
    request = VideoRequest(
        "x",
        image_url="data:image/png;base64,aa",
        elements=(Element("u", ("a", "b", "c", "d")),),
        keyframes=(Keyframe("k", 24),),
        reference_image_urls=("r",),
    )
    body = video_body(request, filmer(kind="image-to-video"))
    assert body["image_url"] == "data:image/png;base64,aa"
    assert body["elements"] == [{"frontal_image_url": "u", "reference_image_urls": ["a", "b", "c"]}]
    assert body["keyframes"] == [{"image_url": "k", "frame_index": 24}]
    assert body["reference_image_urls"] == ["r"]
    assert "consents" not in body


def test_more_than_venice_takes_at_once_is_not_sent() -> None:
    link = "data:video/mp4;base64," + "a" * (18 * 1024 * 1024)
    video_body(VideoRequest("x", video_url=link), filmer(kind=""))
    with pytest.raises(VeniceError) as caught:
        video_body(VideoRequest("x", video_url=link, reference_video_urls=(link,)), filmer(kind=""))
    assert caught.value.failure is VeniceFailure.TOO_LARGE


def test_a_quote_is_the_order_without_its_words() -> None:
    request = VideoRequest("a boat", "10s", reference_video_seconds=8.5, negative_prompt="people")
    order, quote = video_body(request, filmer()), video_quote_body(request, filmer())
    assert quote.pop("reference_video_total_duration") == 8.5
    assert quote == {name: order[name] for name in ("model", "duration", "resolution", "aspect_ratio")}


def test_sound_leaves_out_what_the_model_does_not_take() -> None:
    full = AudioRequest("a song", 75, "", True, True, True, "", "en", 9.0)
    assert audio_body(full, musician()) == {"model": "song", "prompt": "a song"}
    able = musician(instrumental=True, loop=True, language=True, speed=True, speed_max=1.2, duration_max=60)
    assert audio_body(full, able) == {
        "model": "song",
        "prompt": "a song",
        "duration_seconds": 60,
        "force_instrumental": True,
        "loop": True,
        "language_code": "en",
        "speed": 1.2,
    }
    assert "duration_seconds" not in audio_body(AudioRequest("a song"), able)


@pytest.mark.parametrize(("asked", "sent"), [(10, 60), (74, 60), (80, 90), (500, 90)])
def test_the_nearest_length_the_model_makes(asked: int, sent: int) -> None:
    body = audio_body(AudioRequest("a song", asked), musician(duration_options=(60, 90)))
    assert body["duration_seconds"] == sent


def test_lyrics_are_sung_written_or_missed() -> None:
    singer = musician(lyrics=True, lyrics_required=True, lyrics_optimizer=True)
    sung = audio_body(AudioRequest("a song", lyrics="la", write_lyrics=True), singer)
    assert (sung["lyrics_prompt"], "lyrics_optimizer" in sung) == ("la", False)
    written = audio_body(AudioRequest("a song", write_lyrics=True), singer)
    assert (written["lyrics_optimizer"], "lyrics_prompt" in written) == (True, False)
    with pytest.raises(VeniceError, match="refused before sending") as caught:
        audio_body(AudioRequest("a song"), singer)
    assert "needs lyrics" in caught.value.reader_text


@pytest.mark.parametrize(
    ("request_", "takes", "words"),
    [
        (AudioRequest("ab"), {"prompt_min": 3}, "at least 3"),
        (AudioRequest("x" * 301), {"prompt_limit": 300}, "300"),
        (AudioRequest("x", lyrics="la"), {}, "does not sing"),
        (AudioRequest("x", lyrics="la" * 10), {"lyrics": True, "lyrics_limit": 10}, "10 characters"),
        (AudioRequest("x", voice="Bob"), {"voices": ("Aria", "Bill")}, "Aria, Bill"),
    ],
)
def test_sound_venice_would_refuse(request_: AudioRequest, takes: dict[str, Any], words: str) -> None:
    with pytest.raises(VeniceError) as caught:
        audio_body(request_, musician(**takes))
    assert words in caught.value.reader_text


def test_characters_are_quoted_where_they_are_priced() -> None:
    narrator = musician(pricing=Pricing(thousand_characters=Decimal("0.1")))
    assert audio_quote_body(AudioRequest("hello "), narrator) == {"model": "song", "character_count": 5}
    timed = musician(duration_max=60)
    assert audio_quote_body(AudioRequest("hello", 30), timed) == {"model": "song", "duration_seconds": 30}
