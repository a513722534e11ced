"""Measures sound: length, and whether there is anything to hear."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
from av.error import FFmpegError

RATE = 16_000
QUIET_PEAK = 200
"""Of 32767: below this nothing can be heard."""
MAX_SECONDS = 3 * 3600


class NoSound(Exception):
    """The bytes hold no sound that can be decoded."""


@dataclass(frozen=True, slots=True)
class Heard:
    seconds: float
    silent: bool


def measure(data: bytes) -> Heard:
    """Decodes the sound of a file. Raises NoSound for anything without decodable sound."""
    samples, peak = 0, 0
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.audio:
                raise NoSound
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    samples += part.samples
                    if peak < QUIET_PEAK:
                        peak = max(peak, _peak(bytes(part.planes[0])[: part.samples * 2]))
                if samples > MAX_SECONDS * RATE:
                    break
    except (FFmpegError, ValueError) as error:
        raise NoSound from error
    if samples == 0:
        raise NoSound
    return Heard(samples / RATE, peak < QUIET_PEAK)


def _peak(raw: bytes) -> int:
    loud = memoryview(raw).cast("h")
    return max(max(loud), -min(loud)) if len(loud) else 0
