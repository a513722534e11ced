"""Suggestions for films and sounds, as the model in question takes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.declarations import Choice
from bot.engine.making.brief import is_effect
from bot.engine.models.book import ModelBook, tier_of
from bot.engine.settings.book import SettingsBook
from bot.messages import Incoming
from bot.venice import Model
from bot.venice.catalogue import Filter
from bot.venice.models import Medium

Source = Callable[[Incoming, str], Awaitable[Sequence[Choice]]]
STEPS = (5, 10, 15, 30, 60, 90, 120, 180, 240, 300, 600)
"""Lengths suggested where a model takes any."""


def making_sources(models: ModelBook, settings: SettingsBook) -> Mapping[str, Source]:
    """Sources of suggestions by name."""

    def offered(medium: Medium, fits: Callable[[Model], bool] = lambda _: True) -> Source:
        async def source(incoming: Incoming, typed: str) -> Sequence[Choice]:
            allow = Filter(tier=tier_of(settings.resolve(incoming.place, incoming.author)))
            found = (await models.catalogue()).search(typed, medium, allow, limit=200)
            return [
                Choice(model.id, model.name)
                for model in found
                if fits(model)
                and (incoming.adult_allowed or not model.uncensored or model.music.instrumental)
            ]

        return source

    def choices(medium: Medium, values: Callable[[Model], Sequence[str]]) -> Source:
        async def source(incoming: Incoming, typed: str) -> Sequence[Choice]:
            found = dict.fromkeys(
                value for model in await _meant(models, incoming, medium) for value in values(model)
            )
            return [Choice(value, value) for value in found if typed.casefold() in value.casefold()]

        return source

    return {
        "model.film": offered("video", lambda model: model.video.kind in ("text-to-video", "image-to-video")),
        "model.music": offered("music", lambda model: not is_effect(model)),
        "model.sound": offered("music", is_effect),
        "film.duration": choices("video", lambda model: model.video.durations),
        "film.resolution": choices("video", lambda model: model.video.resolutions),
        "film.aspect": choices("video", lambda model: model.video.aspect_ratios),
        "sound.seconds": choices("music", _lengths),
        "sound.voice": choices("music", lambda model: model.voices),
    }


async def _meant(models: ModelBook, incoming: Incoming, medium: Medium) -> Sequence[Model]:
    """The model named so far, else all there are."""
    options = incoming.command.options if incoming.command is not None else {}
    catalogue = await models.catalogue()
    named = str(options.get("model", ""))
    allow = Filter(uncensored=incoming.adult_allowed)
    return (catalogue.find(named, medium),) if named else catalogue.offered(medium, allow)


def _lengths(model: Model) -> Sequence[str]:
    takes = model.music
    if takes.duration_options:
        return [str(one) for one in takes.duration_options]
    low, high = takes.duration_min or 1, takes.duration_max
    ends = [low, high] if high is not None else []
    return [str(one) for one in sorted({*ends, *(step for step in STEPS if high and low <= step <= high)})]
