"""Any sound as a WAV file."""

from __future__ import annotations

import io
import wave

from bot.media.decoding import Samples

RATE = 24_000


def to_wav(sound: bytes, seconds: float) -> bytes:
    """The beginning of a sound, mono. Blocking: for a thread. A UserError for what cannot be decoded."""
    left, buffer = int(seconds * RATE), io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        for samples in Samples(sound, RATE):
            out.writeframesraw(samples[:left].tobytes())
            left -= len(samples)
            if left <= 0:
                break
    return buffer.getvalue()
