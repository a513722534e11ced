"""Ogg Opus voice bubbles from whatever Venice or a person sends, through PyAV."""

# PyAV leaves the type parameter of its packets open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from bot.errors import UserError

RATE = 48_000
BIT_RATE = 32_000
PEAK_SAMPLES = RATE // 10
MOST_PEAKS = 256
MOST_SECONDS = 60 * 60
OGG_MIME = "audio/ogg"

UNREADABLE = "I could not read this sound file. It may be damaged or empty; please send it again."


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """Ogg Opus, mono, 48 kHz. `duration` is in seconds; `waveform` is at most 256 loudness bytes."""

    data: bytes
    duration: float
    waveform: bytes


def to_voice(sounds: Sequence[bytes]) -> VoiceClip:
    """One or more sound files, joined in order, as a voice bubble. A UserError for unreadable sound."""
    buffer = io.BytesIO()
    peaks = _Peaks()
    with av.open(buffer, "w", format="ogg") as output:
        stream = output.add_stream("libopus", rate=RATE, options={"vbr": "constrained"})
        stream.layout = "mono"
        stream.bit_rate = BIT_RATE
        position = 0
        for sound in sounds:
            for frame in _mono_frames(sound):
                peaks.add(frame)
                frame.pts = position
                position += frame.samples
                output.mux(stream.encode(frame))
        if position == 0:
            raise UserError(UNREADABLE)
        output.mux(stream.encode(None))
    return VoiceClip(buffer.getvalue(), position / RATE, peaks.waveform())


def seconds_of(sound: bytes) -> float:
    """How long a sound file plays. A UserError for unreadable sound."""
    samples = sum(frame.samples for frame in _mono_frames(sound))
    if samples == 0:
        raise UserError(UNREADABLE)
    return samples / RATE


def _mono_frames(sound: bytes) -> Iterator[AudioFrame]:
    """Decoded frames at 48 kHz mono; stops a decompression bomb after an hour of sound."""
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    left = MOST_SECONDS * RATE
    try:
        with av.open(io.BytesIO(sound), "r") as container:
            for frame in _decoded(container):
                for piece in resampler.resample(frame):
                    left -= piece.samples
                    if left < 0:
                        raise UserError("This sound is longer than an hour, which is more than I can take.")
                    yield piece
            yield from resampler.resample(None)
    except (FFmpegError, ValueError, IndexError, EOFError) as error:
        raise UserError(UNREADABLE, detail=f"undecodable sound: {type(error).__name__}") from None


def _decoded(container: InputContainer) -> Iterator[AudioFrame]:
    streams: Sequence[AudioStream] = container.streams.audio
    for frame in container.decode(streams[0]):
        frame.pts = None  # joined files and damaged clocks must not make gaps
        yield frame


class _Peaks:
    """The loudest sample of each tenth of a second."""

    def __init__(self) -> None:
        self._peaks: list[int] = []
        self._peak = 0
        self._count = 0

    def add(self, frame: AudioFrame) -> None:
        samples = memoryview(bytes(frame.planes[0])[: frame.samples * 2]).cast("h")
        start = 0
        while start < len(samples):
            end = min(len(samples), start + PEAK_SAMPLES - self._count)
            piece = samples[start:end]
            self._peak = max(self._peak, max(piece), -min(piece))
            self._count += end - start
            if self._count == PEAK_SAMPLES:
                self._flush()
            start = end

    def waveform(self) -> bytes:
        if self._count:
            self._flush()
        step = max(1.0, len(self._peaks) / MOST_PEAKS)
        count = int(len(self._peaks) / step)
        picked = [
            max(self._peaks[int(i * step) : max(int(i * step) + 1, int((i + 1) * step))])
            for i in range(count)
        ]
        top = max(picked, default=0) or 1
        return bytes(min(255, value * 255 // top) for value in picked)

    def _flush(self) -> None:
        self._peaks.append(self._peak)
        self._peak = self._count = 0
