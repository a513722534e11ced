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
from av.error import FFmpegError, InvalidDataError

from bot.errors import UserError

MOST_SECONDS = 2 * 60 * 60
UNREADABLE = "I could not read this sound file. It may be damaged or empty; please send it again."
SOUNDLESS = "There is no sound in this file."
TOO_LONG = f"This sound is longer than {MOST_SECONDS // 3600} hours, which is more than I can take."


class Samples:
    """The decoded sound, bit by bit, at `rate` Hz. Iterating raises a UserError for what cannot be decoded,
    for a file without sound, and for what turns out to be longer than two hours. Single damaged packets
    are left out, and so is all behind the point where a file breaks off; `damaged` says that this was so."""

    def __init__(self, sound: bytes, rate: int) -> None:
        self._sound = sound
        self._rate = rate
        self.damaged = False

    def __iter__(self) -> Iterator[array[int]]:
        left, begun = MOST_SECONDS * self._rate, False
        try:
            for samples in self._decoded():
                begun = begun or bool(samples)
                left -= len(samples)
                if left < 0:
                    raise UserError(TOO_LONG)
                yield samples
        except _Broken as error:
            self.damaged = True
            if not begun:
                raise UserError(UNREADABLE, detail=f"undecodable sound: {error}") from None
        if self.damaged and not begun:
            raise UserError(UNREADABLE, detail="sound without a whole packet")

    def _decoded(self) -> Iterator[array[int]]:
        resampler = AudioResampler(format="s16", layout="mono", rate=self._rate)
        with _opened(self._sound) as container:
            for frame in self._frames(container):
                yield from map(_samples, resampler.resample(frame))
            yield from map(_samples, resampler.resample(None))

    def _frames(self, container: InputContainer) -> Iterator[AudioFrame]:
        streams: Sequence[AudioStream] = container.streams.audio
        if not streams:
            raise UserError(SOUNDLESS)
        for packet in container.demux(streams[0]):
            try:
                frames = packet.decode()
            except InvalidDataError:
                self.damaged = True
                continue
            for frame in frames:
                frame.pts = None  # joined files and damaged clocks must not make gaps
                yield frame


def described(sound: bytes) -> tuple[str, bool]:
    """FFmpeg's name of the container, and whether there are moving pictures in it. A UserError for a file
    that is unreadable or has no sound."""
    try:
        with _opened(sound) as container:
            if not container.streams.audio:
                raise UserError(SOUNDLESS)
            return container.format.name, bool(container.streams.video)
    except _Broken as error:
        raise UserError(UNREADABLE, detail=f"undecodable sound: {error}") from None


class _Broken(Exception):
    """FFmpeg's trouble, whatever its type."""


@contextmanager
def _opened(sound: bytes) -> Generator[InputContainer]:
    """A sound file as a container; every trouble with it is _Broken."""
    try:
        with av.open(io.BytesIO(sound), "r") as container:
            yield container
    except (FFmpegError, ValueError, IndexError, EOFError) as error:
        raise _Broken(type(error).__name__) from None


def _samples(frame: AudioFrame) -> array[int]:
    return array("h", bytes(frame.planes[0])[: frame.samples * 2])
