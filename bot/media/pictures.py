"""Pictures people send, made safe and small for a vision model, or fit to be changed; and results that fit a
platform."""

from __future__ import annotations

import base64
import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import UserError

MOST_PIXELS = 50_000_000
MOST_FRAMES = 300
"""Of a picture that moves; what comes later is not looked at."""
LONGEST_SIDE = 2048
SHORTEST_SIDE = 64
"""Venice refuses pictures with a side below 64 pixels."""

_READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What cameras, phones and browsers make. Nothing else is opened: some forms start other programs."""

UNREADABLE = "I could not read this picture. It may be damaged; please send it as PNG, JPEG or WebP."
TOO_LARGE = "This picture has too many pixels for me. Please send one below 50 megapixels."


def to_data_url(data: bytes) -> str:
    """A picture as a JPEG or PNG data URL, at most 2048 pixels a side, turned upright, without metadata."""
    return to_data_urls(data, 1)[0]


def to_data_urls(data: bytes, most: int) -> tuple[str, ...]:
    """The same; of a picture that moves (GIF, APNG, WebP) up to `most` of its frames, evenly spread. What is
    broken behind its first frame is left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_READ) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise UserError(TOO_LARGE)
                picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                return tuple(_encoded(frame) for frame in _frames(picture, most))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UserError(TOO_LARGE) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UserError(UNREADABLE, detail=f"undecodable picture: {type(error).__name__}") from None


def fitted_url(picture: Image.Image, side: int) -> str:
    """A decoded picture as a data URL of at most `side` pixels."""
    return _encoded(_fitted(picture, side))


def _frames(picture: Image.Image, most: int) -> list[Image.Image]:
    count = min(int(getattr(picture, "n_frames", 1)), MOST_FRAMES)
    wanted = min(count, most)
    frames = [_fitted(ImageOps.exif_transpose(picture), LONGEST_SIDE)]
    for number in range(1, wanted):
        try:
            picture.seek(number * count // wanted)
            frames.append(_fitted(picture, LONGEST_SIDE // 2))
        except (EOFError, OSError, ValueError, SyntaxError):
            break
    return frames


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, JPEG or WebP, None for anything else. Reads the head only, so it is quick
    enough for the event loop."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
                return picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return None


def _fitted(picture: Image.Image, longest: int) -> Image.Image:
    picture = picture.convert("RGBA" if _transparent(picture) else "RGB")
    picture.thumbnail((longest, longest))
    if min(picture.size) < SHORTEST_SIDE:
        width, height = (max(side, SHORTEST_SIDE) for side in picture.size)
        picture = ImageOps.pad(picture, (width, height))
    return picture


def _transparent(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _encoded(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    kind = "png" if picture.mode == "RGBA" else "jpeg"
    picture.save(buffer, kind, **({"quality": 88} if kind == "jpeg" else {}))
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


# --- pictures to be changed ---------------------------------------------------------------------------

LEAST_CHANGED = 65_536
MOST_CHANGED = 33_177_600
"""Pixels of a picture that Venice changes."""
TOO_SMALL = "This picture is too small to be changed: it needs about 256 × 256 pixels."
TOO_FINE = "This picture has too many pixels to be changed. Please send one below 33 megapixels."
NO_PICTURE = "This is no picture I can read. Please send a PNG, JPEG or WebP."
_PLAIN = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error)
_QUALITIES = (92, 85, 75)
_SHRINK = 0.8
_SMALLEST = 64


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture: its bytes as PNG, JPEG or WebP, and its size in pixels."""

    data: bytes
    mime: str
    width: int
    height: int


def to_change(data: bytes) -> Picture:
    """A picture as Venice takes it for changing, decoded to its last byte: upright, one frame, and without
    what a camera writes beside it. UserError for what is no picture, damaged, too small or too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pixels, which are counted here, and about odd metadata
            with Image.open(io.BytesIO(data), formats=_READ) as picture:
                pixels = picture.width * picture.height
                if pixels > MOST_CHANGED:
                    raise UserError(TOO_FINE)
                if pixels < LEAST_CHANGED:
                    raise UserError(TOO_SMALL)
                picture.load()
                return _plain(picture, data)
    except Image.DecompressionBombError:
        raise UserError(TOO_FINE) from None
    except UnidentifiedImageError:
        raise UserError(NO_PICTURE, detail="no picture") from None
    except _BROKEN as error:
        raise UserError(UNREADABLE, detail=f"undecodable picture: {type(error).__name__}") from None


def _plain(picture: Image.Image, data: bytes) -> Picture:
    mime = _PLAIN.get(picture.format or "")
    if mime is not None and not picture.getexif() and getattr(picture, "n_frames", 1) == 1:
        return Picture(data, mime, picture.width, picture.height)
    upright = ImageOps.exif_transpose(picture)
    kind = "PNG" if _transparent(upright) else "JPEG"
    upright = upright.convert("RGBA" if kind == "PNG" else "RGB")
    return Picture(_written(upright, kind, 95), _PLAIN[kind], upright.width, upright.height)


def fitting(data: bytes, mime: str, most: int) -> tuple[bytes, str]:
    """The picture within so many bytes and its type: as it is where it fits, else compressed harder, and
    smaller where that is not enough. Transparency stays."""
    if len(data) <= most:
        return data, mime
    with Image.open(io.BytesIO(data), formats=_READ) as opened:
        opened.load()
        kind = "WEBP" if _transparent(opened) else "JPEG"
        picture = opened.convert("RGBA" if kind == "WEBP" else "RGB")
    while True:
        for quality in _QUALITIES:
            written = _written(picture, kind, quality)
            if len(written) <= most or max(picture.size) <= _SMALLEST:
                return written, _PLAIN[kind]
        width, height = (max(1, round(side * _SHRINK)) for side in picture.size)
        picture = ImageOps.contain(picture, (width, height))


def _written(picture: Image.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, quality=quality)
    return buffer.getvalue()
