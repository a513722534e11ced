"""How loud a sound is, tenth of a second by tenth."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

PER_SECOND = 10
MOST_BARS = 256


class Levels:
    """Collects the loudest sample of each tenth of a second."""

    def __init__(self, rate: int) -> None:
        self._length = rate // PER_SECOND
        self._done: list[int] = []
        self._peak = 0
        self._count = 0

    def add(self, samples: array[int]) -> None:
        """More 16-bit samples."""
        start = 0
        while start < len(samples):
            piece = samples[start : start + self._length - self._count]
            self._peak = max(self._peak, max(piece), -min(piece))
            self._count += len(piece)
            start += len(piece)
            if self._count == self._length:
                self._done.append(self._peak)
                self._peak = self._count = 0

    @property
    def peaks(self) -> list[int]:
        """0..32,768 each; the last tenth may be shorter."""
        return [*self._done, self._peak] if self._count else list(self._done)


def waveform(peaks: Sequence[int]) -> bytes:
    """At most 256 loudness bytes; the loudest is 255."""
    step = max(1.0, len(peaks) / MOST_BARS)
    bars = [
        max(peaks[int(i * step) : max(int(i * step) + 1, int((i + 1) * step))])
        for i in range(int(len(peaks) / step))
    ]
    top = max(bars, default=0) or 1
    return bytes(min(255, bar * 255 // top) for bar in bars)
