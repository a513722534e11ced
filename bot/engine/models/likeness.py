"""Which model is most like another one: to step in for it, or to take its place for good."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal

from bot.venice import Model, price_of

_FAMILY = re.compile(r"^(?:e2ee-)?([^\W\d]+(?:-[^\W\d]+)*)")
_DEARER = 2.0
"""A dearer model is as far away as one that is cheaper by the square."""
_FOREIGN = math.log(3)
"""A model of another family is as far away as one of the own family at a third of the price."""


def family(model_id: str) -> str:
    """The words a name begins with, before its first figure: `claude-sonnet` of `claude-sonnet-5`."""
    found = _FAMILY.match(model_id.rpartition("/")[2].casefold())
    return found[1] if found is not None else model_id


def abilities(model: Model) -> frozenset[str]:
    """What a model can do that not all of its medium can."""
    can = model.capabilities
    flags = {
        "functions": can.functions,
        "vision": can.vision,
        "sound": can.audio_input,
        "films": can.video_input,
        "thinking": can.reasoning,
        "schemas": can.response_schema,
        "own voices": model.custom_voices,
        "resolutions": bool(model.image.resolutions),
        "qualities": bool(model.image.qualities),
    }
    return frozenset(name for name, has in flags.items() if has)


def nearest(like: Model, candidates: Iterable[Model]) -> Model | None:
    """The candidate that lacks the least of what `like` can do; of those the nearest in price, its family
    preferred. None for no candidates."""
    return min(candidates, key=lambda other: _distance(like, other), default=None)


def _distance(like: Model, other: Model) -> tuple[int, bool, float, str]:
    lost = abilities(like) - abilities(other)
    foreign = _FOREIGN if family(like.id) != family(other.id) else 0.0
    return len(lost), other.beta, foreign + _price_distance(price_of(like), price_of(other)), other.id


def _price_distance(price: Decimal, other: Decimal) -> float:
    if price == other:
        return 0.0
    if not price.is_finite() or not other.is_finite() or price <= 0 or other <= 0:
        return math.inf
    step = math.log(float(other / price))
    return step * _DEARER if step > 0 else -step
