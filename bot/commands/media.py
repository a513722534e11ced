"""/image: pictures on request."""

from __future__ import annotations

import random

from bot.commands.services import Services, number_option, text_option
from bot.declarations import Choice, Command, Medium, Option, OptionKind
from bot.engine.registry import Bound
from bot.engine.turn import Turn
from bot.errors import UserError
from bot.messages import Media, MediaKind
from bot.venice import ImageRequest, ImageResult, Model
from bot.venice.pricing import image_ceiling, image_cost

SHAPES = {
    "1:1": (1024, 1024),
    "4:3": (1152, 864),
    "3:4": (864, 1152),
    "3:2": (1216, 816),
    "2:3": (816, 1216),
    "16:9": (1280, 720),
    "9:16": (720, 1280),
}
_LABELS = {
    "1:1": "square",
    "4:3": "landscape",
    "3:4": "portrait",
    "3:2": "photo",
    "2:3": "poster",
    "16:9": "wide",
    "9:16": "tall",
}

IMAGE = Command(
    "image",
    "Draw a picture from words.",
    (
        Option("prompt", "What should the picture show?", required=True, rest=True, maximum=7500),
        Option("model", "Picture model.", completer="model.image"),
        Option("size", "Shape of the picture.", choices=tuple(Choice(k, v) for k, v in _LABELS.items())),
        Option("style", "Style of the picture.", completer="style"),
        Option("negative", "What the picture must not show.", maximum=7500),
        Option(
            "seed",
            "The same seed and words give the same picture.",
            OptionKind.INTEGER,
            minimum=1,
            maximum=999_999_999,
        ),
        Option("count", "How many pictures, 1 to 4.", OptionKind.INTEGER, minimum=1, maximum=4),
    ),
    medium=Medium.IMAGE,
)


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def image(turn: Turn) -> None:
        await _image(services, turn)

    return [Bound(IMAGE, image)]


async def _image(services: Services, turn: Turn) -> None:
    prompt = text_option(turn, "prompt")
    if not prompt:
        raise UserError("Say what the picture should show: `/image a lighthouse at dawn`.")
    turn.answer.typing()
    model = await services.models.pick_for(turn, "image", text_option(turn, "model"))
    request = await _image_request(services, turn, prompt, model)
    result = await _drawn(services, turn, request, model)
    name = f"gondola-{request.seed}"
    items = [
        Media(MediaKind.IMAGE, data, result.mime, f"{name}-{i}.{result.mime.partition('/')[2]}")
        for i, data in enumerate(result.images, 1)
    ]
    turn.show(items, f"{prompt[:300]}\n\n*{model.name} · seed {request.seed}*")


async def _drawn(services: Services, turn: Turn, request: ImageRequest, model: Model) -> ImageResult:
    estimate = image_ceiling(model, request)
    paying = services.cashier.paying(
        turn.payer, turn.settlements, Medium.IMAGE, model.id, estimate, count=request.variants
    )
    async with paying as bill, services.client.limits.turn(model.id, turn.person, 0):
        result = await services.client.generate_image(request, model, user=turn.person)
        violation = result.notices.content_violation
        cost = image_cost(
            model, request, violation=violation, enhanced=result.notices.enhanced_prompt is not None
        )
        count = 0 if violation else len(result.images)
        bill.charge(cost.micro_usd, count=count, request_id=result.request_id)
    if violation:
        raise UserError("Venice's rules forbid this picture. It cost nothing; please describe another.")
    return result


async def _image_request(services: Services, turn: Turn, prompt: str, model: Model) -> ImageRequest:
    limit = model.image.prompt_limit
    if limit is not None and len(prompt) > limit:
        raise UserError(f"{model.name} takes at most {limit:,} characters; yours has {len(prompt):,}.")
    shape = text_option(turn, "size") or "1:1"
    width, height = SHAPES[shape]
    return ImageRequest(
        prompt=prompt,
        negative_prompt=text_option(turn, "negative"),
        width=width,
        height=height,
        aspect_ratio=shape,
        variants=number_option(turn, "count") or 1,
        style=await _style(services, text_option(turn, "style")),
        seed=number_option(turn, "seed") or random.randint(1, 999_999_999),
        safe_mode=not turn.incoming.adult_allowed,
    )


async def _style(services: Services, wanted: str) -> str:
    if not wanted:
        return ""
    styles = await services.models.styles()
    for style in styles:
        if style.casefold() == wanted.casefold():
            return style
    close = [style for style in styles if wanted.casefold() in style.casefold()][:5]
    hint = ", ".join(f"`{style}`" for style in close or styles[:8])
    raise UserError(f"There is no style “{wanted[:40]}”. There are {hint} and more.")
