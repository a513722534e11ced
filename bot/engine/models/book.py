"""The live catalogue, and which model does a job: the chosen one, else the place's, else Venice's default.

What a place and a person allow is one `Filter`; every way to a model goes through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import structlog

from bot.engine.settings.book import PlaceSettings
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError, NotAllowed, UserError, VeniceError, VeniceFailure
from bot.ports import Clock
from bot.venice import Catalogue, Filter, Model, Notices, Tier, VeniceClient
from bot.venice.catalogue import MEDIUM_OF, Wanted

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FRESH_FOR = 15 * 60
DEAR_OUTPUT = 10
"""USD per million output tokens; dearer models are for owners only."""
STORED: Mapping[Wanted, str] = {
    "text": "model",
    "image": "image_model",
    "edit": "edit_model",
    "tts": "voice_model",
    "video": "video_model",
    "music": "music_model",
}
"""The setting that names a place's model for a job."""
TIERS: Mapping[str, Tier] = {"any": Tier.ANONYMIZED, "private": Tier.PRIVATE, "tee": Tier.TEE}
"""What the values of `min_privacy` ask for."""


class ModelBook:
    """Keeps the catalogue at most 15 minutes old; an old one is better than none."""

    def __init__(self, client: VeniceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._catalogue: Catalogue | None = None
        self._styles: tuple[str, ...] = ()
        self._loaded_at = 0.0
        self.going: dict[str, str] = {}
        """Models that Venice's answers said will go, and what takes their place ("" for nothing named)."""

    async def catalogue(self) -> Catalogue:
        """The catalogue; raises VeniceError only when there has never been one."""
        if self._catalogue is None or self._clock() - self._loaded_at > FRESH_FOR:
            await self._refresh()
        if self._catalogue is None:
            raise VeniceError(VeniceFailure.CONNECTION, retryable=True)
        return self._catalogue

    def expire(self) -> None:
        """Read the catalogue anew at the next use: Venice has just contradicted it."""
        self._loaded_at = 0.0

    async def styles(self) -> tuple[str, ...]:
        """Names of picture styles."""
        if not self._styles:
            self._styles = await self._client.image_styles()
        return self._styles

    async def pick(self, wanted: Wanted, chosen: str, *, owner: bool, tier: Tier = Tier.ANONYMIZED) -> Model:
        """The chosen model for a job, else Venice's default one; a UserError where it is not private enough
        or too dear. Where there is a turn, `pick_for` knows what its place allows."""
        catalogue = await self.catalogue()
        if not chosen:
            model = _found(catalogue.default(wanted, Filter(tier=tier)), wanted, tier)
        else:
            model = catalogue.find(chosen, MEDIUM_OF[wanted])
        check_dear(model, owner=owner)
        check_tier(model, tier)
        return model

    async def pick_for(self, turn: Turn, wanted: Wanted, chosen: str = "") -> Model:
        """The model asked for by name, refused where the place does not allow it; else the place's own one,
        openly replaced by one that is allowed; else Venice's default."""
        if chosen:
            model = (await self.catalogue()).find(chosen, MEDIUM_OF[wanted])
            check_allowed(model, turn)
            return model
        model, reason = await self.usual(turn, wanted)
        if reason:
            turn.notice(f"*{reason}, so {model.name} is used.*")
        return model

    async def usual(self, turn: Turn, wanted: Wanted) -> tuple[Model, str]:
        """The model of the place for a job, and why it is not the one that is set ("" where it is)."""
        catalogue, allow = await self.catalogue(), allowed(turn)
        stored = turn.settings.text(STORED[wanted]) if wanted in STORED else ""
        reason = ""
        if stored:
            own = catalogue.known(stored, MEDIUM_OF[wanted])
            reason = objection(own, allow) if own is not None else f"`{stored}` is not offered by Venice now"
            if own is not None and not reason:
                return own, ""
        return _found(catalogue.default(wanted, allow), wanted, allow.tier), reason

    async def vision(self) -> Model | None:
        """The model that looks at pictures when the chosen one cannot."""
        return (await self.catalogue()).default("vision")

    def notice(self, model: Model, notices: Notices) -> None:
        """Log once what an answer's headers said about a model that will go."""
        if notices.deprecation and model.id not in self.going:
            self.going[model.id] = notices.replacement or ""
            log.warning(
                "model.deprecated",
                model=model.id,
                date=notices.deprecation_date,
                replacement=notices.replacement,
            )

    async def _refresh(self) -> None:
        try:
            self._catalogue = await self._client.catalogue()
        except GondolaError as error:
            if self._catalogue is None:
                raise
            log.warning("catalogue.stale", reason=error.detail)
        self._loaded_at = self._clock()


def tier_of(settings: PlaceSettings) -> Tier:
    """The least private tier that a place allows."""
    return TIERS[settings.text("min_privacy")]


def allowed(turn: Turn) -> Filter:
    """Which models may do something for a turn: private enough, fit for the place, not too dear."""
    return Filter(
        tier=tier_of(turn.settings),
        uncensored=turn.incoming.adult_allowed,
        max_output_price=None if turn.owner else Decimal(DEAR_OUTPUT),
    )


def objection(model: Model, allow: Filter) -> str:
    """Why a model is not allowed, as the beginning of a sentence; "" where it is."""
    if model.tier < allow.tier:
        return f"{model.name} is {model.tier.word}, and this place asks for {_rule(allow.tier)}"
    if model.uncensored and not allow.uncensored:
        return f"{model.name} is uncensored, and this place is not marked for adults"
    return "" if allow.allows(model) else f"{model.name} is dear and only for owners of this bot"


def check_allowed(model: Model, turn: Turn) -> None:
    """Refuse a model that the turn's place or person may not use."""
    check_dear(model, owner=turn.owner)
    check_adult(model, turn)
    check_tier(model, tier_of(turn.settings))


def check_tier(model: Model, tier: Tier) -> None:
    """Refuse a model that is less private than that."""
    if model.tier < tier:
        raise NotAllowed(f"{objection(model, Filter(tier=tier))}. `/models` shows which are.")


def check_adult(model: Model, turn: Turn) -> None:
    """Refuse an uncensored model where the place is not marked for adults."""
    if model.uncensored and not turn.incoming.adult_allowed:
        raise NotAllowed(f"{model.name} is uncensored, and this place is not marked for adults.")


def is_dear(model: Model) -> bool:
    """Whether only owners may use it."""
    tokens = model.pricing.tokens
    return tokens is not None and tokens.output > DEAR_OUTPUT


def check_dear(model: Model, *, owner: bool) -> None:
    """Refuse a dear model to everybody but owners."""
    if is_dear(model) and not owner:
        raise UserError(
            f"`{model.id}` costs more than ${DEAR_OUTPUT} per million tokens, so only an owner of this bot "
            "can use it. Choose another with `/model`."
        )


def none_fits(wanted: Wanted, tier: Tier) -> UserError:
    """What to say where no model does the job."""
    if tier is Tier.ANONYMIZED:
        return UserError(f"Venice offers no {wanted} model right now. Please try again later.")
    return UserError(
        f"This place asks for {_rule(tier)}, and Venice offers no {wanted} model that is. Who manages this "
        "place can change `min_privacy` with `/settings`."
    )


def _found(model: Model | None, wanted: Wanted, tier: Tier) -> Model:
    if model is None:
        raise none_fits(wanted, tier)
    return model


def _rule(tier: Tier) -> str:
    return "a model in a TEE" if tier is Tier.TEE else "private models"
