"""What people send to be written down: how long it is, whether it is silent, and long sound cut at pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import UserError
from bot.media.decoding import MOST_SECONDS, TOO_LONG, Samples, described
from bot.media.levels import PER_SECOND, Levels
from bot.media.oggopus import OggOpus

RATE = 16_000
"""Enough for speech."""
BIT_RATE = 24_000
QUIET = 100
"""Of 32,768: where nothing is louder, nothing can be understood."""
SILENT = "I hear nothing in this: it is silent."
EMPTY = "There is nothing to hear in this file: it is 0 seconds long."

_EARLIEST = 0.75
"""A passage is cut in its last quarter."""
_PAUSE = 5
"""Tenths of a second that count as one pause."""

# What Venice takes as it is, by FFmpeg's name of the container.
_ENDINGS = {
    "ogg": "ogg",
    "mp3": "mp3",
    "wav": "wav",
    "flac": "flac",
    "aac": "aac",
    "mov,mp4,m4a,3gp,3g2,mj2": "m4a",
    "matroska,webm": "webm",
}
_FILMS = ("m4a", "webm")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a sound in tenths of a second: from `start` up to `end`."""

    start: int
    end: int

    @property
    def offset(self) -> float:
        """Seconds from the beginning of the sound."""
        return self.start / PER_SECOND

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start) / PER_SECOND


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound as heard once. `levels` holds the loudest sample of each tenth of a second; `ending` is the
    file ending under which Venice takes the bytes as they are, "" where they must be written anew."""

    data: bytes
    seconds: float
    levels: Sequence[int]
    ending: str

    def silent(self, passage: Passage) -> bool:
        """Whether there is nothing to understand in a passage."""
        return max(self.levels[passage.start : passage.end], default=0) < QUIET

    def passages(self, longest: float) -> list[Passage]:
        """The whole sound in passages of at most so many seconds, cut at pauses."""
        most, end = int(longest * PER_SECOND), len(self.levels)
        cuts = [0]
        while end - cuts[-1] > most:
            cuts.append(_quietest(self.levels, cuts[-1] + int(most * _EARLIEST), cuts[-1] + most))
        return [Passage(start, stop) for start, stop in zip(cuts, [*cuts[1:], end], strict=True)]

    def beginning(self, passage: Passage, longest: float) -> Passage:
        """The first part of a passage of at most so many seconds, up to a pause."""
        most = int(longest * PER_SECOND)
        if passage.end - passage.start <= most:
            return passage
        low = passage.start + int(most * _EARLIEST)
        return Passage(passage.start, _quietest(self.levels, low, passage.start + most))

    def cut(self, passages: Sequence[Passage]) -> list[bytes]:
        """The passages, in order and not overlapping, as Ogg Opus files."""
        return list(_cut(self.data, passages))


def listen(data: bytes) -> Recording:
    """Measures a sound file, or the sound of a film. Blocking: for a thread. Of a damaged one counts what can
    be decoded. A UserError for what is unreadable, soundless, empty, silent or longer than two hours."""
    ending = _ending(data)
    decoding, levels, count = Samples(data, RATE), Levels(RATE), 0
    for samples in decoding:
        levels.add(samples)
        count += len(samples)
    if not count:
        raise UserError(EMPTY)
    heard = Recording(data, count / RATE, levels.peaks, "" if decoding.damaged else ending)
    if heard.silent(Passage(0, len(heard.levels))):
        raise UserError(SILENT)
    return heard


def check_length(seconds: float | None) -> None:
    """Refuse what the platform already says is too long; None where it says nothing."""
    if seconds is not None and seconds > MOST_SECONDS:
        raise UserError(TOO_LONG)


def _ending(data: bytes) -> str:
    container, pictures = described(data)
    ending = _ENDINGS.get(container, "")
    return "" if pictures and ending in _FILMS else ending


def _quietest(levels: Sequence[int], low: int, high: int) -> int:
    """The middle of the quietest half second between two moments."""
    starts = range(low, max(low + 1, high - _PAUSE))
    best = min(starts, key=lambda at: sum(levels[at : at + _PAUSE]))
    return best + _PAUSE // 2


def _cut(data: bytes, passages: Sequence[Passage]) -> Iterator[bytes]:
    length = RATE // PER_SECOND
    wanted = iter(passages)
    passage = next(wanted, None)
    file, position = OggOpus(RATE, BIT_RATE), 0
    for samples in Samples(data, RATE):
        while passage is not None and samples:
            begin = max(0, passage.start * length - position)
            end = passage.end * length - position
            if begin < len(samples):
                file.add(samples[begin : min(end, len(samples))])
            if end > len(samples):
                break
            yield file.finish()
            file, passage = OggOpus(RATE, BIT_RATE), next(wanted, None)
        position += len(samples)
    if passage is not None and file.written:
        yield file.finish()
