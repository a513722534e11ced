"""Writes Ogg Opus, mono, piece by piece."""

# PyAV leaves the type parameter of its packets open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from array import array

import av
from av.audio.frame import AudioFrame

MIME = "audio/ogg"
_FRAME = 48_000
"""Samples handed to the encoder at once."""


class OggOpus:
    """An Ogg Opus file in the making. `rate` is one of Opus's (16,000 or 48,000 Hz here)."""

    def __init__(self, rate: int, bit_rate: int) -> None:
        self._rate = rate
        self._buffer = io.BytesIO()
        self._output = av.open(self._buffer, "w", format="ogg")
        self._stream = self._output.add_stream("libopus", rate=rate, options={"vbr": "constrained"})
        self._stream.layout = "mono"
        self._stream.bit_rate = bit_rate
        self.written = 0
        """Samples so far."""

    def add(self, samples: array[int]) -> None:
        """More 16-bit samples."""
        for at in range(0, len(samples), _FRAME):
            piece = samples[at : at + _FRAME]
            frame = AudioFrame(format="s16", layout="mono", samples=len(piece))
            frame.planes[0].update(_padded(piece, frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts = self._rate, self.written
            self.written += len(piece)
            self._output.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        """The whole file; nothing can be added afterwards."""
        self._output.mux(self._stream.encode(None))
        self._output.close()
        return self._buffer.getvalue()


def _padded(samples: array[int], size: int) -> bytes:
    return samples.tobytes().ljust(size, b"\0")
