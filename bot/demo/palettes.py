"""Skies and the words that call for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Rgb: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sky:
    """Colours of one time of day: the sky from top to bottom, the light, the land from far to near."""

    top: Rgb
    bottom: Rgb
    light: Rgb
    far: Rgb
    near: Rgb
    water: Rgb
    stars: bool = False


NAMED_SKIES = {
    "dawn": Sky(
        (92, 138, 196), (255, 214, 178), (255, 244, 214), (142, 138, 168), (66, 92, 92), (120, 150, 178)
    ),
    "day": Sky(
        (62, 132, 214), (196, 226, 244), (255, 246, 196), (122, 162, 150), (58, 122, 74), (52, 122, 168)
    ),
    "dusk": Sky((58, 44, 98), (250, 146, 92), (255, 214, 138), (110, 72, 104), (46, 36, 62), (92, 70, 112)),
    "night": Sky(
        (8, 12, 36), (44, 58, 104), (240, 238, 220), (32, 40, 72), (12, 18, 34), (20, 34, 70), stars=True
    ),
    "space": Sky(
        (4, 4, 16), (44, 16, 66), (250, 214, 150), (50, 30, 70), (20, 12, 34), (20, 20, 60), stars=True
    ),
    "storm": Sky((52, 58, 68), (134, 142, 148), (202, 206, 204), (82, 90, 94), (46, 54, 54), (62, 76, 86)),
    "winter": Sky(
        (150, 178, 206), (232, 238, 244), (255, 252, 240), (196, 208, 222), (236, 240, 246), (150, 178, 200)
    ),
    "desert": Sky(
        (76, 148, 206), (250, 222, 168), (255, 244, 206), (222, 172, 112), (196, 134, 78), (70, 140, 160)
    ),
    "red": Sky((120, 18, 26), (246, 120, 92), (255, 220, 190), (142, 40, 46), (76, 18, 26), (130, 40, 50)),
    "green": Sky((26, 92, 74), (196, 232, 176), (250, 252, 214), (84, 142, 98), (28, 80, 52), (50, 120, 110)),
    "purple": Sky(
        (54, 22, 98), (222, 162, 226), (255, 232, 250), (110, 72, 148), (50, 26, 82), (90, 60, 140)
    ),
}
MOODS = {
    "night": "night", "moon": "night", "star": "night", "dark": "night",
    "space": "space", "galaxy": "space", "planet": "space", "cosmic": "space",
    "storm": "storm", "rain": "storm", "fog": "storm",
    "snow": "winter", "winter": "winter", "ice": "winter",
    "desert": "desert", "dune": "desert", "camel": "desert",
    "sunset": "dusk", "dusk": "dusk", "evening": "dusk",
    "sunrise": "dawn", "dawn": "dawn", "morning": "dawn",
    "red": "red", "green": "green", "purple": "purple", "violet": "purple",
    "blue": "day", "sunny": "day", "summer": "day",
}  # fmt: skip
