"""The one place that meets Pillow's partly typed methods."""

from __future__ import annotations

from PIL import Image


def resized(
    picture: Image.Image, size: tuple[int, int], method: Image.Resampling = Image.Resampling.BICUBIC
) -> Image.Image:
    # Pillow types the size with numpy's types, which are not installed.
    return picture.resize(size, method)  # pyright: ignore[reportUnknownMemberType]


def above(picture: Image.Image, limit: int) -> Image.Image:
    """White where a grey picture is at least `limit` bright, black elsewhere."""
    # Pillow leaves a kind of lookup open.
    return picture.point([0] * limit + [255] * (256 - limit))  # pyright: ignore[reportUnknownMemberType]
