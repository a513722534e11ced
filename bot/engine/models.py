"""The live catalogue, and which model does a job: the chosen one, else Venice's default."""

from __future__ import annotations

import structlog

from bot.engine.turn import Turn
from bot.errors import GondolaError, NotAllowed, UserError, VeniceError, VeniceFailure
from bot.ports import Clock
from bot.venice import Catalogue, Model, Notices, VeniceClient
from bot.venice.catalogue import MEDIUM_OF, Wanted

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FRESH_FOR = 15 * 60
DEAR_OUTPUT = 10
"""USD per million output tokens; dearer models are for owners only."""


class ModelBook:
    """Keeps the catalogue at most 15 minutes old; an old one is better than none."""

    def __init__(self, client: VeniceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._catalogue: Catalogue | None = None
        self._styles: tuple[str, ...] = ()
        self._loaded_at = 0.0
        self._going: set[str] = set()

    async def catalogue(self) -> Catalogue:
        """The catalogue; raises VeniceError only when there has never been one."""
        if self._catalogue is None or self._clock() - self._loaded_at > FRESH_FOR:
            await self._refresh()
        if self._catalogue is None:
            raise VeniceError(VeniceFailure.CONNECTION, retryable=True)
        return self._catalogue

    async def styles(self) -> tuple[str, ...]:
        """Names of picture styles."""
        if not self._styles:
            self._styles = await self._client.image_styles()
        return self._styles

    async def pick(self, wanted: Wanted, chosen: str, *, owner: bool) -> Model:
        """The chosen model for a job, else Venice's default one."""
        catalogue = await self.catalogue()
        model = catalogue.find(chosen, MEDIUM_OF[wanted]) if chosen else catalogue.default(wanted)
        if model is None:
            raise UserError(f"Venice offers no {wanted} model right now. Please try again later.")
        check_dear(model, owner=owner)
        return model

    async def vision(self) -> Model | None:
        """The model that looks at pictures when the chosen one cannot."""
        return (await self.catalogue()).default("vision")

    def notice(self, model: Model, notices: Notices) -> None:
        """Log once what an answer's headers said about a model that will go."""
        if notices.deprecation and model.id not in self._going:
            self._going.add(model.id)
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


def check_adult(model: Model, turn: Turn) -> None:
    """Refuse an uncensored model where the place is not marked for adults."""
    if model.uncensored and not turn.incoming.adult_allowed:
        raise NotAllowed(f"{model.name} is uncensored, and this place is not marked for adults.")
