"""A look into films and sounds that were made."""

# PyAV leaves the type parameter of its packets open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
from dataclasses import dataclass

import av


@dataclass(frozen=True, slots=True)
class Seen:
    """`container` is the first of FFmpeg's names that says it; `seconds` and `frames` are counted, not
    declared; codecs are "" where there is no such stream."""

    container: str
    seconds: float
    video: str
    audio: str
    frames: int
    size: tuple[int, int]


def look_at(data: bytes) -> Seen:
    """Decode everything and say what it is."""
    with av.open(io.BytesIO(data), "r") as container:
        names = container.format.name.split(",")
        pictures = list(container.decode(video=0)) if container.streams.video else []
    with av.open(io.BytesIO(data), "r") as container:
        heard = sum(
            frame.samples / frame.sample_rate
            for frame in (container.decode(audio=0) if container.streams.audio else ())
        )
        audio = container.streams.audio[0].codec_context.name if container.streams.audio else ""
        video = container.streams.video[0].codec_context.name if container.streams.video else ""
        rate = container.streams.video[0].average_rate if container.streams.video else None
    seconds = len(pictures) / float(rate) if rate else heard
    size = (pictures[0].width, pictures[0].height) if pictures else (0, 0)
    return Seen("mp4" if "mp4" in names else names[0], seconds, video, audio, len(pictures), size)
