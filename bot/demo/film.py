"""Makes the demo's films: a slow pan over a picture, with a melody, as MP4 of exactly the asked length."""

# PyAV's types leave packets, pictures and codec options open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image, ImageOps

from bot.demo.painter import Order, mark, paint
from bot.demo.sound import RATE, exactly, frames_of

FPS = 24
PAN = 1.15
"""How much larger the picture is than the film."""
PREFERRED_CODECS = ("libx264", "mpeg4")
SIDES = {"4k": 2160, "2K": 1440, "768P": 768, "true_1080p": 1080}


@dataclass(frozen=True, slots=True)
class Film:
    """One film to make; `still` is the picture it starts from, else the prompt is painted."""

    prompt: str
    seconds: int
    size: tuple[int, int]
    sound: bool
    still: Image.Image | None = None


def film_size(resolution: str, ratio: float) -> tuple[int, int]:
    """Even width and height; the resolution ("720p") names the shorter side."""
    side = SIDES.get(resolution) or int(resolution.rstrip("pP"))
    width, height = (side * ratio, side) if ratio >= 1 else (side, side / ratio)
    return round(width / 2) * 2, round(height / 2) * 2


def shoot(film: Film) -> bytes:
    """The film as MP4. Takes a while: run it in a thread."""
    out = io.BytesIO()
    codec = next(one for one in PREFERRED_CODECS if one in av.codecs_available)
    with av.open(out, "w", format="mp4") as container:
        options = {"preset": "ultrafast", "crf": "32"} if codec == "libx264" else {}
        pictures = container.add_stream(codec, rate=FPS, options=options)
        if not isinstance(pictures, VideoStream):
            raise TypeError(codec)
        pictures.width, pictures.height = film.size
        pictures.pix_fmt = "yuv420p"
        # The first packet opens every stream, so all are set up before it.
        track = container.add_stream("aac", rate=RATE) if film.sound else None
        if isinstance(track, AudioStream):
            track.layout = "mono"
        _pan(container, pictures, film)
        if isinstance(track, AudioStream):
            for frame in frames_of(exactly(film.prompt, film.seconds), "fltp"):
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return out.getvalue()


def _pan(container: OutputContainer, stream: VideoStream, film: Film) -> None:
    width, height = film.size
    large = round(width * PAN), round(height * PAN)
    base = (
        _painted(film.prompt, large) if film.still is None else ImageOps.fit(film.still.convert("RGB"), large)
    )
    count = film.seconds * FPS
    for index in range(count):
        share = index / max(1, count - 1)
        left, top = round((large[0] - width) * share), round((large[1] - height) * share)
        picture = base.crop((left, top, left + width, top + height))
        mark(picture)
        frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _painted(prompt: str, size: tuple[int, int]) -> Image.Image:
    order = Order(prompt=prompt, seed=0, width=size[0], height=size[1], format="png")
    with Image.open(io.BytesIO(paint(order))) as picture:
        return picture.convert("RGB")
