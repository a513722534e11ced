"""Changes pictures the way the demo does: plainly visible, and the same each time for the same words."""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from bot.demo.painter import mark
from bot.demo.palettes import MOODS, NAMED_SKIES, Rgb
from bot.demo.pixels import above, resized
from bot.demo.shapes import SHAPES

MOST_SIDE = 4096
MOST_UPSCALED_PIXELS = 16_777_216
TINT = 0.35
BORDER_TOLERANCE = 40
"""How far (of 255) a pixel may be from the border's colour and still be background."""
LAYER_SHARE = 3

Change = Callable[[Image.Image], Image.Image]


def _toned(dark: Rgb, light: Rgb) -> Change:
    return lambda picture: ImageOps.colorize(picture.convert("L"), dark, light)


CHANGES: tuple[tuple[str, Change], ...] = (
    (r"black.and.white|gr[ea]y|monochrome", lambda picture: ImageOps.grayscale(picture).convert("RGB")),
    (r"sepia|vintage|old photo", _toned((40, 26, 13), (255, 240, 205))),
    (r"negative|invert", ImageOps.invert),
    (r"mirror|flip", ImageOps.mirror),
    (r"upside.down", ImageOps.flip),
    (r"blur|soft", lambda picture: picture.filter(ImageFilter.GaussianBlur(min(picture.size) / 40))),
    (r"cartoon|comic|anime|poster", lambda picture: ImageOps.posterize(picture, 2)),
    (r"sketch|line art|drawing", lambda picture: ImageOps.invert(_edges(picture))),
)


@dataclass(frozen=True, slots=True)
class Retouch:
    """One edit. `size` is the result's; `format` is png, jpeg or webp."""

    prompt: str
    size: tuple[int, int]
    format: str
    blurred: bool = False


def _edges(picture: Image.Image) -> Image.Image:
    return picture.convert("L").filter(ImageFilter.FIND_EDGES).convert("RGB")


def edit(pictures: Sequence[Image.Image], order: Retouch) -> bytes:
    """The first picture, changed by the words, with the others laid into it. Takes a while."""
    base = ImageOps.fit(pictures[0].convert("RGB"), order.size)
    changed = _changed(base, order.prompt)
    for index, layer in enumerate(pictures[1:]):
        _lay(changed, layer, index)
    if order.blurred:
        changed = changed.filter(ImageFilter.GaussianBlur(max(order.size) / 25))
    mark(changed)
    return encode(changed, order.format)


def _changed(picture: Image.Image, prompt: str) -> Image.Image:
    words = prompt.lower()
    changes = [change for pattern, change in CHANGES if re.search(pattern, words)]
    for change in changes:
        picture = change(picture)
    found = set(re.findall(r"[a-z]+", words))
    mood = next((name for word, name in MOODS.items() if word in found), None)
    drawn = [shape for shape in SHAPES if shape.words & (found | {word.rstrip("s") for word in found})]
    if mood is not None or not (changes or drawn):
        sky = NAMED_SKIES[mood or "dusk"]
        tint = sky.top if mood is not None else _colour_of(prompt)
        picture = Image.blend(picture, Image.new("RGB", picture.size, tint), TINT)
    pen, chance = ImageDraw.Draw(picture), random.Random(prompt)
    for shape in drawn:
        shape.draw(pen, picture.size, NAMED_SKIES[mood or "day"], chance)
    return picture


def _colour_of(prompt: str) -> Rgb:
    value = zlib.crc32(prompt.encode())
    return value & 255, value >> 8 & 255, value >> 16 & 255


def _lay(base: Image.Image, layer: Image.Image, index: int) -> None:
    """Lays a picture, a third as large as the base, along its lower edge."""
    small = layer.convert("RGBA")
    small.thumbnail((base.width // LAYER_SHARE, base.height // LAYER_SHARE))
    left = (index % LAYER_SHARE) * base.width // LAYER_SHARE
    base.paste(small, (left, base.height - small.height), small)


def enlarge(picture: Image.Image, scale: float) -> bytes:
    """The picture `scale` times as large as PNG, less where it would have too many pixels."""
    most = (MOST_UPSCALED_PIXELS / (picture.width * picture.height)) ** 0.5
    scale = min(scale, most)
    size = int(picture.width * scale), int(picture.height * scale)
    return encode(resized(picture, size, Image.Resampling.LANCZOS), "png")


def cut_out(picture: Image.Image) -> bytes:
    """PNG in which everything coloured like the border is clear; an oval stays where that finds nothing."""
    colours = picture.convert("RGB")
    alpha = _unlike_border(colours)
    share = ImageStat.Stat(alpha).mean[0] / 255
    if not 0.01 < share < 0.99:
        alpha = Image.new("L", picture.size)
        inset = picture.width // 8, picture.height // 8
        ImageDraw.Draw(alpha).ellipse((*inset, picture.width - inset[0], picture.height - inset[1]), fill=255)
    if picture.mode == "RGBA":
        alpha = ImageChops.darker(alpha, picture.getchannel("A"))
    colours.putalpha(alpha)
    return encode(colours, "png")


def _unlike_border(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    strips = (picture.crop((0, 0, width, 2)), picture.crop((0, 0, 2, height)))
    means = [ImageStat.Stat(strip).mean for strip in strips]
    red, green, blue = (round(sum(channel) / len(means)) for channel in zip(*means, strict=True))
    apart = ImageChops.difference(picture, Image.new("RGB", picture.size, (red, green, blue)))
    bands = apart.split()
    strongest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return above(strongest, BORDER_TOLERANCE)


def encode(picture: Image.Image, form: str) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    match form:
        case "jpeg":
            picture.convert("RGB").save(out, "JPEG", quality=88)
        case "webp":
            picture.save(out, "WEBP", quality=85, method=2)
        case _:
            picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
