"""Resizing pictures; the one place that meets Pillow's partly typed method."""

from __future__ import annotations

from PIL import Image


def resized(
    picture: Image.Image, size: tuple[int, int], method: Image.Resampling = Image.Resampling.BICUBIC
) -> Image.Image:
    # Pillow types the size with numpy's types, which are not installed.
    return picture.resize(size, method)  # pyright: ignore[reportUnknownMemberType]
