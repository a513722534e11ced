"""Sound files, and the sound of films, as 16-bit mono samples."""

# PyAV leaves the type parameter of its packets open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from bot.errors import UserError

MOST_SECONDS = 2 * 60 * 60
UNREADABLE = "I could not read this sound file. It may be damaged or empty; please send it again."
SOUNDLESS = "There is no sound in this file."
TOO_LONG = f"This sound is longer than {MOST_SECONDS // 3600} hours, which is more than I can take."


def samples_of(sound: bytes, rate: int) -> Iterator[array[int]]:
    """The decoded sound, bit by bit. A UserError for what cannot be decoded, also after some of it, for
    a file without sound, and for what turns out to be longer than two hours."""
    resampler = AudioResampler(format="s16", layout="mono", rate=rate)
    left = MOST_SECONDS * rate
    with opened(sound) as container:
        for frame in _frames(container):
            for piece in resampler.resample(frame):
                left -= piece.samples
                if left < 0:
                    raise UserError(TOO_LONG)
                yield _samples(piece)
        for piece in resampler.resample(None):
            yield _samples(piece)


@contextmanager
def opened(sound: bytes) -> Generator[InputContainer]:
    """A sound file as a container; every trouble with it is a UserError."""
    try:
        with av.open(io.BytesIO(sound), "r") as container:
            yield container
    except (FFmpegError, ValueError, IndexError, EOFError) as error:
        raise UserError(UNREADABLE, detail=f"undecodable sound: {type(error).__name__}") from None


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    streams: Sequence[AudioStream] = container.streams.audio
    if not streams:
        raise UserError(SOUNDLESS)
    for frame in container.decode(streams[0]):
        frame.pts = None  # joined files and damaged clocks must not make gaps
        yield frame


def _samples(frame: AudioFrame) -> array[int]:
    return array("h", bytes(frame.planes[0])[: frame.samples * 2])
