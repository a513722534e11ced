"""Draws the demo's pictures: a small landscape chosen by the words of the prompt, fixed by its seed."""

from __future__ import annotations

import io
import random
import re
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from bot.demo.palettes import MOODS, NAMED_SKIES, Rgb, Sky
from bot.demo.pixels import resized
from bot.demo.shapes import SHAPES, draw_ground

MAX_DRAWN_SIDE = 1280
STYLES = (
    "3D Model",
    "Analog Film",
    "Anime",
    "Cinematic",
    "Comic Book",
    "Line Art",
    "Neon Punk",
    "Photographic",
    "Pixel Art",
    "Sepia",
    "Watercolor",
)
PIXEL_BLOCKS = 96


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to draw. `blank` asks for the placeholder of a refused prompt."""

    prompt: str
    seed: int
    width: int
    height: int
    format: str
    style: str = ""
    blank: bool = False
    blurred: bool = False


def paint(order: Order) -> bytes:
    """The encoded picture in exactly the size asked for. Takes a while: run it in a thread."""
    picture = Image.new("RGB", (order.width, order.height)) if order.blank else _scene(order)
    if order.blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(max(order.width, order.height) / 25))
    if picture.size != (order.width, order.height):
        picture = resized(picture, (order.width, order.height))
    mark(picture)
    out = io.BytesIO()
    match order.format:
        case "png":
            picture.save(out, "PNG", compress_level=3)
        case "jpeg":
            picture.save(out, "JPEG", quality=88)
        case _:
            picture.save(out, "WEBP", quality=82, method=1)
    return out.getvalue()


def _scene(order: Order) -> Image.Image:
    chance = random.Random(f"{order.prompt}|{order.seed}")
    shrink = min(1.0, MAX_DRAWN_SIDE / max(order.width, order.height))
    size = round(order.width * shrink), round(order.height * shrink)
    words = _words(order.prompt)
    sky = _sky(words, chance)
    picture = _gradient(size, sky.top, sky.bottom)
    pen = ImageDraw.Draw(picture)
    _light(pen, size, sky, chance)
    draw_ground(pen, size, sky, words, chance)
    for shape in SHAPES:
        if shape.words & words:
            shape.draw(pen, size, sky, chance)
    return _styled(picture, order.style)


def _words(prompt: str) -> set[str]:
    """The words of the prompt, each also without a plural or adjective ending."""
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    return words | {word[:-1] for word in words if word[-1] in "sy"}


def _sky(words: set[str], chance: random.Random) -> Sky:
    for word, name in MOODS.items():
        if word in words:
            return NAMED_SKIES[name]
    return NAMED_SKIES[chance.choice(("dawn", "day", "dusk"))]


def _gradient(size: tuple[int, int], top: Rgb, bottom: Rgb) -> Image.Image:
    return resized(ImageOps.colorize(Image.linear_gradient("L"), top, bottom), size)


def _light(pen: ImageDraw.ImageDraw, size: tuple[int, int], sky: Sky, chance: random.Random) -> None:
    """Sun or moon, with stars at night."""
    width, height = size
    if sky.stars:
        for _ in range(120):
            x, y = chance.randrange(width), chance.randrange(max(1, height * 2 // 3))
            dot = chance.choice((1, 1, 2))
            pen.ellipse((x, y, x + dot, y + dot), fill=(255, 250, 220))
    radius = round(min(size) * chance.uniform(0.06, 0.11))
    x, y = round(width * chance.uniform(0.2, 0.8)), round(height * chance.uniform(0.15, 0.4))
    for step in range(4, 0, -1):
        halo = radius + round(radius * step * 0.28)
        pen.ellipse(
            (x - halo, y - halo, x + halo, y + halo), fill=_mix(sky.light, _at(sky, y / height), step * 0.2)
        )
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=sky.light)


def _at(sky: Sky, height: float) -> Rgb:
    return _mix(sky.top, sky.bottom, height)


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _styled(picture: Image.Image, style: str) -> Image.Image:
    match style:
        case "Pixel Art":
            scale = PIXEL_BLOCKS / max(picture.size)
            blocks = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
            small = resized(picture, blocks, Image.Resampling.BOX).quantize(24).convert("RGB")
            return resized(small, picture.size, Image.Resampling.NEAREST)
        case "Line Art":
            return ImageOps.invert(picture.convert("L").filter(ImageFilter.FIND_EDGES)).convert("RGB")
        case "Sepia" | "Analog Film":
            return ImageOps.colorize(picture.convert("L"), (40, 26, 13), (255, 240, 205))
        case "Watercolor":
            return ImageOps.posterize(picture.filter(ImageFilter.MedianFilter(5)), 5)
        case "Comic Book" | "Anime":
            return ImageOps.posterize(picture, 3)
        case "Neon Punk":
            return ImageOps.colorize(picture.convert("L"), (20, 0, 50), (90, 255, 240), mid=(230, 30, 160))
        case _:
            return picture


def mark(picture: Image.Image) -> None:
    """A small word in the corner: nobody should take this for a model's work."""
    size = max(10, min(picture.size) // 32)
    font = ImageFont.load_default(size)
    pen = ImageDraw.Draw(picture)
    place = (picture.width - size * 2.9, picture.height - size * 1.6)
    pen.text((place[0] + 1, place[1] + 1), "demo", fill=(20, 20, 20), font=font)
    pen.text(place, "demo", fill=(240, 240, 240), font=font)
