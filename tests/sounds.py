"""Sounds and films for tests, and a look into the ones that were made."""

# PyAV leaves the type parameter of its packets open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame

RATE = 16_000


def samples(seconds: float, *, hertz: float = 440.0, loudness: int = 8_000) -> array[int]:
    """A steady tone, silence where `loudness` is 0."""
    step = math.tau * hertz / RATE
    return array("h", (round(loudness * math.sin(at * step)) for at in range(int(seconds * RATE))))


def speech(parts: Sequence[tuple[float, int]]) -> array[int]:
    """Tones of (seconds, loudness) in a row."""
    joined = array("h")
    for seconds, loudness in parts:
        joined.extend(samples(seconds, loudness=loudness))
    return joined


def wav(sound: array[int]) -> bytes:
    """As a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.tobytes())
    return buffer.getvalue()


def ogg(sound: array[int]) -> bytes:
    """As people's phones record it."""
    return _encoded(sound, "ogg", "libopus", "s16")


def mp3(sound: array[int]) -> bytes:
    """As an MP3 file."""
    return _encoded(sound, "mp3", "libmp3lame", "s16p")


def film(sound: array[int] | None, seconds: float = 2.0) -> bytes:
    """An MP4 with a grey picture, and with sound where there is some."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        audio = out.add_stream("aac", rate=RATE) if sound is not None else None
        for number in range(int(seconds * 10)):
            frame = VideoFrame(32, 32, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        if audio is not None and sound is not None:
            for frame in _frames(sound, "fltp"):
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return buffer.getvalue()


def _encoded(sound: array[int], container: str, codec: str, layout: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        for frame in _frames(sound, layout):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def _frames(sound: array[int], layout: str) -> list[AudioFrame]:
    resampler = AudioResampler(format=layout, layout="mono", rate=RATE)
    made: list[AudioFrame] = []
    for at in range(0, len(sound), 1_000):
        piece = sound[at : at + 1_000]
        frame = AudioFrame(format="s16", layout="mono", samples=len(piece))
        frame.planes[0].update(piece.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = RATE, at
        made += resampler.resample(frame)
    return made


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a file holds: its container and codec, channels, and every sample at 48 kHz."""

    container: str
    codec: str
    channels: int
    samples: array[int]

    @property
    def seconds(self) -> float:
        return len(self.samples) / 48_000

    @property
    def roughest(self) -> int:
        """The largest step from one sample to the next: a click is a large one."""
        return max(abs(b - a) for a, b in zip(self.samples, self.samples[1:], strict=False))


def decoded(data: bytes) -> Decoded:
    """The whole file, decoded."""
    found = array("h")
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        resampler = AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in container.decode(stream):
            for piece in resampler.resample(frame):
                found.frombytes(bytes(piece.planes[0])[: piece.samples * 2])
        codec, channels = stream.codec_context.name, stream.codec_context.channels
        return Decoded(container.format.name, codec, channels, found)
