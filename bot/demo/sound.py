"""The demo's voice: a soft melody that follows the text, one note a word, as long as reading takes."""

# PyAV's types leave packets and codec options open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import math
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import av
from av.audio.stream import AudioStream

RATE = 24_000
CHARS_PER_SECOND = 15.0
PENTATONIC = (0, 2, 4, 7, 9, 12)
"""Half tones above the voice's lowest note; no two of them clash."""
LOWEST_HZ = 196.0
LOUDNESS = 5200
RELEASE_SECONDS = 0.05
ATTACK_SECONDS = 0.02
TONE_SECONDS = 1.4
FRAME_SAMPLES = 1024
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
CONTAINERS = {
    "mp3": ("mp3", "libmp3lame", "s16p"),
    "opus": ("ogg", "libopus", "s16"),
    "aac": ("adts", "aac", "fltp"),
    "flac": ("flac", "flac", "s16"),
    "wav": ("wav", "pcm_s16le", "s16"),
}


@dataclass(frozen=True, slots=True)
class Speech:
    """One text to be read. `speed` 2 halves the length."""

    text: str
    voice: str
    format: str
    speed: float = 1.0


@lru_cache(maxsize=128)
def _tone(step: int, lift: int) -> array[int]:
    """A fading tone of TONE_SECONDS, soft at its beginning. `lift` raises the whole voice in half tones."""
    hertz = LOWEST_HZ * 2 ** ((PENTATONIC[step] + lift) / 12)
    turn, attack = math.tau * hertz / RATE, ATTACK_SECONDS * RATE
    samples = array("h")
    for at in range(round(TONE_SECONDS * RATE)):
        wave = math.sin(turn * at) + 0.25 * math.sin(2 * turn * at) + 0.08 * math.sin(3 * turn * at)
        samples.append(round(LOUDNESS * min(1.0, at / attack) * math.exp(-2.2 * at / RATE) * wave))
    return samples


def _note(tone: array[int], count: int) -> bytes:
    """The first `count` samples of a tone with a soft end, silence where the tone is shorter."""
    held = tone[: min(count, len(tone))]
    release = min(len(held), round(RELEASE_SECONDS * RATE))
    for index in range(release):
        at = len(held) - release + index
        held[at] = round(held[at] * (1 - index / release))
    return held.tobytes() + bytes(2 * (count - len(held)))


def melody(speech: Speech) -> bytes:
    """The melody as 16-bit mono samples at RATE."""
    lift = zlib.crc32(speech.voice.encode()) % 10 - (5 if speech.voice[1:2] == "m" else 0)
    per_char = RATE / CHARS_PER_SECOND / speech.speed
    parts: list[bytes] = []
    written, chars = 0, 0
    for word in speech.text.split(" "):
        chars += len(word) + 1
        end = round(chars * per_char)
        step = zlib.crc32(word.lower().encode()) % len(PENTATONIC)
        parts.append(_note(_tone(step, lift), end - written))
        written = end
    return b"".join(parts)


def exactly(text: str, seconds: float) -> bytes:
    """A melody on the words that lasts exactly so long; the words come again and again."""
    chars = round(seconds * CHARS_PER_SECOND) + 1
    phrase = f"{' '.join(text.split()) or 'demo'} "
    words = phrase * -(-chars // len(phrase))
    return melody(Speech(words[:chars], "music", "wav"))[: round(seconds * RATE) * 2]


def frames_of(samples: bytes, form: str) -> Iterator[av.AudioFrame]:
    """The samples as frames of the sample format an encoder wants."""
    resampler = av.AudioResampler(format=form, layout="mono", rate=RATE)
    for at in range(0, len(samples), FRAME_SAMPLES * 2):
        raw = samples[at : at + FRAME_SAMPLES * 2]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(raw) // 2)
        frame.planes[0].update(raw)
        frame.sample_rate, frame.pts = RATE, at // 2
        yield from resampler.resample(frame)


def encode(samples: bytes, form: str) -> bytes:
    """16-bit mono samples as a sound file. Takes a while."""
    container_name, codec, layout = CONTAINERS[form]
    out = io.BytesIO()
    with av.open(out, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=RATE)
        if not isinstance(stream, AudioStream):
            raise TypeError(codec)
        stream.layout = "mono"
        for frame in frames_of(samples, layout):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def speak_text(speech: Speech) -> bytes:
    """The encoded sound. Takes a while for long texts: run it in a thread."""
    samples = melody(speech)
    return samples if speech.format == "pcm" else encode(samples, speech.format)
