"""Voices and formats of models that the demo does not have."""

import pytest

from bot.engine.voice.speaking import format_for, own_voice
from bot.errors import UserError
from bot.venice import Model


def speaker(*voices: str, custom: bool = False, formats: str = "", default: str = "") -> Model:
    return Model(
        "tts-x",
        "tts",
        "X",
        voices=voices,
        custom_voices=custom,
        formats=tuple(formats.split()),
        default_format=default,
    )


@pytest.mark.parametrize(
    ("formats", "default", "asked"),
    [
        ("mp3 opus wav", "mp3", "opus"),
        ("wav pcm opus", "wav", "opus"),
        ("mp3 pcm flac", "mp3", "mp3"),
        ("pcm flac", "pcm", "flac"),
        ("wav", "wav", "wav"),
        ("pcm mp3", "", "mp3"),
        ("", "", ""),
    ],
)
def test_a_format_that_says_what_it_is(formats: str, default: str, asked: str) -> None:
    assert format_for(speaker(formats=formats, default=default)) == asked


def test_a_voice_is_found_in_any_case() -> None:
    assert own_voice(speaker("WiseWoman", "eve"), " wisewoman") == "WiseWoman"


def test_a_models_own_ids_are_passed_on_but_slips_are_not() -> None:
    model = speaker("Rachel", "Aria", custom=True)
    assert own_voice(model, "21m00Tcm4TlvDq8ikWAM") == "21m00Tcm4TlvDq8ikWAM"
    with pytest.raises(UserError, match="UserError") as caught:
        own_voice(model, "Rachl")
    assert "Did you mean `Rachel`" in caught.value.reader_text


def test_a_part_of_a_name_is_near() -> None:
    with pytest.raises(UserError) as caught:
        own_voice(speaker("af_sky", "af_bella", "bm_george"), "george")
    assert "`bm_george`" in caught.value.reader_text


def test_a_model_without_voices_says_so() -> None:
    with pytest.raises(UserError) as caught:
        own_voice(speaker(), "anybody")
    assert "no voices to choose from" in caught.value.reader_text
