"""Film, music and sound models of the demo's catalogue, with real ids and prices.

Venice's snapshot leaves out what these models take; lengths, sizes and ratios are the demo's choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.demo.catalogue_media import row
from bot.demo.catalogue_text import usd
from bot.demo.jsonvalue import Json

DOWNLOADED = "grok-imagine-text-to-video-private"
"""Its films wait at an address of their own."""
NARRATORS = (
    *("Aria", "Roger", "Sarah", "Laura", "Charlie", "George", "Callum", "River", "Liam", "Charlotte"),
    *("Alice", "Matilda", "Will", "Jessica", "Eric", "Chris", "Brian", "Daniel", "Lily", "Bill"),
)


def _film(
    kind: str,
    durations: Sequence[Json],
    resolutions: Sequence[Json],
    ratios: Sequence[Json],
    *,
    choose_sound: bool = False,
    uncensored: bool = False,
) -> dict[str, Json]:
    rules: dict[str, Json] = {
        "model_type": kind,
        "durations": list(durations),
        "resolutions": list(resolutions),
        "aspect_ratios": list(ratios),
        "audio": True,
        "audio_configurable": choose_sound,
        "prompt_character_limit": 2500,
    }
    return {"constraints": rules, **({"uncensored": True} if uncensored else {})}


def _lengths(*bands: tuple[float, int, int]) -> dict[str, Json]:
    """Prices by length: (USD, from, to) in seconds; the name of a band is its end."""
    named: dict[str, Json] = {
        str(most): {**usd(price), "min_seconds": least, "max_seconds": most} for price, least, most in bands
    }
    return {"pricing": {"durations": named}}


def _timed(least: int, most: int, usual: int) -> dict[str, Json]:
    return {"min_duration": least, "max_duration": most, "default_duration": usual}


def _words(limit: int, **abilities: Json) -> dict[str, Json]:
    no: dict[str, Json] = {
        "supports_lyrics": False,
        "lyrics_required": False,
        "supports_force_instrumental": False,
        "supports_loop": False,
        "supports_language_code": False,
        "supports_speed": False,
    }
    return {**no, "min_prompt_length": 3, "prompt_character_limit": limit, **abilities}


WAN_RATIOS = ("16:9", "9:16", "1:1")
FILM_ROWS = (
    row(
        "wan-2.5-preview-text-to-video",
        "video",
        "Wan 2.5 Preview",
        1758825748,
        False,
        _film("text-to-video", ("5s", "10s"), ("480p", "720p", "1080p"), WAN_RATIOS, uncensored=True),
    ),
    row(
        "wan-2.5-preview-image-to-video",
        "video",
        "Wan 2.5 Preview",
        1758825748,
        False,
        _film("image-to-video", ("5s", "10s"), ("480p", "720p"), (), uncensored=True),
    ),
    row(
        "veo3-fast-text-to-video",
        "video",
        "Veo 3 Fast",
        1758825748,
        False,
        _film("text-to-video", ("4s", "6s", "8s"), ("720p", "1080p"), ("16:9", "9:16"), choose_sound=True),
    ),
    row(
        DOWNLOADED,
        "video",
        "Grok Imagine",
        1776038400,
        True,
        _film("text-to-video", ("1s", "2s", "6s"), ("480p", "720p"), ("16:9", "9:16", "2:3")),
    ),
)
SOUND_ROWS = (
    row(
        "ace-step-15",
        "music",
        "ACE-Step 1.5",
        1771804800,
        False,
        {
            "uncensored": True,
            **_lengths(
                (0.03, 60, 60),
                (0.04, 61, 90),
                (0.05, 91, 120),
                (0.06, 121, 150),
                (0.07, 151, 180),
                (0.08, 181, 210),
            ),
            **_words(2000, supports_lyrics=True, supports_lyrics_optimizer=True, lyrics_character_limit=3000),
            "duration_options": [60, 90, 120, 150, 180, 210],
            "default_duration": 60,
        },
    ),
    row(
        "elevenlabs-music",
        "music",
        "ElevenLabs Music",
        1771718400,
        False,
        {
            "uncensored": True,
            **_lengths(
                (0.69, 3, 60),
                (1.38, 61, 120),
                (2.08, 121, 180),
                (2.76, 181, 240),
                (3.45, 241, 300),
                (4.15, 301, 360),
                (4.84, 361, 420),
                (5.52, 421, 480),
                (6.22, 481, 540),
                (6.9, 541, 600),
            ),
            **_words(2000, supports_force_instrumental=True),
            **_timed(3, 600, 60),
        },
    ),
    row(
        "minimax-music-v2",
        "music",
        "MiniMax Music 2.0",
        1771718400,
        False,
        {
            "pricing": {"generation": usd(0.04)},
            **_words(300, supports_lyrics=True, lyrics_required=True, lyrics_character_limit=600),
        },
    ),
    row(
        "elevenlabs-sound-effects-v2",
        "music",
        "ElevenLabs Sound Effects",
        1772236800,
        False,
        {
            "pricing": {"per_second": usd(0.0023000000000000004)},
            **_words(450, supports_loop=True),
            **_timed(1, 22, 5),
        },
    ),
    row(
        "mmaudio-v2-text-to-audio",
        "music",
        "MMAudio V2",
        1772236800,
        False,
        {"pricing": {"per_second": usd(0.0009200000000000001)}, **_words(1000), **_timed(1, 30, 8)},
    ),
    row(
        "elevenlabs-tts-v3",
        "music",
        "ElevenLabs TTS v3",
        1772236800,
        False,
        {
            "pricing": {"per_thousand_characters": usd(0.11500000000000002)},
            **_words(5000, supports_language_code=True, supports_speed=True),
            "voices": list(NARRATORS),
            "default_voice": "Aria",
            "default_speed": 1.0,
            "min_speed": 0.7,
            "max_speed": 1.2,
        },
    ),
)
JOB_ROWS = (*FILM_ROWS, *SOUND_ROWS)
