"""Films and sounds made small enough for a platform, and their length. All of it takes a while: run it in a
thread."""

# PyAV leaves packets, pictures and codec options open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

MOST_SECONDS = 600.0
"""Longer films and sounds are not made smaller."""
MOST_WORK = 240.0
"""Seconds of work on one film or sound."""
FULL = 0.94
"""Share of the limit that is aimed at: containers and encoders are not exact."""
TRIES = 3
LESS = 0.75
"""Share of the bit rate at the next try."""
FILM_SOUND = 96_000
LEAST_FILM = 60_000
SOUND_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256)
"""Kilobits a second that MP3 knows; others are rounded, perhaps up."""
BITS_PER_PIXEL = 0.035
"""Below this a film looks better with fewer pixels."""
LEAST_SIDE = 240
FAILURES = (FFmpegError, ValueError, IndexError, EOFError, MemoryError)
RATE = 48_000
Encode = Callable[[float, float], bytes]
"""Bits a second, and when to give up (monotonic seconds), to a file."""


class Unfit(Exception):
    """It cannot be made small enough, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Look:
    """A file seen from outside. `seconds` is 0 where it does not say."""

    seconds: float
    film: bool


def look(data: bytes) -> Look:
    """Length of a film or sound, and which it is. Raises Unfit for what cannot be read."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            return Look(_seconds(container), bool(container.streams.video))
    except FAILURES as error:
        raise Unfit(type(error).__name__) from None


def smaller_film(data: bytes, limit: int) -> bytes:
    """The whole film as MP4 of at most `limit` bytes. Raises Unfit."""
    seconds = _length(data)
    room = limit * FULL * 8 / seconds
    sound = min(FILM_SOUND, room / 4)
    return _fitted(data, limit, room - sound, LEAST_FILM, lambda rate, until: _film(data, rate, sound, until))


def smaller_sound(data: bytes, limit: int) -> bytes:
    """The whole sound as MP3 of at most `limit` bytes, as good as that allows. Raises Unfit."""
    room = limit * FULL * 8 / _length(data)
    fitting = [rate for rate in SOUND_RATES if rate * 1000 <= room]
    rate = max(fitting, default=0) * 1000
    return _fitted(data, limit, rate, SOUND_RATES[0] * 1000, lambda rate, until: _sound(data, rate, until))


def _length(data: bytes) -> float:
    seconds = look(data).seconds
    if not 0 < seconds <= MOST_SECONDS:
        raise Unfit(f"{seconds:.0f} seconds long")
    return seconds


def _fitted(data: bytes, limit: int, rate: float, least: float, encode: Encode) -> bytes:
    """Encoded once, and again with fewer bits where that was still too much."""
    until = time.monotonic() + MOST_WORK
    for _ in range(TRIES):
        if rate < least:
            break
        try:
            made = encode(rate, until)
        except FAILURES as error:
            raise Unfit(type(error).__name__) from None
        if len(made) <= limit:
            return made
        rate *= LESS
    raise Unfit(f"{len(data)} bytes do not fit into {limit}")


def _seconds(container: InputContainer) -> float:
    if container.duration:
        return container.duration / av.time_base
    lengths = (
        float(one.duration * one.time_base) for one in container.streams if one.duration and one.time_base
    )
    return max(lengths, default=0.0)


def _film(data: bytes, rate: float, sound_rate: float, until: float) -> bytes:
    out = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(out, "w", format="mp4") as made:
        pictures = source.streams.video[0]
        fps = pictures.average_rate or Fraction(24)
        width, height = _size(pictures.width, pictures.height, rate, float(fps))
        stream = _pictures(made, fps, width, height, rate)
        # The first packet opens every stream, so all are set up before it.
        track = _track(made, "aac", sound_rate) if source.streams.audio else None
        for frame in source.decode(pictures):
            _check(until)
            picture = frame.reformat(width=width, height=height, format="yuv420p")
            made.mux(stream.encode(picture))
        made.mux(stream.encode(None))
        if track is not None:
            source.seek(0)
            _resound(source, made, track, "fltp", until)
    return out.getvalue()


def _pictures(made: OutputContainer, fps: Fraction, width: int, height: int, rate: float) -> VideoStream:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    ceiling = str(int(rate))
    quick = {"preset": "veryfast"} if codec == "libx264" else {}
    stream = made.add_stream(codec, rate=fps, options={**quick, "maxrate": ceiling, "bufsize": ceiling})
    stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", int(rate)
    stream.time_base = stream.codec_context.time_base = Fraction(1, 90_000)
    return stream


def _size(width: int, height: int, rate: float, fps: float) -> tuple[int, int]:
    """Even sides, with so many pixels that the bits are enough for them."""
    share = min(1.0, (rate / (width * height * fps * BITS_PER_PIXEL)) ** 0.5)
    share = min(1.0, max(share, LEAST_SIDE / min(width, height)))
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def _sound(data: bytes, rate: float, until: float) -> bytes:
    out = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(out, "w", format="mp3") as made:
        if not source.streams.audio:
            raise Unfit("no sound in it")
        _resound(source, made, _track(made, "libmp3lame", rate), "s16p", until)
    return out.getvalue()


def _track(made: OutputContainer, codec: str, rate: float) -> AudioStream:
    track = made.add_stream(codec, rate=RATE)
    if not isinstance(track, AudioStream):
        raise TypeError(codec)
    track.layout, track.bit_rate = "stereo", int(rate)
    return track


def _resound(
    source: InputContainer, made: OutputContainer, track: AudioStream, form: str, until: float
) -> None:
    resampler = AudioResampler(format=form, layout="stereo", rate=RATE, frame_size=track.frame_size or 1152)
    for frame in source.decode(source.streams.audio[0]):
        _check(until)
        for piece in resampler.resample(frame):
            made.mux(track.encode(piece))
    for piece in resampler.resample(None):
        made.mux(track.encode(piece))
    made.mux(track.encode(None))


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise Unfit("it takes too long")
