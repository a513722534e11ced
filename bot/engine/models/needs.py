"""What a question needs of the model that answers it, in words that fit behind "cannot"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from bot.engine.turns.turn import Turn
from bot.venice import AudioPart, ContentPart, ImagePart, Model, VideoPart

SEES = "see pictures"
HEARS = "listen to sound"
WATCHES = "watch films"

Needs = frozenset[str]
NOTHING: Needs = frozenset()

_NEEDS = ((ImagePart, SEES), (AudioPart, HEARS), (VideoPart, WATCHES), (VideoPart, SEES))

Choose = Callable[[Turn, Needs], Awaitable[Model]]
"""Who would answer a question with such needs; a UserError where nobody can."""


def needs_of(parts: Iterable[ContentPart]) -> Needs:
    """What a model has to be able to do to take these parts. Files every model takes."""
    return frozenset(need for part in parts for kind, need in _NEEDS if isinstance(part, kind))
