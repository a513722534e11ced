"""What stands in the demo's pictures: hills, water, houses, trees, boats, animals."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import ImageDraw

from bot.demo.palettes import Rgb, Sky

Size = tuple[int, int]
Draw = Callable[[ImageDraw.ImageDraw, Size, Sky, random.Random], None]
WATER_WORDS = frozenset(
    {"sea", "ocean", "lake", "water", "river", "canal", "boat", "ship", "gondola", "venice", "beach"}
)
PEAK_WORDS = frozenset({"mountain", "mountains", "alps", "peak", "volcano"})


@dataclass(frozen=True, slots=True)
class Shape:
    """Something drawn when the prompt has one of its words."""

    words: frozenset[str]
    draw: Draw


def _shade(colour: Rgb, by: float) -> Rgb:
    red, green, blue = (max(0, min(255, round(part * by))) for part in colour)
    return red, green, blue


def draw_ground(
    pen: ImageDraw.ImageDraw, size: Size, sky: Sky, words: set[str], chance: random.Random
) -> None:
    """Three ridges from far to near, peaked for mountains, and water in front where the words have it."""
    width, height = size
    peaked = bool(PEAK_WORDS & words)
    for layer in range(3):
        share = layer / 2
        red, green, blue = (round(a + (b - a) * share) for a, b in zip(sky.far, sky.near, strict=True))
        base, lift = height * (0.56 + 0.13 * layer), height * (0.2 if peaked and layer < 2 else 0.06)
        waves = [(chance.uniform(1, 4), chance.uniform(0, 6.3), chance.uniform(0.3, 1)) for _ in range(3)]
        ridge = [(x, base - lift * _ridge(x / width, waves, peaked)) for x in range(0, width + 8, 8)]
        pen.polygon([(0, height), *ridge, (width, height)], fill=(red, green, blue))
    if WATER_WORDS & words:
        _water(pen, size, sky, chance)


def _ridge(at: float, waves: list[tuple[float, float, float]], peaked: bool) -> float:
    total = sum(weight * math.sin(at * count * math.tau + shift) for count, shift, weight in waves)
    return abs(total) if peaked else total


def _water(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    top = round(height * 0.72)
    pen.rectangle((0, top, width, height), fill=sky.water)
    for _ in range(60):
        y = chance.randrange(top, height)
        x, long = chance.randrange(width), chance.randrange(max(2, width // 30), max(3, width // 8))
        pen.line(
            (x, y, x + long, y), fill=_shade(sky.water, chance.uniform(1.1, 1.4)), width=max(1, height // 400)
        )


def _trees(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    for _ in range(14):
        x, tall = chance.randrange(width), height * chance.uniform(0.1, 0.22)
        foot = height * chance.uniform(0.76, 0.92)
        green = _shade((40, 92, 54), chance.uniform(0.6, 1.2))
        pen.rectangle((x - tall * 0.04, foot - tall * 0.2, x + tall * 0.04, foot), fill=(72, 50, 34))
        for step in range(3):
            low, half = foot - tall * (0.15 + 0.25 * step), tall * (0.3 - 0.07 * step)
            pen.polygon([(x - half, low), (x + half, low), (x, low - tall * 0.42)], fill=green)


def _houses(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    x, foot = 0.0, height * 0.78
    while x < width:
        wide, tall = width * chance.uniform(0.06, 0.12), height * chance.uniform(0.14, 0.36)
        wall = _shade(chance.choice([(198, 130, 96), (214, 176, 130), (160, 120, 120), (186, 96, 80)]), 0.9)
        pen.rectangle((x, foot - tall, x + wide, foot), fill=wall)
        lit = (255, 226, 140) if sky.stars or chance.random() < 0.3 else (70, 76, 92)
        for row in range(int(tall // (height * 0.06))):
            for column in range(2):
                left = x + wide * (0.2 + 0.4 * column)
                high = foot - tall + height * (0.025 + 0.06 * row)
                pen.rectangle((left, high, left + wide * 0.18, high + height * 0.028), fill=lit)
        x += wide * 1.02


def _boat(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    x, y, long = width * chance.uniform(0.3, 0.6), height * 0.84, width * 0.22
    hull = [(x, y), (x + long, y), (x + long * 1.1, y - long * 0.2), (x + long * 0.9, y + long * 0.12)]
    pen.polygon(
        [*hull, (x + long * 0.12, y + long * 0.12), (x - long * 0.12, y - long * 0.16)], fill=(28, 24, 30)
    )
    mast = x + long * 0.5
    pen.polygon(
        [(mast, y - long * 0.7), (mast, y - long * 0.06), (mast + long * 0.42, y - long * 0.06)],
        fill=(244, 236, 220),
    )
    pen.line((mast, y - long * 0.75, mast, y), fill=(60, 44, 34), width=max(2, width // 250))


def _cat(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    x, foot, big = width * chance.uniform(0.35, 0.65), height * 0.9, min(size) * 0.16
    fur = chance.choice([(230, 150, 70), (60, 58, 64), (214, 206, 196)])
    pen.ellipse((x - big * 0.55, foot - big * 1.2, x + big * 0.55, foot), fill=fur)
    pen.ellipse((x - big * 0.4, foot - big * 1.85, x + big * 0.4, foot - big * 1.1), fill=fur)
    for side in (-1, 1):
        near, far = x + side * big * 0.12, x + side * big * 0.4
        pen.polygon(
            [(near, foot - big * 1.8), (far, foot - big * 1.65), (x + side * big * 0.34, foot - big * 2.1)],
            fill=fur,
        )
        eye = x + side * big * 0.16
        pen.ellipse(
            (eye - big * 0.06, foot - big * 1.58, eye + big * 0.06, foot - big * 1.44), fill=(120, 200, 90)
        )
    tail = (x + big * 0.3, foot - big * 0.9, x + big * 1.1, foot - big * 0.05)
    pen.arc(tail, -20, 160, fill=fur, width=max(3, round(big * 0.16)))


def _dog(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    x, foot, big = width * chance.uniform(0.35, 0.6), height * 0.9, min(size) * 0.16
    fur = chance.choice([(160, 110, 66), (90, 70, 54), (226, 206, 170)])
    pen.rounded_rectangle(
        (x - big * 0.7, foot - big * 0.95, x + big * 0.6, foot - big * 0.4), big * 0.25, fill=fur
    )
    for leg in (-0.6, -0.35, 0.25, 0.48):
        pen.rectangle((x + big * leg, foot - big * 0.5, x + big * (leg + 0.14), foot), fill=_shade(fur, 0.9))
    pen.ellipse((x + big * 0.35, foot - big * 1.5, x + big * 0.95, foot - big * 0.85), fill=fur)
    pen.ellipse((x + big * 0.4, foot - big * 1.45, x + big * 0.58, foot - big * 0.9), fill=_shade(fur, 0.7))
    pen.ellipse((x + big * 0.9, foot - big * 1.2, x + big * 1.02, foot - big * 1.08), fill=(20, 18, 18))
    pen.line(
        (x - big * 0.68, foot - big * 0.85, x - big, foot - big * 1.25),
        fill=fur,
        width=max(3, round(big * 0.14)),
    )


def _flowers(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    for _ in range(26):
        x, y, petal = (
            chance.randrange(width),
            height * chance.uniform(0.8, 0.97),
            min(size) * chance.uniform(0.008, 0.018),
        )
        colour = chance.choice([(236, 92, 120), (250, 206, 80), (240, 240, 250), (170, 110, 220)])
        pen.line((x, y, x, y + petal * 4), fill=(46, 110, 56), width=max(1, round(petal / 3)))
        for step in range(5):
            turn = step * math.tau / 5
            left, top = x + petal * math.cos(turn), y + petal * math.sin(turn)
            pen.ellipse((left - petal, top - petal, left + petal, top + petal), fill=colour)
        pen.ellipse(
            (x - petal * 0.7, y - petal * 0.7, x + petal * 0.7, y + petal * 0.7), fill=(250, 226, 110)
        )


def _birds(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    for _ in range(9):
        x, y, wing = (
            chance.randrange(width),
            height * chance.uniform(0.1, 0.45),
            width * chance.uniform(0.01, 0.02),
        )
        line = [(x - wing, y - wing * 0.5), (x, y), (x + wing, y - wing * 0.5)]
        pen.line(line, fill=(30, 32, 40), width=max(2, width // 400))


def _snow(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    for _ in range(220):
        x, y, flake = chance.randrange(width), chance.randrange(height), chance.choice((2, 3, 4))
        pen.ellipse((x, y, x + flake, y + flake), fill=(255, 255, 255))


def _rain(pen: ImageDraw.ImageDraw, size: Size, sky: Sky, chance: random.Random) -> None:
    width, height = size
    for _ in range(240):
        x, y = chance.randrange(width), chance.randrange(height)
        pen.line((x, y, x - height * 0.008, y + height * 0.03), fill=(196, 208, 220), width=1)


SHAPES = (
    Shape(frozenset({"forest", "tree", "trees", "woods", "jungle", "park"}), _trees),
    Shape(
        frozenset({"city", "house", "houses", "town", "village", "street", "castle", "venice", "skyline"}),
        _houses,
    ),
    Shape(frozenset({"boat", "boats", "ship", "gondola", "sail", "sailing"}), _boat),
    Shape(frozenset({"flower", "flowers", "garden", "meadow", "rose", "tulips"}), _flowers),
    Shape(frozenset({"cat", "cats", "kitten"}), _cat),
    Shape(frozenset({"dog", "dogs", "puppy", "fox", "wolf"}), _dog),
    Shape(frozenset({"bird", "birds", "seagull", "seagulls"}), _birds),
    Shape(frozenset({"snow", "winter", "snowy"}), _snow),
    Shape(frozenset({"rain", "rainy", "storm"}), _rain),
)
