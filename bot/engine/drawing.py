"""Pictures from words."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from bot.engine.caps import dollars
from bot.engine.choosing import Chooser, Job, bounds_of, takes
from bot.engine.easel import BLURRED, Easel
from bot.engine.gallery import Gallery, Made
from bot.engine.models import ModelBook, allowed
from bot.engine.picture_options import (
    count_of,
    prompt_of,
    quality_of,
    resolution_of,
    seed_of,
    shape_of,
    steps_of,
    style_of,
)
from bot.engine.recipes import Making, Recipe
from bot.engine.saving import MOST_OTHERS, line_of, saved_words
from bot.engine.turn import Turn
from bot.errors import CapReached, UserError
from bot.records import CapUnit
from bot.venice import ImageRequest, ImageResult, Model
from bot.venice.catalogue import price_of
from bot.venice.media_bodies import IMAGE_PROMPT_LIMIT, SEED_LIMIT
from bot.venice.pricing import image_ceiling, image_cost

NOTHING_TO_DRAW = "Say what the picture should show: `/image a lighthouse at dawn`."
SHOWN_WORDS = 300


@dataclass(frozen=True, slots=True)
class _Order:
    """What is asked for, in anybody's words; "" and None leave it to the model."""

    words: str
    shape: str
    resolution: str
    quality: str
    style: str
    negative: str
    seed: int
    steps: int | None
    count: int
    safe: bool

    def request(self, model: Model) -> ImageRequest:
        """The order as a model takes it; a UserError where it does not."""
        form = shape_of(model, self.shape)
        return ImageRequest(
            prompt=prompt_of(model, self.words, IMAGE_PROMPT_LIMIT),
            negative_prompt=self.negative,
            width=form.width,
            height=form.height,
            aspect_ratio=form.ratio,
            resolution=resolution_of(model, self.resolution),
            quality=quality_of(model, self.quality),
            variants=self.count,
            style=self.style,
            seed=self.seed,
            steps=steps_of(model, self.steps),
            safe_mode=self.safe,
        )

    def recipe(self, model: Model) -> Recipe:
        """How to make it once more."""
        options = {"model": model.id, "size": self.shape, "resolution": self.resolution}
        options |= {"quality": self.quality, "style": self.style, "negative": self.negative}
        counted = {"seed": self.seed, "steps": self.steps, "count": self.count}
        kept = {name: value for name, value in {**options, **counted}.items() if value}
        return Recipe(Making.DRAWN, self.words, kept)


class Wishes(TypedDict, total=False):
    """What people may ask for beside model and resolution."""

    shape: str
    quality: str
    style: str
    negative: str
    seed: int | None
    steps: int | None
    count: int


class Drawer:
    """Draws through Venice. Every argument may come from anybody: what a model does not offer is refused
    with what it does, before anything is paid."""

    def __init__(self, easel: Easel, models: ModelBook, chooser: Chooser, gallery: Gallery) -> None:
        self._easel = easel
        self._models = models
        self._chooser = chooser
        self._gallery = gallery

    async def draw(
        self, turn: Turn, prompt: str, *, model: str = "", resolution: str = "", **wishes: Unpack[Wishes]
    ) -> Made:
        """Pictures of what the words say; `show` shows them. Safe mode is on wherever the place forbids
        adult content, whatever is asked. Where a cap on money has no room, and `saving` is on, a smaller size
        or, unless one was named, a cheaper model takes over, and it is said. Raises UserError, CapReached or
        VeniceError."""
        try:
            return await self._draw(turn, prompt, model=model, resolution=resolution, **wishes)
        except CapReached as error:
            if error.cap.unit != CapUnit.MONEY.value or not turn.settings.flag("saving"):
                raise
            for other, size in await self._smaller(turn, model, resolution, wishes):
                try:
                    made = await self._draw(turn, prompt, model=other.id, resolution=size, **wishes)
                except CapReached:
                    continue
                what = f"{other.name} draws{f' in {size}' if size else ''}"
                turn.notice(saved_words(turn, line_of(error.cap), what))
                return made
            raise

    async def _smaller(
        self, turn: Turn, model: str, resolution: str, wishes: Wishes
    ) -> list[tuple[Model, str]]:
        """Smaller sizes of the model, the largest first, then cheap models that take what is wished."""
        picked = await self._models.pick_for(turn, "image", model)
        sizes = picked.image.resolutions
        smaller = sizes[: sizes.index(resolution)][::-1] if resolution in sizes else ()
        found = [(picked, size) for size in smaller]
        if model:
            return found
        allow = replace(allowed(turn), tier=max(allowed(turn).tier, picked.tier))
        offered = (await self._models.catalogue()).offered("image", allow)
        others = [one for one in offered if price_of(one) < price_of(picked) and _offers(one, wishes)]
        others.sort(key=lambda one: (price_of(one), one.id))
        return [*found, *((one, "") for one in others[:MOST_OTHERS])]

    async def _draw(
        self,
        turn: Turn,
        prompt: str,
        *,
        model: str = "",
        shape: str = "",
        resolution: str = "",
        quality: str = "",
        style: str = "",
        negative: str = "",
        seed: int | None = None,
        steps: int | None = None,
        count: int = 1,
    ) -> Made:
        words = prompt.strip()
        if not words:
            raise UserError(NOTHING_TO_DRAW)
        picked = await self._models.pick_for(turn, "image", model)
        order = _Order(
            words,
            shape,
            resolution,
            quality,
            style_of(await self._models.styles(), style) if style else "",
            negative,
            random.randint(1, SEED_LIMIT) if seed is None else seed_of(seed),
            steps,
            count_of(count),
            not turn.incoming.adult_allowed,
        )
        order.request(picked)  # what the model does not offer is said before another one is looked for
        job = Job("image", takes(order.request), "drew this")
        lineup = await self._chooser.line(bounds_of(turn), picked, job)
        result, cost = await lineup.serve(lambda one: self._paint(turn, one, order.request(one)))
        painter = lineup.model
        if lineup.note:
            turn.notice(lineup.note)
        self._models.notice(painter, result.notices)
        # Made once more, it is for the model that was wanted.
        caption = _caption(words, painter, order.seed, result, cost)
        return Made(result.images, result.mime, order.recipe(picked), caption)

    async def show(self, turn: Turn, made: Made) -> None:
        """Show the pictures, with the buttons of the workbench under them."""
        await self._gallery.show(turn, made)

    async def _paint(self, turn: Turn, model: Model, request: ImageRequest) -> tuple[ImageResult, int]:
        def price(result: ImageResult) -> int:
            enhanced = result.notices.enhanced_prompt is not None
            return image_cost(model, request, violation=False, enhanced=enhanced).micro_usd

        return await self._easel.order(
            turn,
            model,
            lambda: self._easel.client.generate_image(request, model, user=turn.person),
            ceiling=image_ceiling(model, request),
            price=price,
            count=request.variants,
        )


def _offers(model: Model, wishes: Wishes) -> bool:
    """Whether a model takes the shape, quality and steps that are wished."""
    try:
        shape_of(model, wishes.get("shape", ""))
        quality_of(model, wishes.get("quality", ""))
        steps_of(model, wishes.get("steps"))
    except UserError:
        return False
    return True


def _caption(words: str, model: Model, seed: int, result: ImageResult, cost: int) -> str:
    shown = words if len(words) <= SHOWN_WORDS else f"{words[: SHOWN_WORDS - 1]}…"
    blurred = f"\n\n*{BLURRED}*" if result.notices.blurred else ""
    return f"{shown}\n\n*{model.name} · seed {seed} · {dollars(cost)}*{blurred}"
