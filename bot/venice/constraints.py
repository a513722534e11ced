"""What video, music and voice-cloning models take, as Venice lists it (snake_case there, unlike the rest)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.venice.data import as_float, as_int, as_list, as_object, as_text, as_texts


@dataclass(frozen=True, slots=True)
class VideoConstraints:
    """What a video model takes. Empty lists mean that the field must not be sent; `durations` are words
    such as "5s". `kind` is text-to-video, image-to-video or video (one that starts from a film)."""

    kind: str = ""
    durations: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    audio: bool = False
    audio_configurable: bool = False
    prompt_limit: int | None = None


@dataclass(frozen=True, slots=True)
class MusicConstraints:
    """What a music, sound or narration model takes. Durations are whole seconds; `duration_options`, where
    given, are the only ones."""

    prompt_min: int = 1
    prompt_limit: int | None = None
    lyrics: bool = False
    lyrics_required: bool = False
    lyrics_limit: int | None = None
    lyrics_optimizer: bool = False
    instrumental: bool = False
    loop: bool = False
    language: bool = False
    speed: bool = False
    speed_min: float = 0.25
    speed_max: float = 4.0
    duration_options: tuple[int, ...] = ()
    duration_min: int | None = None
    duration_max: int | None = None
    duration_default: int | None = None
    default_voice: str = ""

    @property
    def timed(self) -> bool:
        """Whether a length may be asked for."""
        return bool(self.duration_options or self.duration_min or self.duration_max or self.duration_default)


@dataclass(frozen=True, slots=True)
class VoiceCloning:
    """How a speech model clones voices. `formats` are file extensions; a clone dies `retention_days` after
    it was made (zero_shot) or last used (persistent)."""

    mode: str
    formats: tuple[str, ...]
    min_seconds: float
    retention_days: int


def read_video(spec: Mapping[str, object]) -> VideoConstraints:
    """Constraints of a video model, from its model_spec."""
    fields = as_object(spec.get("constraints"))
    return VideoConstraints(
        kind=as_text(fields.get("model_type")),
        durations=as_texts(fields.get("durations")),
        resolutions=as_texts(fields.get("resolutions")),
        aspect_ratios=as_texts(fields.get("aspect_ratios")),
        audio=fields.get("audio") is True,
        audio_configurable=fields.get("audio_configurable") is True,
        prompt_limit=as_int(fields.get("prompt_character_limit")) or None,
    )


def read_music(spec: Mapping[str, object]) -> MusicConstraints:
    """Constraints of a music model: they lie beside the price, not under `constraints`."""

    def has(name: str) -> bool:
        return spec.get(name) is True

    def whole(name: str) -> int | None:
        return as_int(spec.get(name)) or None

    return MusicConstraints(
        prompt_min=max(1, as_int(spec.get("min_prompt_length"), 1)),
        prompt_limit=whole("prompt_character_limit"),
        lyrics=has("supports_lyrics"),
        lyrics_required=has("lyrics_required"),
        lyrics_limit=whole("lyrics_character_limit"),
        lyrics_optimizer=has("supports_lyrics_optimizer"),
        instrumental=has("supports_force_instrumental"),
        loop=has("supports_loop"),
        language=has("supports_language_code"),
        speed=has("supports_speed"),
        speed_min=as_float(spec.get("min_speed")) or 0.25,
        speed_max=as_float(spec.get("max_speed")) or 4.0,
        duration_options=tuple(sorted({as_int(one) for one in as_list(spec.get("duration_options"))} - {0})),
        duration_min=whole("min_duration"),
        duration_max=whole("max_duration"),
        duration_default=whole("default_duration"),
        default_voice=as_text(spec.get("default_voice")),
    )


def read_cloning(spec: Mapping[str, object]) -> VoiceCloning | None:
    """How the model clones voices, None when it does not."""
    fields = as_object(spec.get("voice_cloning"))
    if not fields:
        return None
    return VoiceCloning(
        mode=as_text(fields.get("mode")),
        formats=tuple(one.lower().lstrip(".") for one in as_texts(fields.get("accepted_formats"))),
        min_seconds=as_float(fields.get("min_sample_seconds")) or 0.0,
        retention_days=as_int(fields.get("retention_days")),
    )
