"""Voice bubbles: one Ogg Opus file from the pieces that were spoken."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import UserError
from bot.media.decoding import UNREADABLE, Samples
from bot.media.levels import Levels, waveform
from bot.media.oggopus import OggOpus

RATE = 48_000
BIT_RATE = 32_000
MOST_PIECE_SECONDS = 20 * 60
"""A piece is held in memory whole."""
PAUSE_SECONDS = 0.15
"""Silence between two pieces, as between sentences."""
_FADE = RATE // 100
"""Samples over which a piece comes and goes, so that a joint does not click."""


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """Ogg Opus, mono, 48 kHz. `duration` is in seconds; `waveform` is at most 256 loudness bytes."""

    data: bytes
    duration: float
    waveform: bytes


class Joiner:
    """Joins pieces of speech, whatever their formats, into one voice bubble."""

    def __init__(self) -> None:
        self._file = OggOpus(RATE, BIT_RATE)
        self._levels = Levels(RATE)

    def add(self, sound: bytes) -> None:
        """One more piece. A UserError for one that cannot be decoded whole, of which nothing is kept."""
        samples, decoding = array("h"), Samples(sound, RATE)
        for piece in decoding:
            samples.extend(piece)
            if len(samples) > MOST_PIECE_SECONDS * RATE:
                raise UserError(UNREADABLE, detail="speech without an end")
        if not samples or decoding.damaged:
            raise UserError(UNREADABLE, detail="speech that is empty or damaged")
        _fade(samples)
        if self._file.written:
            self._write(array("h", bytes(2 * int(PAUSE_SECONDS * RATE))))
        self._write(samples)

    def finish(self) -> VoiceClip:
        """The bubble of all pieces; there must be one."""
        return VoiceClip(self._file.finish(), self._file.written / RATE, waveform(self._levels.peaks))

    def _write(self, samples: array[int]) -> None:
        self._levels.add(samples)
        self._file.add(samples)


def to_voice(sounds: Sequence[bytes]) -> VoiceClip:
    """Sound files, joined in order, as a voice bubble. A UserError for unreadable sound."""
    joiner = Joiner()
    for sound in sounds:
        joiner.add(sound)
    return joiner.finish()


def _fade(samples: array[int]) -> None:
    """Both ends rise from and fall to silence within ten milliseconds."""
    length = min(_FADE, len(samples) // 2)
    for at in range(length):
        samples[at] = samples[at] * at // length
        samples[-1 - at] = samples[-1 - at] * at // length
