"""Small real pictures for tests."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def picture(
    size: tuple[int, int] = (320, 256), *, ground: str = "white", subject: str = "red", form: str = "PNG"
) -> bytes:
    """A disc in the middle of a plain ground."""
    drawn = Image.new("RGB", size, ground)
    width, height = size
    ImageDraw.Draw(drawn).ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=subject)
    out = io.BytesIO()
    drawn.save(out, form)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The decoded picture."""
    found = Image.open(io.BytesIO(data))
    found.load()
    return found
