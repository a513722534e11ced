"""What can be asked of a picture model, from its constraints: a value it does not offer is refused with those
it does. Values come from people and from models that talk, so nothing is taken as given."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.errors import UserError
from bot.venice import Model
from bot.venice.edits import EDIT_RATIOS
from bot.venice.media_bodies import IMAGE_SIDE_MAX, SEED_LIMIT, VARIANTS_MAX

SHAPES = {
    "1:1": (1024, 1024),
    "4:3": (1152, 864),
    "3:4": (864, 1152),
    "3:2": (1216, 816),
    "2:3": (816, 1216),
    "16:9": (1280, 720),
    "9:16": (720, 1280),
}
"""Pixels of the shapes that a model without ratios of its own draws."""
LABELS = {
    "1:1": "square",
    "4:3": "landscape",
    "3:4": "portrait",
    "3:2": "photo",
    "2:3": "poster",
    "16:9": "wide",
    "9:16": "tall",
}
_BY_LABEL = {label: shape for shape, label in LABELS.items()}
LEAST_SIDE = 256
_QUALITIES: tuple[Literal["low", "medium", "high"], ...] = ("low", "medium", "high")
_NEAR = 5
_SOME = 8
Quality = Literal["", "low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Shape:
    """`ratio` for models that list ratios, "" for the model's own; width and height, in pixels, for the
    others."""

    ratio: str
    width: int | None = None
    height: int | None = None


def shapes_of(model: Model) -> tuple[str, ...]:
    """The shapes a model draws."""
    return model.image.aspect_ratios or tuple(SHAPES)


def edit_shapes_of(model: Model) -> tuple[str, ...]:
    """The shapes in which a model can return a changed picture; none where it keeps that of the picture."""
    if not model.image.single_ratio:
        return ()
    return tuple(ratio for ratio in model.image.aspect_ratios if ratio in EDIT_RATIOS)


def shape_of(model: Model, wanted: str) -> Shape:
    """The shape asked for: a ratio, its name ("wide") or, where the model takes them, pixels ("1024x768")."""
    named = _BY_LABEL.get(wanted.casefold(), wanted.replace(" ", ""))
    if model.image.aspect_ratios:
        usual = "1:1" if "1:1" in model.image.aspect_ratios else ""
        return Shape(_one_of(model, "size", named, model.image.aspect_ratios) or usual)
    if not named:
        return Shape("1:1", *SHAPES["1:1"])
    if named in SHAPES:
        return Shape(named, *SHAPES[named])
    width, height = _pixels(named)
    if not all(LEAST_SIDE <= side <= IMAGE_SIDE_MAX for side in (width, height)):
        raise UserError(
            f"{model.name} has no `size` {_quoted(wanted)}. It offers {_listed(tuple(SHAPES))}, or pixels "
            f"such as `1024x768`, {LEAST_SIDE} to {IMAGE_SIDE_MAX:,} a side."
        )
    step = model.image.divisor
    return Shape("", width // step * step, height // step * step)


def _pixels(text: str) -> tuple[int, int]:
    left, _, right = text.lower().replace("×", "x").partition("x")
    if not (left.isdecimal() and right.isdecimal() and len(left) + len(right) < 10):
        return 0, 0
    return int(left), int(right)


def edit_shape_of(model: Model, wanted: str) -> str:
    """The ratio of a changed picture, "" for that of the picture itself."""
    named = _BY_LABEL.get(wanted.casefold(), wanted.replace(" ", ""))
    return _one_of(model, "size", named, edit_shapes_of(model))


def resolution_of(model: Model, wanted: str) -> str:
    """The resolution asked for, "" for the model's own."""
    return _one_of(model, "resolution", wanted.upper(), model.image.resolutions)


def quality_of(model: Model, wanted: str) -> Quality:
    """The quality asked for, "" for the model's own."""
    found = _one_of(model, "quality", wanted.lower(), model.image.qualities)
    for known in _QUALITIES:
        if known == found:
            return known
    return ""


def steps_of(model: Model, wanted: int | None) -> int | None:
    """The steps asked for, None for the model's own."""
    if wanted is None:
        return None
    most = steps_limit(model)
    if not most:
        raise UserError(f"{model.name} has no `steps` to choose. Please leave `steps` out.")
    if not 1 <= wanted <= most:
        raise UserError(f"{model.name} takes 1 to {most} `steps`.")
    return wanted


def steps_limit(model: Model) -> int:
    """The most steps, 0 where there is nothing to choose."""
    most = model.image.steps_max or 0
    return most if most > 1 else 0


def count_of(wanted: int) -> int:
    """How many pictures."""
    if not 1 <= wanted <= VARIANTS_MAX:
        raise UserError(f"I draw 1 to {VARIANTS_MAX} pictures at once.")
    return wanted


def seed_of(wanted: int) -> int:
    """A seed within Venice's limits."""
    if not 0 <= wanted <= SEED_LIMIT:
        raise UserError(f"A seed is a whole number from 0 to {SEED_LIMIT}.")
    return wanted


def style_of(styles: Sequence[str], wanted: str) -> str:
    """The exact name of a style, "" for none."""
    if not wanted:
        return ""
    folded = {style.casefold(): style for style in styles}
    if wanted.casefold() in folded:
        return folded[wanted.casefold()]
    close = [style for style in styles if wanted.casefold() in style.casefold()]
    close += [folded[hit] for hit in difflib.get_close_matches(wanted.casefold(), list(folded), _NEAR, 0.5)]
    near = tuple(dict.fromkeys(close))[:_NEAR] or tuple(styles[:_SOME])
    raise UserError(f"There is no style {_quoted(wanted)}. There are {_listed(near)} and more.")


def prompt_of(model: Model, words: str, most: int) -> str:
    """The words, unless they are too many for the model."""
    limit = min(model.image.prompt_limit or most, most)
    if len(words) > limit:
        raise UserError(f"{model.name} takes at most {limit:,} characters; yours has {len(words):,}.")
    return words


def _one_of(model: Model, option: str, wanted: str, offered: Sequence[str]) -> str:
    if not wanted:
        return ""
    found = next((one for one in offered if one.casefold() == wanted.casefold()), "")
    if found:
        return found
    if not offered:
        raise UserError(f"{model.name} has no `{option}` to choose. Please leave `{option}` out.")
    raise UserError(f"{model.name} has no `{option}` {_quoted(wanted)}. It offers {_listed(offered)}.")


def _quoted(text: str) -> str:
    return f"“{text[:40]}”"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
