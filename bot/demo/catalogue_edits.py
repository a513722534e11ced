"""Models of the demo's catalogue that change pictures, with real ids and prices.

Which ratios, resolutions and qualities they take is not in Venice's snapshot; these are the demo's choice,
in line with the prices.
"""

from __future__ import annotations

from bot.demo.catalogue_media import UPSCALE, by_quality, row
from bot.demo.catalogue_text import usd
from bot.demo.jsonvalue import Json, JsonObject

RATIOS: tuple[Json, ...] = ("auto", "1:1", "3:2", "16:9", "9:16", "2:3", "3:4")


def _takes(inputs: int, extra: JsonObject | None = None) -> dict[str, Json]:
    """The constraints of an editing model that takes so many pictures."""
    rules: dict[str, Json] = {
        "aspectRatios": list(RATIOS),
        "promptCharacterLimit": 2500,
        "combineImages": inputs > 1,
        **({"maxInputImages": inputs} if inputs > 1 else {}),
    }
    return rules | dict(extra or {})


def _sizes(*names: Json) -> dict[str, Json]:
    return {"resolutions": list(names), "defaultResolution": "1K"}


def _inputs(included: int, additional: float) -> dict[str, Json]:
    return {"inputImages": {"included": included, "additional": usd(additional)}}


EDIT_ROWS = (
    row(
        "firered-image-edit",
        "inpaint",
        "FireRed Edit",
        1774396800,
        True,
        {"constraints": _takes(3), "pricing": {"inpaint": usd(0.04)}},
    ),
    row(
        "qwen-edit-uncensored",
        "inpaint",
        "Qwen Edit Uncensored",
        1780531200,
        True,
        {"constraints": _takes(1), "pricing": {"inpaint": usd(0.04)}, "uncensored": True},
    ),
    row(
        "grok-imagine-edit",
        "inpaint",
        "Grok Imagine",
        1769644800,
        True,
        {
            "constraints": _takes(3, _sizes("1K", "2K")),
            "pricing": {
                "inpaint": usd(0.03),
                "resolutions": {"1K": usd(0.03), "2K": usd(0.04)},
                **_inputs(0, 0.0023000000000000004),
            },
        },
    ),
    row(
        "gpt-image-2-edit",
        "inpaint",
        "GPT Image 2",
        1776729600,
        False,
        {
            "constraints": _takes(
                4,
                {
                    **_sizes("1K", "2K", "4K"),
                    "qualities": ["low", "medium", "high"],
                    "defaultQuality": "high",
                },
            ),
            "pricing": {
                "inpaint": usd(0.34),
                "resolutions": {"1K": usd(0.34), "2K": usd(0.52), "4K": usd(0.84)},
                "quality": {
                    "1K": by_quality(0.03, 0.08, 0.34),
                    "2K": by_quality(0.03, 0.14, 0.52),
                    "4K": by_quality(0.04, 0.22, 0.84),
                },
                **_inputs(1, 0.009200000000000002),
            },
        },
    ),
    row(
        "upscaler",
        "upscale",
        "Upscaler",
        1744453050,
        True,
        {"pricing": {"generation": usd(0.01), "upscale": UPSCALE}},
    ),
)
