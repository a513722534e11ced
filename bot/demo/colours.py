"""Names for colours, and the colour a picture mostly has."""

from __future__ import annotations

from PIL import Image

from bot.demo.pixels import resized

NAMED = {
    "black": (10, 10, 10),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "red": (205, 40, 40),
    "orange": (240, 140, 40),
    "yellow": (240, 220, 60),
    "green": (50, 150, 60),
    "teal": (30, 140, 140),
    "blue": (50, 90, 200),
    "sky blue": (130, 190, 235),
    "purple": (125, 60, 165),
    "pink": (240, 150, 185),
    "brown": (120, 75, 45),
    "beige": (225, 205, 170),
}
SAMPLE = (24, 24)
COLOURS = 5


def nearest_name(rgb: tuple[int, int, int]) -> str:
    """The name whose colour lies nearest."""

    def distance(name: str) -> int:
        return sum((a - b) ** 2 for a, b in zip(NAMED[name], rgb, strict=True))

    return min(NAMED, key=distance)


def dominant_names(picture: Image.Image) -> list[str]:
    """Up to two colour names, the most common first."""
    small = resized(picture.convert("RGB"), SAMPLE).quantize(COLOURS)
    palette = small.getpalette() or []
    names: list[str] = []
    for _, index in sorted(small.getcolors(SAMPLE[0] * SAMPLE[1]) or (), reverse=True):
        if not isinstance(index, int):
            continue
        red, green, blue = palette[index * 3 : index * 3 + 3]
        name = nearest_name((red, green, blue))
        if name not in names:
            names.append(name)
    return names[:2]
