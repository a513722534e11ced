"""Picture, voice, hearing and embedding models of the demo's catalogue, with real ids and prices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.demo.catalogue_text import usd
from bot.demo.jsonvalue import Json, JsonObject

KOKORO_VOICES = tuple(
    re.findall(
        r"\w+",
        """af_alloy af_aoede af_bella af_heart af_jadzia af_jessica af_kore af_nicole af_nova af_river
        af_sarah af_sky am_adam am_echo am_eric am_fenrir am_liam am_michael am_onyx am_puck am_santa
        bf_alice bf_emma bf_lily bm_daniel bm_fable bm_george bm_lewis ef_dora em_alex em_santa ff_siwis
        hf_alpha hf_beta hm_omega hm_psi if_sara im_nicola jf_alpha jf_gongitsune jf_nezumi jf_tebukuro
        jm_kumo pf_dora pm_alex pm_santa zf_xiaobei zf_xiaoni zf_xiaoxiao zf_xiaoyi zm_yunjian zm_yunxi
        zm_yunxia zm_yunyang""",
    )
)
WIDE_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
PLAIN_RATIOS = ("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4")
UPSCALE: dict[str, Json] = {"2x": usd(0.02), "4x": usd(0.08)}


def row(id_: str, kind: str, name: str, created: int, private: bool, spec: JsonObject) -> JsonObject:
    privacy = "private" if private else "anonymized"
    merged: dict[str, Json] = {"name": name, "privacy": privacy, "offline": False, "traits": [], **spec}
    return {
        "id": id_,
        "type": kind,
        "object": "model",
        "owned_by": "venice.ai",
        "created": created,
        "model_spec": merged,
    }


def _size(divisor: int, limit: int, steps: int, extra: JsonObject | None = None) -> dict[str, Json]:
    """The constraints of a picture model."""
    rules: dict[str, Json] = {
        "promptCharacterLimit": limit,
        "widthHeightDivisor": divisor,
        "steps": {"default": min(8, steps), "max": steps},
    }
    return rules | dict(extra or {})


def _ratios(ratios: Sequence[str], default: str = "1:1") -> dict[str, Json]:
    return {"aspectRatios": list(ratios), "defaultAspectRatio": default}


def _generation(price: float) -> dict[str, Json]:
    return {"generation": usd(price), "upscale": UPSCALE}


RESOLUTIONS: dict[str, Json] = {"resolutions": ["1K", "2K", "4K"], "defaultResolution": "1K"}
QUALITIES: dict[str, Json] = {"qualities": ["low", "medium", "high"], "defaultQuality": "high"}


def by_quality(low: float, medium: float, high: float) -> dict[str, Json]:
    return {"low": usd(low), "medium": usd(medium), "high": usd(high)}


IMAGE_ROWS = (
    row(
        "z-image-turbo",
        "image",
        "Z-Image Turbo",
        1764758779,
        True,
        {
            "constraints": _size(8, 7500, 8),
            "pricing": _generation(0.01),
            "traits": ["default", "fastest"],
        },
    ),
    row(
        "venice-sd35",
        "image",
        "Venice SD35",
        1743099022,
        True,
        {
            "constraints": _size(16, 1500, 30),
            "pricing": _generation(0.01),
            "traits": ["eliza-default"],
        },
    ),
    row(
        "chroma",
        "image",
        "Chroma",
        1769731200,
        True,
        {
            "constraints": _size(16, 7500, 20),
            "pricing": _generation(0.01),
            "uncensored": True,
        },
    ),
    row(
        "qwen-image",
        "image",
        "Qwen Image",
        1736635129,
        False,
        {
            "constraints": _size(8, 1500, 8, _ratios(PLAIN_RATIOS)),
            "pricing": _generation(0.03),
            "traits": ["highest_quality"],
        },
    ),
    row(
        "flux-2-pro",
        "image",
        "Flux 2 Pro",
        1764086377,
        False,
        {
            "constraints": _size(1, 3000, 8, _ratios(PLAIN_RATIOS)),
            "pricing": _generation(0.03),
        },
    ),
    row(
        "nano-banana-2",
        "image",
        "Nano Banana 2",
        1772064000,
        False,
        {
            "constraints": _size(1, 32_768, 1, _ratios(WIDE_RATIOS) | RESOLUTIONS),
            "pricing": {
                "resolutions": {"1K": usd(0.1), "2K": usd(0.14), "4K": usd(0.19)},
                "upscale": UPSCALE,
            },
        },
    ),
    row(
        "gpt-image-2",
        "image",
        "GPT Image 2",
        1776729600,
        False,
        {
            "constraints": _size(1, 32_768, 1, _ratios(WIDE_RATIOS) | RESOLUTIONS | QUALITIES),
            "pricing": {
                "resolutions": {"1K": usd(0.27), "2K": usd(0.51), "4K": usd(0.84)},
                "quality": {
                    "1K": by_quality(0.02, 0.07, 0.26),
                    "2K": by_quality(0.03, 0.13, 0.5),
                    "4K": by_quality(0.05, 0.21, 0.83),
                },
                "upscale": UPSCALE,
            },
        },
    ),
    # Listed among the picture models although it makes none: pickers have to leave it out.
    row(
        "bria-bg-remover",
        "image",
        "Background Remover",
        1772064000,
        False,
        {
            "constraints": _size(1, 1, 1),
            "pricing": _generation(0.03),
        },
    ),
)

VOICE_ROWS = (
    row(
        "tts-kokoro",
        "tts",
        "Kokoro Text to Speech",
        1742418046,
        True,
        {
            "pricing": {"input": usd(3.5)},
            "voices": KOKORO_VOICES,
            "default_voice": "af_sky",
            "supported_formats": ["mp3", "opus", "aac", "flac", "wav", "pcm"],
            "default_format": "mp3",
            "supports_custom_voice_id": False,
        },
    ),
    row(
        "tts-qwen3-0-6b",
        "tts",
        "Qwen 3 TTS 0.6B",
        1773100800,
        True,
        {
            "pricing": {"input": usd(87.5)},
            "default_voice": "Vivian",
            "default_format": "mp3",
            "voices": ["Vivian", "Serena", "Ono_Anna", "Sohee", "Uncle_Fu", "Dylan", "Eric", "Ryan", "Aiden"],
            "supported_formats": ["mp3"],
            "supports_custom_voice_id": False,
        },
    ),
    row(
        "tts-orpheus",
        "tts",
        "Orpheus TTS",
        1776384000,
        True,
        {
            "pricing": {"input": usd(62.5)},
            "default_voice": "tara",
            "default_format": "wav",
            "voices": ["dan", "jess", "leah", "leo", "mia", "tara", "zac", "zoe"],
            "supported_formats": ["wav"],
            "supports_custom_voice_id": False,
        },
    ),
)

CLONING_ROW = row(
    "tts-chatterbox-hd",
    "tts",
    "Chatterbox HD (Resemble AI)",
    1776384000,
    True,
    {
        "pricing": {"input": usd(50)},
        "default_voice": "Aurora",
        "default_format": "wav",
        "voices": ["Aurora", "Blade", "Britney", "Carl", "Cliff", "Richard", "Rico", "Siobhan", "Vicky"],
        "supported_formats": ["wav"],
        "supports_custom_voice_id": False,
        "voice_cloning": {
            "mode": "zero_shot",
            "accepted_formats": ["mp3", "wav", "flac", "m4a"],
            "min_sample_seconds": 5,
            "retention_days": 7,
        },
    },
)

HEARING_ROWS = (
    row(
        "nvidia/parakeet-tdt-0.6b-v3",
        "asr",
        "Parakeet ASR",
        1760136444,
        True,
        {
            "pricing": {"per_audio_second": usd(0.0001)},
        },
    ),
    row(
        "openai/whisper-large-v3",
        "asr",
        "Whisper Large V3",
        1736899200,
        True,
        {
            "pricing": {"per_audio_second": usd(0.0001)},
        },
    ),
)

EMBEDDING_ROWS = (
    row(
        "text-embedding-bge-m3",
        "embedding",
        "BGE-M3",
        1741924661,
        True,
        {
            "pricing": {"input": usd(0.15), "output": usd(0.6)},
            "embeddingDimensions": 1024,
            "maxInputTokens": 8192,
        },
    ),
)

MEDIA_ROWS = (*IMAGE_ROWS, *VOICE_ROWS, CLONING_ROW, *HEARING_ROWS, *EMBEDDING_ROWS)
