"""Pictures from words."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypedDict, Unpack

from bot.engine.caps import dollars
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

    def __init__(self, easel: Easel, models: ModelBook, gallery: Gallery) -> None:
        self._easel = easel
        self._models = models
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
        form = shape_of(picked, shape)
        request = ImageRequest(
            prompt=prompt_of(picked, words, IMAGE_PROMPT_LIMIT),
            negative_prompt=negative,
            width=form.width,
            height=form.height,
            aspect_ratio=form.ratio,
            resolution=resolution_of(picked, resolution),
            quality=quality_of(picked, quality),
            variants=count_of(count),
            style=style_of(await self._models.styles(), style) if style else "",
            seed=random.randint(1, SEED_LIMIT) if seed is None else seed_of(seed),
            steps=steps_of(picked, steps),
            safe_mode=not turn.incoming.adult_allowed,
        )
        result, cost = await self._paint(turn, picked, request)
        self._models.notice(picked, result.notices)
        options = {"model": picked.id, "size": shape, "resolution": resolution, "quality": quality}
        options |= {"style": request.style, "negative": negative}
        counted = {"seed": request.seed, "steps": steps, "count": count}
        recipe = Recipe(
            Making.DRAWN,
            words,
            {name: value for name, value in {**options, **counted}.items() if value},
        )
        return Made(result.images, result.mime, recipe, _caption(words, picked, request, result, cost))

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


def _caption(words: str, model: Model, request: ImageRequest, result: ImageResult, cost: int) -> str:
    shown = words if len(words) <= SHOWN_WORDS else f"{words[: SHOWN_WORDS - 1]}…"
    blurred = f"\n\n*{BLURRED}*" if result.notices.blurred else ""
    return f"{shown}\n\n*{model.name} · seed {request.seed} · {dollars(cost)}*{blurred}"
