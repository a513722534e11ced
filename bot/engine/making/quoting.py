"""Which model makes it, and for how much: prices are asked at Venice, and nothing is ordered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.engine.making.brief import Brief, Craft, complaint, lines_of, seconds_of, suits
from bot.engine.models.book import ModelBook, objection
from bot.errors import NotAllowed, UserError, VeniceError
from bot.venice import Model, VeniceClient
from bot.venice.catalogue import Filter, price_of
from bot.venice.models import Medium

ASKED = 4
"""So many models are asked for their price where nobody chose one: films have no list price."""
USUAL_SECONDS = 5
USUAL_LINES = 480
QUICK = ("lite", "fast", "turbo", "mini", "distilled", "ltx", "wan")
"""Words in names of models that are cheap as a rule."""
Measure = Callable[[str], int]
SAVING = 0.97
"""A cheaper offer costs at most this share of the one before."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who may have what: `allow` is what the place allows, `person` the keyed hash, `usual` a model set as
    the usual one here, "" for none."""

    allow: Filter
    person: str
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A brief whose every choice is made, and its price in micro-USD."""

    brief: Brief
    model: Model
    quote: int


class Quoter:
    """Finds offers."""

    def __init__(self, client: VeniceClient, models: ModelBook) -> None:
        self._client = client
        self._models = models

    async def offer(self, brief: Brief, wish: Wish) -> Offer:
        """The chosen model's offer, else the usual one's, else the cheapest found. Raises UserError for what
        no model takes, VeniceError without a price."""
        catalogue = await self._models.catalogue()
        if brief.model:
            model = catalogue.find(brief.model, _medium(brief))
            _check(model, brief, wish.allow)
            said = complaint(brief, model)
            if said:
                raise UserError(said)
            return await self.priced(settled(brief, model), model, wish.person)
        fitting = [one for one in self._ranked(catalogue.offered(_medium(brief))) if suits(one, brief)]
        able = _able(brief, fitting, wish.allow)
        if not able and brief.craft is Craft.MUSIC and not (brief.lyrics or brief.write_lyrics):
            brief = replace(brief, instrumental=True)
            able = _able(brief, fitting, wish.allow)
        if not able:
            raise UserError(_nobody(brief, fitting, wish.allow))
        usual = [one for one in able if wish.usual in (one.id, one.name)] if wish.usual else []
        return await self._cheapest([(settled(brief, one), one) for one in usual or able[:ASKED]], wish)

    async def priced(self, brief: Brief, model: Model, person: str) -> Offer:
        """This very brief at today's price."""
        if brief.craft is Craft.FILM:
            quote = await self._client.jobs.quote_video(brief.film(), model, user=person)
        else:
            quote = await self._client.jobs.quote_audio(brief.sound(), model, user=person)
        return Offer(brief, model, quote)

    async def model(self, brief: Brief) -> Model:
        """The model a brief names. Raises UserError when Venice no longer has it."""
        return (await self._models.catalogue()).find(brief.model, _medium(brief))

    async def cheaper(self, offer: Offer, wish: Wish) -> Offer | None:
        """The next cheaper way to make it: less fine, else shorter, else by another model; None when there
        is none."""
        catalogue = await self._models.catalogue()
        offered = self._ranked(catalogue.offered(_medium(offer.brief)))
        others = [one for one in offered if permitted(one, offer.brief, wish.allow)]
        for steps in (_smaller(offer), _by_others(offer, others)):
            found = await self._offers(steps, wish)
            saving = [one for one in found if one.quote <= offer.quote * SAVING]
            if saving:
                return max(saving, key=lambda one: one.quote)
        return None

    async def _cheapest(self, steps: Sequence[tuple[Brief, Model]], wish: Wish) -> Offer:
        found = await self._offers(steps, wish)
        if not found:
            return await self.priced(*steps[0], wish.person)  # once more, for the error it says
        return min(found, key=lambda one: one.quote)

    async def _offers(self, steps: Sequence[tuple[Brief, Model]], wish: Wish) -> list[Offer]:
        """The offers of those that have a price."""
        asked = (self._offer(brief, model, wish.person) for brief, model in steps)
        return [one for one in await asyncio.gather(*asked) if one is not None]

    async def _offer(self, brief: Brief, model: Model, person: str) -> Offer | None:
        try:
            return await self.priced(brief, model, person)
        except VeniceError:
            return None

    @staticmethod
    def _ranked(models: Sequence[Model]) -> list[Model]:
        return sorted(models, key=_rank)


def settled(brief: Brief, model: Model) -> Brief:
    """The brief with a choice wherever the model wants one and nobody chose."""
    if brief.craft is not Craft.FILM:
        usual = model.music.duration_default if model.music.timed else None
        return replace(brief, model=model.id, seconds=brief.seconds or usual)
    takes = model.video
    return replace(
        brief,
        model=model.id,
        duration=brief.duration or _usual(takes.durations, seconds_of, USUAL_SECONDS),
        resolution=brief.resolution or _usual(takes.resolutions, lines_of, USUAL_LINES),
        aspect=brief.aspect or next(iter(takes.aspect_ratios), ""),
    )


def _usual(offered: tuple[str, ...], measure: Measure, wanted: int) -> str:
    measured = [one for one in offered if measure(one)]
    return min(measured, key=lambda one: abs(measure(one) - wanted), default=next(iter(offered), ""))


def _smaller(offer: Offer) -> list[tuple[Brief, Model]]:
    """The same model, one step less fine, and one step shorter."""
    brief, model = offer.brief, offer.model
    if brief.craft is not Craft.FILM:
        takes = model.music
        shorter = [one for one in takes.duration_options if brief.seconds and one < brief.seconds]
        half = (brief.seconds or 0) // 2
        if not takes.duration_options and takes.timed and half >= max(1, takes.duration_min or 1):
            shorter = [half]
        return [(replace(brief, seconds=max(shorter)), model)] if shorter else []
    coarser = _below(model.video.resolutions, lines_of, brief.resolution)
    shorter_ones = _below(model.video.durations, seconds_of, brief.duration)
    steps = [replace(brief, resolution=one) for one in coarser]
    return [(one, model) for one in (*steps, *(replace(brief, duration=one) for one in shorter_ones))]


def _below(offered: tuple[str, ...], measure: Measure, now: str) -> list[str]:
    lower = [one for one in offered if 0 < measure(one) < measure(now)]
    return [max(lower, key=measure)] if lower else []


def _by_others(offer: Offer, others: Sequence[Model]) -> list[tuple[Brief, Model]]:
    """Other models that can make nearly the same: as long and as fine as they can get without more."""
    steps: list[tuple[Brief, Model]] = []
    for model in others:
        if model.id == offer.model.id or not suits(model, offer.brief):
            continue
        brief = settled(_fitted(offer.brief, model), model)
        if not complaint(brief, model):
            steps.append((brief, model))
    return steps[:ASKED]


def _fitted(brief: Brief, model: Model) -> Brief:
    """Choices that the other model does not offer are left to it."""
    takes, sound = model.video, model.music
    far = sound.duration_options and brief.seconds not in sound.duration_options
    return replace(
        brief,
        model="",
        duration=_no_longer(brief.duration, takes.durations),
        resolution=brief.resolution if brief.resolution in takes.resolutions else "",
        aspect=brief.aspect if brief.aspect in takes.aspect_ratios else "",
        seconds=None if far or not sound.timed else brief.seconds,
    )


def _no_longer(wanted: str, offered: tuple[str, ...]) -> str:
    """The wanted length, else the longest below it; "" where there is none."""
    if wanted in offered:
        return wanted
    return next(iter(_below(offered, seconds_of, wanted)), "")


def _rank(model: Model) -> tuple[bool, bool, Decimal, bool, str]:
    slow = not any(word in model.id for word in QUICK)
    return model.beta, not model.private, price_of(model), slow, model.id


def _medium(brief: Brief) -> Medium:
    return "video" if brief.craft is Craft.FILM else "music"


def permitted(model: Model, brief: Brief, allow: Filter) -> bool:
    """Whether a place allows a model for this. An uncensored one may play where nobody sings."""
    wordless = brief.craft is Craft.MUSIC and brief.instrumental and model.music.instrumental
    return (replace(allow, uncensored=True) if wordless else allow).allows(model)


def _check(model: Model, brief: Brief, allow: Filter) -> None:
    if permitted(model, brief, allow):
        return
    wordless = model.uncensored and not allow.uncensored and model.music.instrumental
    hint = " Without singing it may be used: set `instrumental`." if wordless else ""
    raise NotAllowed(f"{objection(model, allow)}.{hint}")


def _able(brief: Brief, fitting: Sequence[Model], allow: Filter) -> list[Model]:
    return [one for one in fitting if permitted(one, brief, allow) and not complaint(brief, one)]


def _nobody(brief: Brief, fitting: Sequence[Model], allow: Filter) -> str:
    """Why there is no offer: nobody takes it like that, or those who do may not be used here."""
    here = [one for one in fitting if permitted(one, brief, allow)]
    if any(not complaint(brief, one) for one in fitting) or not here:
        return "Venice has no model for that which may be used here. Ask for it differently, or elsewhere."
    return f"No model makes it like that. {complaint(brief, here[0])}"
