"""Films and moving stickers, looked at: how long they are, whether they sound, a few of their pictures."""

# PyAV leaves the type parameter of its packets open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from bot.errors import UserError
from bot.media.pictures import MOST_PIXELS, TOO_LARGE, fitted_url

UNREADABLE = "I could not read this film. It may be damaged or incomplete; please send it again."
NO_PICTURES = "There are no moving pictures in this file."
SHORT_SECONDS = 20.0
"""Of longer films only key frames are looked at: decoding all of it would take too long."""
MOST_DECODED = 1_500
"""Frames decoded of one film at most."""
UNKNOWN_STEP = 0.5
"""Seconds between pictures of a film that does not say how long it is."""
SIDE = 768
"""Pixels of the longer side: enough to see what happens, cheap enough for several."""

_MIMES = {"mov,mp4,m4a,3gp,3g2,mj2": "video/mp4", "matroska,webm": "video/webm", "mpeg": "video/mpeg"}


@dataclass(frozen=True, slots=True)
class Film:
    """What a film is. `mime` is its true type where Venice takes it as it is, else ""; `stills` are data URLs
    of pictures of it in order, evenly spread."""

    seconds: float
    mime: str
    sounding: bool
    stills: tuple[str, ...]


def look(data: bytes, most: int) -> Film:
    """A film with at most so many of its pictures. Blocking: for a thread. Of a damaged one counts what can
    be decoded; a UserError where that is nothing, and for films of too many pixels."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            return _film(container, most)
    except (FFmpegError, ValueError, IndexError, EOFError) as error:
        raise UserError(UNREADABLE, detail=f"undecodable film: {type(error).__name__}") from None


def _film(container: InputContainer, most: int) -> Film:
    streams: Sequence[VideoStream] = container.streams.video
    if not streams:
        raise UserError(NO_PICTURES)
    stream, sounding = streams[0], bool(container.streams.audio)
    if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
        raise UserError(TOO_LARGE)
    seconds = _seconds(container, stream)
    mime = _MIMES.get(container.format.name, "")
    frames = list(_spread(container, stream, seconds, most))
    if not frames:
        raise UserError(UNREADABLE, detail="film without a whole picture")
    return Film(seconds, mime, sounding, tuple(fitted_url(_picture(frame), SIDE) for frame in frames))


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _spread(
    container: InputContainer, stream: VideoStream, seconds: float, most: int
) -> Iterator[VideoFrame]:
    """Frames at evenly spread moments; where a film breaks off, those before it."""
    if seconds > SHORT_SECONDS:
        stream.codec_context.skip_frame = "NONKEY"
    step = seconds / most if seconds else UNKNOWN_STEP
    given = 0
    for frame in _decoded(container, stream):
        if frame.pts is None or frame.time >= (given - 0.001) * step:
            yield frame
            given += 1
        if given == most:
            return


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    left = MOST_DECODED
    try:
        for frame in container.decode(stream):
            yield frame
            left -= 1
            if not left:
                return
    except (FFmpegError, EOFError):
        return


def _picture(frame: VideoFrame) -> Image.Image:
    picture: Image.Image = frame.to_image()
    picture.thumbnail((SIDE, SIDE))
    return picture
