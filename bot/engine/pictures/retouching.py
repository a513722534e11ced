"""Pictures changed: by words, made larger, cut out of their background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from bot.declarations import Medium
from bot.engine.account.thrift import MOST_OTHERS, Bound, Thrift, Way
from bot.engine.models.book import ModelBook, allowed, check_allowed
from bot.engine.models.choosing import Chooser, Job, bounds_of, takes
from bot.engine.money.caps import dollars
from bot.engine.pictures.drawing import SHOWN_WORDS
from bot.engine.pictures.easel import BLURRED, Easel
from bot.engine.pictures.gallery import Made, Source
from bot.engine.pictures.picture_options import edit_shape_of, prompt_of, quality_of, resolution_of, style_of
from bot.engine.pictures.recipes import Making, Recipe
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.venice import EditRequest, ImageResult, Model, UpscaleRequest
from bot.venice.edits import EDIT_PROMPT_LIMIT, background_cost, edit_ceiling, edit_cost, upscale_cost
from bot.venice.images import BACKGROUND_REMOVER

NOTHING_TO_CHANGE = (
    "Say what to change: `/edit make the sky red`, or choose a style: `/edit style=Watercolor`."
)
VARIATION = (
    "Make a variation of this picture: the same subject, composition and style, "
    "with other details, pose and light."
)
_RESTYLE = "Redraw this picture in the style “{style}”. Keep what it shows and how it is composed."
_IN_STYLE = "{words}\n\nDraw the result in the style “{style}”."


class Retoucher:
    """Changes pictures through Venice. Like Drawer's, every argument may come from anybody."""

    def __init__(self, easel: Easel, models: ModelBook, chooser: Chooser, thrift: Thrift) -> None:
        self._easel = easel
        self._models = models
        self._chooser = chooser
        self._thrift = thrift

    async def edit(
        self,
        turn: Turn,
        words: str,
        sources: Sequence[Source],
        *,
        model: str = "",
        shape: str = "",
        resolution: str = "",
        quality: str = "",
        style: str = "",
        called: str = "",
    ) -> Made:
        """Pictures changed by words, the first one the base; several are merged. `called` is what people
        read in place of the words. Near a cap on money a smaller size or, unless one was named, a cheaper
        model takes over, and it is said. Raises UserError, CapReached or VeniceError."""
        exact = style_of(await self._models.styles(), style) if style else ""
        asked = _asked(words.strip(), exact)
        if not asked:
            raise UserError(NOTHING_TO_CHANGE)
        picked = await self._editor(turn, model, len(sources))

        def request(editor: Model, size: str = resolution) -> EditRequest:
            _check_pictures(editor, len(sources))
            return EditRequest(
                prompt=prompt_of(editor, asked, EDIT_PROMPT_LIMIT),
                images=tuple(source.data for source in sources),
                aspect_ratio=edit_shape_of(editor, shape),
                resolution=resolution_of(editor, size),
                quality=quality_of(editor, quality),
                safe_mode=not turn.incoming.adult_allowed,
            )

        options = {"model": picked.id, "size": shape, "resolution": resolution, "quality": quality}
        options["style"] = exact
        recipe = Recipe(
            Making.EDITED, words.strip(), {name: value for name, value in options.items() if value}
        )
        line = called or _shown(words.strip()) or f"In the style “{exact}”"

        def way(editor: Model, size: str = resolution, how: str = "") -> Way[Made]:
            async def change() -> Made:
                result, cost, used = await self._retouched(turn, editor, lambda one: request(one, size))
                return _made(result, recipe, sources, line, used, cost)

            return Way(edit_ceiling(editor, request(editor, size)), change, how)

        async def smaller(bound: Bound) -> list[Way[Made]]:
            sizes, named = picked.image.resolutions, resolution_of(picked, resolution)
            less = sizes[: sizes.index(named)][::-1] if named and bound.refused else ()
            ways = [way(picked, size, f"{picked.name} makes it in {size}") for size in less]
            if model:
                return ways
            job = Job("inpaint", takes(lambda one: request(one, "")))
            others = (await self._chooser.cheaper(turn, picked, job))[:MOST_OTHERS]
            return [*ways, *(way(one, "", f"a cheaper model, {one.name}, changes it") for one in others)]

        # What the model does not offer is said before another one is looked for.
        return await self._thrift.spend(turn, Medium.IMAGE, way(picked), smaller)

    async def _retouched(
        self, turn: Turn, editor: Model, request: Callable[[Model], EditRequest]
    ) -> tuple[ImageResult, int, Model]:
        """What the editor makes of it, or who steps in; what it cost, and who it was."""
        lineup = await self._chooser.line(
            bounds_of(turn), editor, Job("inpaint", takes(request), "changed this")
        )
        result, cost = await lineup.serve(lambda one: self._changed(turn, one, request(one)))
        if lineup.note:
            turn.notice(lineup.note)
        self._models.notice(lineup.model, result.notices)
        return result, cost, lineup.model

    async def _changed(self, turn: Turn, model: Model, request: EditRequest) -> tuple[ImageResult, int]:
        def price(result: ImageResult) -> int:
            enhanced = result.notices.enhanced_prompt is not None
            return edit_cost(model, request, violation=False, enhanced=enhanced).micro_usd

        return await self._easel.order(
            turn,
            model,
            lambda: self._easel.client.images.edit(request, model, user=turn.person),
            ceiling=edit_ceiling(model, request),
            price=price,
        )

    async def _editor(self, turn: Turn, chosen: str, pictures: int) -> Model:
        """The editing model, which must take so many pictures."""
        model = await self._models.pick_for(turn, "edit", chosen)
        if pictures <= model.image.max_inputs:
            return model
        able = [
            one.name
            for one in (await self._models.catalogue()).offered("inpaint", allowed(turn))
            if one.image.max_inputs >= pictures
        ]
        _check_pictures(
            model, pictures, f" {' or '.join(able[:3])} takes that many: `/edit model=…`." if able else ""
        )
        return model

    async def enlarge(self, turn: Turn, source: Source, scale: Literal[2, 4]) -> Made:
        """A picture two or four times as large; twice, and that is said, where a cap on money leaves no more.
        Raises UserError, CapReached or VeniceError."""
        upscaler = await self._models.pick_for(turn, "upscale")

        def way(times: Literal[2, 4], how: str = "") -> Way[Made]:
            return Way(
                upscale_cost(upscaler, times), lambda: self._enlarged(turn, upscaler, source, times), how
            )

        async def smaller(bound: Bound) -> list[Way[Made]]:
            return [way(2, "I make it 2 times as large")] if bound.refused and scale > 2 else []

        return await self._thrift.spend(turn, Medium.IMAGE, way(scale), smaller)

    async def _enlarged(self, turn: Turn, upscaler: Model, source: Source, scale: Literal[2, 4]) -> Made:
        request = UpscaleRequest(source.data, scale)
        price = upscale_cost(upscaler, scale)
        result, cost = await self._easel.order(
            turn,
            upscaler,
            lambda: self._easel.client.images.upscale(request, user=turn.person),
            ceiling=price,
            price=_fixed(price),
        )
        recipe = Recipe(Making.ENLARGED, options={"scale": scale})
        return _made(result, recipe, [source], f"{scale}× larger", upscaler, cost)

    async def cut_out(self, turn: Turn, source: Source) -> Made:
        """What a picture shows, on nothing. Raises UserError, CapReached or VeniceError."""
        listed = (await self._models.catalogue()).get(BACKGROUND_REMOVER)
        remover = listed or Model(BACKGROUND_REMOVER, "image", "Background Remover")
        check_allowed(remover, turn)
        price = background_cost(listed)
        result, cost = await self._easel.order(
            turn,
            remover,
            lambda: self._easel.client.images.remove_background(source.data, user=turn.person),
            ceiling=price,
            price=_fixed(price),
        )
        return _made(result, Recipe(Making.CUT_OUT), [source], "Cut out", remover, cost)


def _check_pictures(model: Model, pictures: int, hint: str = "") -> None:
    """Refuse more pictures than the model takes."""
    many = model.image.max_inputs
    if pictures > many:
        most = "one picture" if many == 1 else f"{many} pictures"
        raise UserError(f"{model.name} takes {most} at most; these are {pictures}.{hint}")


def _asked(words: str, style: str) -> str:
    if not style:
        return words
    return _IN_STYLE.format(words=words, style=style) if words else _RESTYLE.format(style=style)


def _fixed(price: int) -> Callable[[ImageResult], int]:
    return lambda _: price


def _shown(words: str) -> str:
    return words if len(words) <= SHOWN_WORDS else f"{words[: SHOWN_WORDS - 1]}…"


def _made(
    result: ImageResult, recipe: Recipe, sources: Sequence[Source], line: str, model: Model, cost: int
) -> Made:
    blurred = f"\n\n*{BLURRED}*" if result.notices.blurred else ""
    caption = f"{line}\n\n*{model.name} · {dollars(cost)}*{blurred}"
    return Made(result.images, result.mime, recipe, caption, tuple(sources))
