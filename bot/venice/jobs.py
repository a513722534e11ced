"""Films, music and long narration: work that Venice queues, and what becomes of it.

A job is charged when it is queued and has no idempotency key: write `Job` down before telling anybody.
It is kept for 24 hours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.errors import VeniceFailure
from bot.venice.types import Notices

POLL_SECONDS = 5.0
"""How long to wait between two looks. Venice allows 120 looks a minute, over all jobs of the account."""
KEPT_SECONDS = 24 * 3600
JobKind = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A picture (link or data: URL) pinned to a frame of a film of 24 frames a second."""

    image_url: str
    frame: int


@dataclass(frozen=True, slots=True)
class Element:
    """A person or thing that appears as @Element1, @Element2 … of the prompt; links or data: URLs."""

    frontal_image_url: str = ""
    reference_image_urls: tuple[str, ...] = ()
    video_url: str = ""


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A film from words, from a picture or from another film.

    `duration` is one of the model's ("5s"); empty means its first, as for resolution and ratio. Sound is
    asked for where the model lets one choose. All media are data: URLs or public links without redirects;
    what the catalogue says nothing about (references, elements, keyframes) is sent as given. Consents to a
    provider's terms are never sent: nobody but the person could give them.
    """

    prompt: str
    duration: str = ""
    aspect_ratio: str = ""
    resolution: str = ""
    negative_prompt: str = ""
    audio: bool = True
    image_url: str = ""
    end_image_url: str = ""
    audio_url: str = ""
    video_url: str = ""
    reference_image_urls: tuple[str, ...] = ()
    reference_video_urls: tuple[str, ...] = ()
    reference_audio_urls: tuple[str, ...] = ()
    reference_document_urls: tuple[str, ...] = ()
    scene_image_urls: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()
    keyframes: tuple[Keyframe, ...] = ()
    upscale_factor: Literal[1, 2, 4] | None = None
    reference_video_seconds: float | None = None
    """Length of all reference films together; counts for the quote only."""


@dataclass(frozen=True, slots=True)
class AudioRequest:
    """Music, a sound or a long narration. `seconds` becomes the nearest length the model makes; None is
    its usual one. What the model does not take is left out, but lyrics and voices are refused."""

    prompt: str
    seconds: int | None = None
    lyrics: str = ""
    write_lyrics: bool = False
    instrumental: bool = False
    loop: bool = False
    voice: str = ""
    language: str = ""
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Queued and charged. Store all four fields; they are all it takes to fetch the result after a restart.

    `download_url` is empty for most models. Where it is not, whoever knows it gets the film, so it is not
    printed.
    """

    kind: JobKind
    model_id: str
    queue_id: str
    download_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Processing:
    """Not ready. Seconds of this job so far, and of jobs of this model on average; None when not told."""

    average_seconds: float | None
    running_seconds: float | None

    @property
    def left_seconds(self) -> float | None:
        """Venice's own guess of what is left; 0 once a job takes longer than the average."""
        if self.average_seconds is None or self.running_seconds is None:
            return None
        return max(0.0, self.average_seconds - self.running_seconds)


@dataclass(frozen=True, slots=True)
class Done:
    """The film or sound. `ext` (no dot) and `mime` come from what Venice declared and the first bytes."""

    data: bytes = field(repr=False)
    mime: str
    ext: str
    notices: Notices


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never be ready. `reader_text` says why. `refunded` None means that Venice did not say;
    `suggestion` is a prompt, `other_model` a model that may work. `detail` is for the log."""

    failure: VeniceFailure
    reader_text: str
    detail: str
    refunded: bool | None = None
    suggestion: str = ""
    other_model: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """Expired, deleted or never known: there is nothing to fetch, and asking again changes nothing."""

    detail: str = ""


JobState = Processing | Done | Failed | Gone
