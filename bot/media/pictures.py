"""Pictures people send, made safe and small for a vision model."""

from __future__ import annotations

import base64
import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import UserError

MOST_PIXELS = 50_000_000
MOST_FRAMES = 300
"""Of a picture that moves; what comes later is not looked at."""
LONGEST_SIDE = 2048
SHORTEST_SIDE = 64
"""Venice refuses pictures with a side below 64 pixels."""

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
            with Image.open(io.BytesIO(data)) as picture:
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
