"""Values of settings as the dashboard sets them: what Venice does not offer, or the place does not allow, is
refused as `/settings` refuses it.

Whether a place is marked for adults is known only from what is said there, so what is for adults is set
there, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bot.declarations import OptionKind, Setting
from bot.engine.models.book import DEAR_OUTPUT, STORED, ModelBook, check_dear, check_tier, is_dear, tier_of
from bot.engine.settings.book import PlaceSettings
from bot.engine.settings.effort import LEVELS, check_level
from bot.engine.settings.zones import find_zone, zone_names
from bot.errors import GondolaError, NotAllowed, UserError
from bot.venice import Filter, Model, VeniceClient
from bot.venice.catalogue import MEDIUM_OF, Wanted

FOR_ADULTS = (
    "{} is for adults. Set it with `/settings` in the place itself, where I can see whether that is allowed."
)
_MODELS: dict[str, Wanted] = {**{name: wanted for wanted, name in STORED.items()}, "gate_model": "text"}
_AS_THEY_ARE = ("auto", "off")


class Values:
    """Checks what somebody wants to set."""

    def __init__(self, client: VeniceClient, models: ModelBook) -> None:
        self._client = client
        self._models = models

    async def checked(self, setting: Setting, value: str, held: PlaceSettings, *, owner: bool) -> str:
        """The value as it is to be kept. `held` is what holds in the scope now. Raises UserError,
        NotAllowed, VeniceError."""
        if not value:
            return value
        wanted = _MODELS.get(setting.name)
        if wanted is not None:
            return await self._model(wanted, value, held, owner=owner)
        match setting.name:
            case "fallback":
                return await self._fallback(value, held, owner=owner)
            case "thinking":
                return check_level(value, await self._answering(held, owner=owner))
            case "timezone":
                return find_zone(value)
            case "voice":
                return await self._voice(value)
            case "character":
                return await self._character(value)
            case _:
                return value

    async def suggested(self, held: PlaceSettings, *, owner: bool) -> Mapping[str, tuple[str, ...]]:
        """Values to choose from, for settings that take others as well: models, voices, time zones. Without
        those that nobody may set there; nothing where Venice does not answer."""
        found = {"timezone": zone_names()}
        try:
            catalogue = await self._models.catalogue()
        except GondolaError:
            return found
        allow = Filter(tier=tier_of(held))
        for name, wanted in _MODELS.items():
            offered = catalogue.offered(MEDIUM_OF[wanted], allow)
            found[name] = tuple(
                sorted(one.id for one in offered if not one.uncensored and (owner or not is_dear(one)))
            )
        voices = {voice for model in catalogue.offered("tts") for voice in model.voices}
        return found | {"voice": tuple(sorted(voices))}

    async def _model(self, wanted: Wanted, value: str, held: PlaceSettings, *, owner: bool) -> str:
        """A model's id, or the trait whose model it is: that follows Venice."""
        catalogue, medium = await self._models.catalogue(), MEDIUM_OF[wanted]
        model = catalogue.find(value, medium)
        self._check(model, held, owner=owner)
        return catalogue.trait(value, medium) or model.id

    def _check(self, model: Model, held: PlaceSettings, *, owner: bool) -> None:
        check_dear(model, owner=owner)
        if model.uncensored:
            raise NotAllowed(FOR_ADULTS.format(model.name))
        check_tier(model, tier_of(held))

    async def _fallback(self, value: str, held: PlaceSettings, *, owner: bool) -> str:
        if value.casefold() in _AS_THEY_ARE:
            return value.casefold()
        names = [name.strip() for name in value.split(",") if name.strip()]
        return ", ".join([await self._model("text", name, held, owner=owner) for name in names])

    async def _answering(self, held: PlaceSettings, *, owner: bool) -> Model:
        """The model that would answer there."""
        catalogue = await self._models.catalogue()
        dearest = None if owner else Decimal(DEAR_OUTPUT)
        allow = Filter(tier=tier_of(held), max_output_price=dearest)
        stored = held.text("model")
        model = catalogue.known(stored, "text") if stored else catalogue.default("text", allow)
        if model is None:
            raise UserError("No model answers there now, so I cannot know how long it can think.")
        return model

    async def _voice(self, value: str) -> str:
        offered = (await self._models.catalogue()).offered("tts")
        voices = {voice.casefold(): voice for model in offered for voice in model.voices}
        if value.casefold() not in voices:
            raise UserError(
                f"No speech model has a voice `{value[:40]}`. `/voice` lets you hear what there is."
            )
        return voices[value.casefold()]

    async def _character(self, value: str) -> str:
        found = await self._client.character(value)
        if found.adult:
            raise NotAllowed(FOR_ADULTS.format(found.name))
        return found.slug


def choices_of(setting: Setting) -> tuple[str, ...]:
    """Every value a setting can have, empty for free text and numbers."""
    if setting.kind is OptionKind.BOOLEAN:
        return ("on", "off")
    if setting.name == "thinking":
        return tuple(LEVELS)
    return tuple(choice.value for choice in setting.choices)
