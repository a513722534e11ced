"""Requests and results for pictures, speech, transcripts and embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.venice.types import Notices


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Pictures from words. Width and height count for pixel-sized models, aspect ratio ("16:9") for ratio
    models; each is derived from the other where only one is given. No seed means a random one."""

    prompt: str
    negative_prompt: str = ""
    width: int | None = None
    height: int | None = None
    aspect_ratio: str = ""
    resolution: str = ""
    quality: Literal["", "low", "medium", "high"] = ""
    variants: int = 1
    style: str = ""
    seed: int | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    safe_mode: bool = True
    hide_watermark: bool = True
    enhance_prompt: bool = False
    format: Literal["jpeg", "png", "webp"] = "webp"


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One entry in `images` per variant, encoded as `mime`. Look at `notices.content_violation` and
    `notices.blurred` before posting: a violation arrives as a blacked-out picture and is not charged."""

    images: tuple[bytes, ...]
    mime: str
    request_id: str | None
    notices: Notices


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Words to say, at most 4,096 characters. Empty `voice` and `format` mean the model's own default."""

    text: str
    voice: str = ""
    format: str = ""
    speed: float | None = None
    language: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound. `ext` (no dot) and `mime` come from what Venice declared and from the first bytes."""

    data: bytes
    mime: str
    ext: str
    notices: Notices


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """Sound to write down, at most 25 MB. `filename` needs a proper extension: Venice checks it."""

    data: bytes
    filename: str
    language: str = ""
    timestamps: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A timed piece of a transcript, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """Written speech. Some models leave out `duration` (seconds) and segments."""

    text: str
    duration: float | None
    segments: tuple[Segment, ...]
    notices: Notices


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """1..2,048 texts; `dimensions` only counts for models that can shorten their vectors."""

    texts: tuple[str, ...]
    dimensions: int | None = None
    user: str = ""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector per text, in the order asked."""

    vectors: tuple[tuple[float, ...], ...]
    prompt_tokens: int
    model: str
    notices: Notices
