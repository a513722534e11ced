"""Pictures from words."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from bot.declarations import Medium
from bot.engine.account.thrift import MOST_OTHERS, Bound, Thrift, Way
from bot.engine.models.book import ModelBook
from bot.engine.models.choosing import Chooser, Job, bounds_of, takes
from bot.engine.money.caps import dollars
from bot.engine.pictures.easel import BLURRED, Easel
from bot.engine.pictures.gallery import Gallery, Made
from bot.engine.pictures.picture_options import (
    count_of,
    prompt_of,
    quality_of,
    resolution_of,
    seed_of,
    shape_of,
    steps_of,
    style_of,
)
from bot.engine.pictures.recipes import Making, Recipe
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.venice import ImageRequest, ImageResult, Model
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
    """What people may ask for beside the model."""

    shape: str
    resolution: str
    quality: str
    style: str
    negative: str
    seed: int | None
    steps: int | None
    count: int


class Drawer:
    """Draws through Venice. Every argument may come from anybody: what a model does not offer is refused
    with what it does, before anything is paid."""

    def __init__(
        self, easel: Easel, models: ModelBook, chooser: Chooser, thrift: Thrift, gallery: Gallery
    ) -> None:
        self._easel = easel
        self._models = models
        self._chooser = chooser
        self._thrift = thrift
        self._gallery = gallery

    async def draw(self, turn: Turn, prompt: str, *, model: str = "", **wishes: Unpack[Wishes]) -> Made:
        """Pictures of what the words say; `show` shows them. Safe mode is on wherever the place forbids
        adult content, whatever is asked. Near a cap on money, and `saving` is on, a smaller size or, unless
        one was named, a cheaper model takes over, and it is said. Raises UserError, CapReached or
        VeniceError."""
        order = await self._order(turn, prompt, wishes)
        picked = await self._models.pick_for(turn, "image", model)
        # What the model does not offer is said before another one is looked for. Made once more, it is for
        # the model that was wanted.
        recipe = order.recipe(picked)

        async def smaller(bound: Bound) -> list[Way[Made]]:
            ways = _reduced(order, picked) if bound.refused else []
            if not model:
                ways += await self._cheaper(turn, order, picked)
            return [self._way(turn, one, recipe, painter, words) for one, painter, words in ways]

        return await self._thrift.spend(turn, Medium.IMAGE, self._way(turn, order, recipe, picked), smaller)

    async def _order(self, turn: Turn, prompt: str, wishes: Wishes) -> _Order:
        words = prompt.strip()
        if not words:
            raise UserError(NOTHING_TO_DRAW)
        style, seed = wishes.get("style", ""), wishes.get("seed")
        return _Order(
            words,
            wishes.get("shape", ""),
            wishes.get("resolution", ""),
            wishes.get("quality", ""),
            style_of(await self._models.styles(), style) if style else "",
            wishes.get("negative", ""),
            random.randint(1, SEED_LIMIT) if seed is None else seed_of(seed),
            wishes.get("steps"),
            count_of(wishes.get("count", 1)),
            not turn.incoming.adult_allowed,
        )

    async def _cheaper(self, turn: Turn, order: _Order, picked: Model) -> list[tuple[_Order, Model, str]]:
        """Cheap models that take what is wished, in a size of their own."""
        plain = replace(order, resolution="")
        others = await self._chooser.cheaper(turn, picked, Job("image", takes(plain.request)))
        return [(plain, one, f"a cheaper model, {one.name}, draws") for one in others[:MOST_OTHERS]]

    def _way(self, turn: Turn, order: _Order, recipe: Recipe, model: Model, words: str = "") -> Way[Made]:
        ceiling = image_ceiling(model, order.request(model))
        return Way(ceiling, lambda: self._made(turn, order, recipe, model), words)

    async def _made(self, turn: Turn, order: _Order, recipe: Recipe, model: Model) -> Made:
        job = Job("image", takes(order.request), "drew this")
        lineup = await self._chooser.line(bounds_of(turn), model, job)
        result, cost = await lineup.serve(lambda one: self._paint(turn, one, order.request(one)))
        if lineup.note:
            turn.notice(lineup.note)
        self._models.notice(lineup.model, result.notices)
        caption = _caption(order.words, lineup.model, order.seed, result, cost)
        return Made(result.images, result.mime, recipe, caption)

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


def _reduced(order: _Order, picked: Model) -> list[tuple[_Order, Model, str]]:
    """Smaller sizes than the one that was asked for, the largest first, then fewer pictures."""
    sizes, asked = picked.image.resolutions, resolution_of(picked, order.resolution)
    smaller = sizes[: sizes.index(asked)] if asked else ()
    least = replace(order, resolution=sizes[0]) if asked else order
    return [
        *(
            (replace(order, resolution=one), picked, f"{picked.name} draws in {one}")
            for one in reversed(smaller)
        ),
        *(
            (replace(least, count=few), picked, f"{picked.name} draws {few} of {order.count}")
            for few in range(order.count - 1, 0, -1)
        ),
    ]


def _caption(words: str, model: Model, seed: int, result: ImageResult, cost: int) -> str:
    shown = words if len(words) <= SHOWN_WORDS else f"{words[: SHOWN_WORDS - 1]}…"
    blurred = f"\n\n*{BLURRED}*" if result.notices.blurred else ""
    return f"{shown}\n\n*{model.name} · seed {seed} · {dollars(cost)}*{blurred}"
