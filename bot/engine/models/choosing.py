"""Who answers a turn: the chosen model, as far as place, question and Venice let it; and who steps in for it.

One rule after the other: the model that is set, else Venice's default; what the place and the person allow;
what the question needs; what Venice can serve. Whoever answers in another one's place, it is said. The same
holds for whoever draws, speaks or listens, and for calls nobody asked for by name.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

import structlog

from bot.engine.models.book import ModelBook, allowed, check_allowed
from bot.engine.models.likeness import nearest
from bot.engine.models.needs import HEARS, NOTHING, SEES, WATCHES, Needs
from bot.engine.turns.bulletin import Bulletin
from bot.engine.turns.turn import Turn
from bot.errors import UserError, VeniceError, VeniceFailure
from bot.ports import Clock
from bot.records import Closing, Settlement, TurnState
from bot.storing import Turns
from bot.venice import HOUSE, Filter, Medium, Model, acting, price_of
from bot.venice.catalogue import Wanted
from bot.venice.errors import OVERLOAD_WAIT

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Result = TypeVar("Result")

MOST_SUBSTITUTES = 2
"""How many other models are tried for one question."""
STEPS_IN: tuple[Wanted, ...] = ("text", "image", "edit", "tts", "asr")
"""Jobs in which one model may step in for another."""
ANY_KEY = "any"
DEARER = 3
"""A model that steps in unasked costs at most so many times as much."""
SMALL: Mapping[str, Decimal] = {
    "image": Decimal("0.05"),
    "inpaint": Decimal("0.05"),
    "tts": Decimal(100),
    "asr": Decimal("0.0002"),
}
"""Prices, as `price_of` has them, that are not called much dearer: a picture at 5 cents, a thousand
characters at 10, a minute of sound at about one. The cheapest model would else have nobody to step in."""
USUAL_ROOM = 100_000
LEAST_ROOM = 16_000
"""Tokens of context."""
GONE_FOR = 15 * 60.0
"""Seconds for which a model is not asked again that Venice said it does not have."""
ILL_FOR = 120.0
"""Longest time in seconds for which an overloaded model is left alone."""

_AILMENTS: Mapping[VeniceFailure, str] = {
    VeniceFailure.OVERLOADED: "is overloaded",
    VeniceFailure.RATE_LIMITED: "has too much to do",
    VeniceFailure.OFFLINE: "is not available at present",
    VeniceFailure.GONE: "has been retired by Venice",
    VeniceFailure.NOT_FOUND: "is no longer known to Venice",
    VeniceFailure.FORBIDDEN: "is not open to our Venice key",
    VeniceFailure.PRO_ONLY: "is not open to our Venice key",
}
"""Refusals of a model, not of a question, in words."""
_PASSING = (VeniceFailure.OVERLOADED, VeniceFailure.RATE_LIMITED, VeniceFailure.OFFLINE)

_OF_THE_KEY = (VeniceFailure.RATE_LIMITED, VeniceFailure.FORBIDDEN, VeniceFailure.PRO_ONLY)
"""Refusals that hold for the key they came to; servers may have keys of their own."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who answers. `reasons` say why it is not the model that is set; empty where it is."""

    model: Model
    reasons: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The choice as people read it, "" where there is nothing to tell."""
        return told(self.reasons, self.model)


def _anyone(_: Model) -> bool:
    """Every model fits."""
    return True


@dataclass(frozen=True, slots=True)
class Job:
    """What a model is wanted for: one of a medium, which `fits`; `does` ends the sentence that says who
    stepped in."""

    medium: Medium = "text"
    fits: Callable[[Model], bool] = _anyone
    does: str = "answers this one"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Who may step in: the value of `fallback`, and what the place and the person allow. `settlements` are
    those of the calls so far, whose reservations must not stand in the way of the next one."""

    fallback: str
    allow: Filter
    settlements: Sequence[Settlement] = ()


@dataclass(slots=True)
class _Ill:
    """A model that Venice could not serve, until when (Unix seconds), and what is the matter."""

    until: float
    ailment: str


class Chooser:
    """Chooses for every turn, and remembers for a while what Venice could not serve."""

    def __init__(self, models: ModelBook, bulletin: Bulletin, turns: Turns, clock: Clock) -> None:
        self._turns = turns
        self._models = models
        self._bulletin = bulletin
        self._clock = clock
        self._ill: dict[tuple[str, str], _Ill] = {}

    async def choose(self, turn: Turn, needs: Needs = NOTHING) -> Choice:
        """Who answers a question with such needs; a UserError where nobody may or can."""
        wanted, reasons = await self._wanted(turn)
        fit, more = await self._able(turn, wanted, needs)
        choice = Choice(fit, reasons + more)
        ill = self._ailing(fit)
        other = await self.substitute(bounds_of(turn), fit, job_of(needs), {fit.id}) if ill else None
        if other is None:
            return choice
        return Choice(other, (*choice.reasons, f"{fit.name} {ill}"))

    async def lineup(self, turn: Turn, needs: Needs = NOTHING) -> Lineup:
        """Who answers, said where it is not the model that is set, and who steps in for it."""
        await self._bulletin.tell(turn)
        choice = await self.choose(turn, needs)
        if choice.note:
            turn.notice(choice.note)
        return Lineup(self, bounds_of(turn), job_of(needs), choice.model)

    async def line(self, bounds: Bounds, model: Model, job: Job) -> Lineup:
        """Who does another job: the model, or who steps in while it is unwell."""
        lineup = Lineup(self, bounds, job, model)
        ailment = self._ailing(model)
        if ailment:
            await lineup.pass_on(ailment)
        return lineup

    async def substitute(
        self, bounds: Bounds, model: Model, job: Job, tried: Collection[str]
    ) -> Model | None:
        """Who steps in for a model, as `fallback` says; None for nobody. A list speaks for the media whose
        models it names."""
        wanted = bounds.fallback.strip() or "auto"
        if wanted.casefold() == "off":
            return None
        catalogue, allow = await self._models.catalogue(), bounds.allow

        def fit(one: Model) -> bool:
            return one.id not in tried and job.fits(one) and not self._ailing(one)

        named = [one for name in wanted.split(",") if (one := catalogue.known(name, job.medium)) is not None]
        if wanted.casefold() != "auto" and (named or job.medium == "text"):
            return next((one for one in named if allow.allows(one) and fit(one)), None)
        offered = catalogue.offered(job.medium, _no_worse(allow, model))
        return nearest(model, (one for one in offered if fit(one) and _modest(one, model)))

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Settle calls before their turn closes. What is settled then once more is passed over."""
        if settlements:
            ended = Closing(secrets.token_hex(8), TurnState.SETTLED, settlements=tuple(settlements))
            await self._turns.close([ended])

    async def cheaper(self, turn: Turn, model: Model, job: Job) -> list[Model]:
        """Those that may do such a job in a model's place for less, the cheapest first."""
        offered = (await self._models.catalogue()).offered(job.medium, _no_worse(allowed(turn), model))
        fit = [
            one
            for one in offered
            if price_of(one) < price_of(model)
            and not (one.beta or self._ailing(one))
            and job.fits(one)
            and (job.medium != "text" or (one.context_tokens or 0) >= LEAST_ROOM)
        ]
        return sorted(fit, key=lambda one: (price_of(one), one.id))

    def fell_ill(self, model: Model, error: VeniceError) -> None:
        """Venice could not serve it just now."""
        lasting = error.failure not in _PASSING
        pause = GONE_FOR if lasting else min(error.retry_after or OVERLOAD_WAIT, ILL_FOR)
        key = _key() if error.failure in _OF_THE_KEY else ANY_KEY
        self._ill[key, model.id] = _Ill(self._clock() + pause, _AILMENTS[error.failure])
        if lasting:
            self._models.expire()
        log.warning("model.unserved", model=model.id, failure=error.failure.value, pause=pause)

    async def _wanted(self, turn: Turn) -> tuple[Model, tuple[str, ...]]:
        if turn.again is not None and turn.again.model:
            model = (await self._models.catalogue()).find(turn.again.model)
            check_allowed(model, turn)
            return model, ()
        model, reason = await self._models.usual(turn, "text")
        return model, (reason,) if reason else ()

    async def _able(self, turn: Turn, model: Model, needs: Needs) -> tuple[Model, tuple[str, ...]]:
        missing = lacking(model, needs)
        if not missing:
            return model, ()
        catalogue, allow = await self._models.catalogue(), allowed(turn)
        fit = [one for one in catalogue.offered("text", allow) if not lacking(one, needs)]
        seeing = catalogue.default("vision", allow) if SEES in needs else None
        other = seeing if seeing in fit else nearest(model, self._best(model, fit))
        words = WATCHES if WATCHES in missing else " and ".join(missing)
        if other is None:
            elsewhere = any(not lacking(one, needs) for one in catalogue.offered("text"))
            rule = " that this place allows" if elsewhere else ""
            raise UserError(f"{model.name} cannot {words}, and Venice offers no model{rule} that can now.")
        return other, (f"{model.name} cannot {words}",)

    def _best(self, model: Model, fit: Sequence[Model]) -> Sequence[Model]:
        """Those of them that are well and keep words as well as the model does, as far as there are any."""
        well = [one for one in fit if not self._ailing(one)] or fit
        return [one for one in well if one.tier >= model.tier] or well

    def _ailing(self, model: Model) -> str:
        for key in (ANY_KEY, _key()):
            ill = self._ill.get((key, model.id))
            if ill is not None and ill.until > self._clock():
                return ill.ailment
            self._ill.pop((key, model.id), None)
        return ""


def _key() -> str:
    """The Venice key that calls go out with now."""
    credential = acting()
    return credential.name if credential is not None else HOUSE


class Lineup:
    """The model that does a job, and those that step in for it, each once."""

    def __init__(self, chooser: Chooser, bounds: Bounds, job: Job, model: Model) -> None:
        self.model = model
        self._chooser = chooser
        self._bounds = bounds
        self.job = job
        self._tried = [model.id]
        self._reasons: list[str] = []

    @property
    def note(self) -> str:
        """Why a substitute does it, to be said once it has; "" while it is no substitute."""
        return told(self._reasons, self.model, self.job.does)

    async def step_in(self, error: VeniceError, fits: Callable[[Model], bool] | None = None) -> bool:
        """Take the next model after a refusal that came before any work, one that also `fits`. False where
        the refusal is not the model's, or nobody may step in."""
        if not passes_on(error):
            return False
        self._chooser.fell_ill(self.model, error)
        return await self.pass_on(_AILMENTS[error.failure], fits)

    async def pass_on(self, ailment: str, fits: Callable[[Model], bool] | None = None) -> bool:
        """Take the next model, since this one has an ailment. False where nobody may step in."""
        if len(self._tried) > MOST_SUBSTITUTES:
            return False
        job = self.job if fits is None else replace(self.job, fits=_both(self.job.fits, fits))
        other = await self._chooser.substitute(self._bounds, self.model, job, self._tried)
        if other is None:
            return False
        await self._chooser.settle(self._bounds.settlements)
        self._reasons.append(f"{self.model.name} {ailment}")
        self._tried.append(other.id)
        self.model = other
        return True

    async def serve(self, attempt: Callable[[Model], Awaitable[Result]]) -> Result:
        """What the first model that Venice serves makes of it. An attempt pays for its own calls, and lets
        a VeniceError out only where nothing was made."""
        while True:
            try:
                return await attempt(self.model)
            except VeniceError as error:
                if not await self.step_in(error):
                    raise


def bounds_of(turn: Turn) -> Bounds:
    """Who may step in for a model of a turn."""
    return Bounds(turn.settings.text("fallback"), allowed(turn), turn.settlements)


def job_of(needs: Needs) -> Job:
    """To answer a question with such needs."""
    return Job(fits=lambda one: not lacking(one, needs))


def _both(one: Callable[[Model], bool], other: Callable[[Model], bool]) -> Callable[[Model], bool]:
    return lambda model: one(model) and other(model)


def takes(build: Callable[[Model], object]) -> Callable[[Model], bool]:
    """Whether a model takes what is asked for: what `build` makes of it raises no UserError."""

    def fits(model: Model) -> bool:
        try:
            build(model)
        except UserError:
            return False
        return True

    return fits


def passes_on(error: VeniceError) -> bool:
    """Whether another model may be asked instead: Venice refused this one, and did not begin to work."""
    if error.failure is VeniceFailure.NOT_FOUND and "character" in error.detail.casefold():
        return False
    return error.failure in _AILMENTS and error.status is not None


def told(reasons: Sequence[str], model: Model, does: str = Job().does) -> str:
    """Why another model does it, in a sentence; "" without reasons."""
    return f"*{'; '.join(reasons)}, so {model.name} {does}.*" if reasons else ""


def lacking(model: Model, needs: Needs) -> list[str]:
    """What the model cannot do of what is needed, in words."""
    can = model.capabilities
    able = {SEES: can.vision, HEARS: can.audio_input, WATCHES: can.video_input}
    return [need for need in able if need in needs and not able[need]]


def _modest(other: Model, model: Model) -> bool:
    """Whether it may step in unasked: tried and tested, not much dearer, and with room for a usual talk."""
    room = min(model.context_tokens or 0, USUAL_ROOM)
    most = max(DEARER * price_of(model), SMALL.get(model.medium, Decimal(0)))
    return not other.beta and price_of(other) <= most and (other.context_tokens or 0) >= room


def _no_worse(allow: Filter, model: Model) -> Filter:
    """What is allowed, and neither less private nor less restrained than the model."""
    return replace(allow, tier=max(allow.tier, model.tier), uncensored=allow.uncensored and model.uncensored)
