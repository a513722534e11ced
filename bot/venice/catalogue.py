"""The catalogue of models: looking names up, defaults per medium, suggestions.

Built from GET /models?type=all and the trait lists. Immutable: a refresh makes a new one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.errors import UserError
from bot.venice.models import Medium, Model
from bot.venice.tiers import Tier

Wanted = Literal["text", "vision", "image", "tts", "asr", "embedding", "edit", "upscale", "video", "music"]

MEDIUM_OF: dict[Wanted, Medium] = {
    "text": "text",
    "vision": "text",
    "image": "image",
    "tts": "tts",
    "asr": "asr",
    "embedding": "embedding",
    "edit": "inpaint",
    "upscale": "upscale",
    "video": "video",
    "music": "music",
}
TRAIT_OF: dict[Wanted, str] = {"text": "default", "vision": "default_vision", "image": "default"}
USUAL: dict[Wanted, str] = {
    "tts": "tts-kokoro",
    "asr": "nvidia/parakeet-tdt-0.6b-v3",
    "embedding": "text-embedding-bge-m3",
    "edit": "firered-image-edit",
    "upscale": "upscaler",
}
"""Venice has traits for text and image only; these are its documented defaults. Video and music have none."""

CHOICES_LIMIT = 25
ENDLESS = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which models a place allows. `max_output_price` is USD per million output tokens, `tier` the least
    that is private enough."""

    tier: Tier = Tier.ANONYMIZED
    uncensored: bool = True
    vision: bool = False
    functions: bool = False
    max_output_price: Decimal | None = None

    def allows(self, model: Model) -> bool:
        """Whether the model passes every condition."""
        tokens = model.pricing.tokens
        too_dear = (
            self.max_output_price is not None and tokens is not None and tokens.output > self.max_output_price
        )
        return not (
            too_dear
            or model.tier < self.tier
            or (model.uncensored and not self.uncensored)
            or (self.vision and not model.capabilities.vision)
            or (self.functions and not model.capabilities.functions)
        )


ANY = Filter()


class Catalogue:
    """Models by id, trait and name."""

    def __init__(
        self, models: Iterable[Model], traits: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """`traits` is medium -> trait -> model id; traits named by the models themselves fill gaps."""
        self._models = {model.id: model for model in models}
        self._traits: dict[str, dict[str, str]] = {}
        for model in self._models.values():
            for trait in model.traits:
                self._traits.setdefault(model.medium, {}).setdefault(trait, model.id)
        for medium, named in (traits or {}).items():
            self._traits.setdefault(medium, {}).update(named)

    def __len__(self) -> int:
        return len(self._models)

    def all(self, medium: Medium) -> tuple[Model, ...]:
        """Every listed model of a medium, offered or not, in Venice's order."""
        return tuple(model for model in self._models.values() if model.medium == medium)

    def offered(self, medium: Medium, allow: Filter = ANY) -> tuple[Model, ...]:
        """The models people may choose."""
        return tuple(model for model in self.all(medium) if model.offered and allow.allows(model))

    def get(self, model_id: str) -> Model | None:
        """The model of exactly this id, offered or not."""
        return self._models.get(model_id)

    def traits(self, medium: Medium) -> Mapping[str, str]:
        """Trait name to model id, as Venice has it now."""
        return self._traits.get(medium, {})

    def trait(self, name: str, medium: Medium) -> str:
        """The trait of that name where it is one and no model's id, "" otherwise."""
        wanted = name.strip().casefold()
        return wanted if wanted in self.traits(medium) and wanted not in self._models else ""

    def known(self, name: str, medium: Medium = "text") -> Model | None:
        """The offered model of this id, trait or display name; None for anything else."""
        model = self._lookup(name.strip(), medium)
        return model if model is not None and model.offered else None

    def find(self, name: str, medium: Medium = "text") -> Model:
        """The offered model of this id, trait or display name.

        Raises UserError naming the closest ones for anything else, also for ids with `:flags`, which would
        switch on features that cost money.
        """
        wanted = name.strip()
        model = self._lookup(wanted, medium)
        if model is None:
            raise UserError(self._unknown(wanted, medium))
        if model.offline:
            raise UserError(f"{model.name} is offline at Venice at present. Please choose another model.")
        if not model.offered:
            raise UserError(f"{model.name} has no price in Venice's list, so I do not offer it.")
        return model

    def _lookup(self, wanted: str, medium: Medium) -> Model | None:
        if ":" in wanted:
            return None
        by_trait = self._traits.get(medium, {}).get(wanted, "")
        model = self._models.get(wanted) or self._models.get(by_trait)
        if model is not None:
            return model if model.medium == medium else None
        folded = wanted.casefold()
        named = (m for m in self.all(medium) if folded in (m.id.casefold(), m.name.casefold()))
        return next(named, None)

    def _unknown(self, wanted: str, medium: Medium) -> str:
        close = self.closest(wanted, medium)
        hint = f" Did you mean {' or '.join(close)}?" if close else " /models lists what there is."
        return f"I do not know the model “{wanted[:60]}”.{hint}"

    def closest(self, wanted: str, medium: Medium, limit: int = 3) -> tuple[str, ...]:
        """Ids of offered models that look like `wanted`."""
        ids = {model.id.casefold(): model.id for model in self.offered(medium)}
        bare = wanted.partition(":")[0].casefold()
        return tuple(ids[hit] for hit in difflib.get_close_matches(bare, list(ids), limit, 0.5))

    def default(self, wanted: Wanted, allow: Filter = ANY) -> Model | None:
        """The model when nobody chose one: Venice's own default if it is allowed, else the cheapest."""
        medium = MEDIUM_OF[wanted]
        named = self._traits.get(medium, {}).get(TRAIT_OF.get(wanted, ""), USUAL.get(wanted, ""))
        model = self._models.get(named)
        if model is not None and model.offered and self._fits(model, wanted) and allow.allows(model):
            return model
        candidates = [model for model in self.offered(medium, allow) if self._fits(model, wanted)]
        return min(candidates, key=_preference, default=None)

    @staticmethod
    def _fits(model: Model, wanted: Wanted) -> bool:
        match wanted:
            case "vision":
                return model.capabilities.vision
            case "video":
                return model.video.kind == "text-to-video"
            case "music":
                # What is priced by characters reads text aloud.
                return model.pricing.thousand_characters is None
            case _:
                return True

    def cheapest(self, medium: Medium, allow: Filter = ANY) -> Model | None:
        """The offered model with the lowest price of its medium."""
        return min(self.offered(medium, allow), key=lambda model: (price_of(model), model.id), default=None)

    def search(
        self, text: str, medium: Medium, allow: Filter = ANY, limit: int = CHOICES_LIMIT
    ) -> tuple[Model, ...]:
        """Offered models for autocomplete: id begins with the text, then name does, then contains it."""
        folded = text.strip().casefold()
        ranked = [
            (rank, model.beta, model.id, model)
            for model in self.offered(medium, allow)
            if (rank := _rank(model, folded)) is not None
        ]
        return tuple(model for *_, model in sorted(ranked, key=lambda row: row[:3])[:limit])


def _rank(model: Model, folded: str) -> int | None:
    model_id, name = model.id.casefold(), model.name.casefold()
    tests: tuple[Callable[[], bool], ...] = (
        lambda: model_id.startswith(folded),
        lambda: name.startswith(folded),
        lambda: folded in model_id or folded in name,
    )
    return next((rank for rank, test in enumerate(tests) if test()), None)


def _preference(model: Model) -> tuple[bool, bool, Decimal, str]:
    return model.beta, not model.private, price_of(model), model.id


def price_of(model: Model) -> Decimal:
    """One figure to compare models of one medium by, in USD: three parts prompt and one part output for
    text, the dearest picture for images and edits, twice the size for upscalers, a minute or a thousand
    characters of sound, the unit price for the rest. Unpriced models, and films, count as endless."""
    pricing = model.pricing
    if model.medium == "text" and pricing.tokens is not None:
        return pricing.tokens.input * 3 + pricing.tokens.output
    if model.medium in ("image", "inpaint"):
        rows = [pricing.resolutions, *pricing.quality.values()]
        prices = [price for row in rows for price in row.values()]
        prices += [one for one in (pricing.generation, pricing.inpaint) if one is not None]
        return max(prices, default=ENDLESS)
    if model.medium == "upscale":
        return pricing.upscale.get("2x", ENDLESS)
    if model.medium == "music":
        return _minute_price(model)
    unit = pricing.audio_second if model.medium == "asr" else pricing.input
    return ENDLESS if unit is None else unit


def _minute_price(model: Model) -> Decimal:
    pricing = model.pricing
    if pricing.second is not None:
        return pricing.second * 60
    listed = [one.usd for one in pricing.durations[:1]]
    listed += [one for one in (pricing.generation, pricing.thousand_characters) if one is not None]
    return max(listed, default=ENDLESS)
