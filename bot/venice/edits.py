"""Requests that change pictures, their bodies, and what they cost.

All go out as JSON: a form would send truth values as words, which closed schemas need not read. Venice
takes 35 MB of JSON, so the pictures of one request may have 25 MB together.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.errors import Fault, VeniceFailure
from bot.media.pictures import picture_size
from bot.venice.bodies import Body, model_name, refused, without_empty
from bot.venice.errors import failure
from bot.venice.media import ImageRequest
from bot.venice.media_bodies import UPLOAD_LIMIT, nearest_ratio
from bot.venice.models import Model
from bot.venice.pricing import ENHANCE_FEE, MICRO, Cost, Unpriced, round_up, sized_price

EDIT_PROMPT_LIMIT = 32_768
EDIT_RATIOS = frozenset({"auto", "1:1", "3:2", "16:9", "21:9", "9:16", "2:3", "3:4", "4:5"})
"""Models list more ratios than the edit endpoints take."""
LEAST_PIXELS = 65_536
MOST_PIXELS = 33_177_600
MOST_UPSCALED_PIXELS = 16_777_216
CREATIVITY_MAX = 0.02
BACKGROUND_FEE = 30_000


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Change pictures by words. The first picture is the base, further ones are added to it.

    Pictures are PNG, JPEG or WebP bytes of 65,536 to 33,177,600 pixels. Ratio, resolution and quality
    count for models that list them. Empty `format` means Venice's own choice: PNG at 1K, else JPEG.
    """

    prompt: str
    images: tuple[bytes, ...]
    aspect_ratio: str = ""
    resolution: str = ""
    quality: Literal["", "low", "medium", "high"] = ""
    format: Literal["", "jpeg", "png", "webp"] = ""
    safe_mode: bool = True
    enhance_prompt: bool = False


@dataclass(frozen=True, slots=True)
class UpscaleRequest:
    """Make a picture larger. Venice lowers a scale of 4 by itself where the result would exceed 16,777,216
    pixels, at the price of 4. `creativity` is 0..0.02, how much detail may be made up."""

    image: bytes
    scale: Literal[2, 4] = 2
    creativity: float | None = None


def edit_call(request: EditRequest, model: Model) -> tuple[str, Body]:
    """Path and body: /image/edit for one picture; /image/multi-edit, which names the model in another
    field, for several, and for one with a quality, which the first has no field for.

    Raises VeniceError before sending for a prompt or pictures Venice would refuse.
    """
    prompt = request.prompt.strip()
    limit = min(model.image.prompt_limit or EDIT_PROMPT_LIMIT, EDIT_PROMPT_LIMIT)
    if not prompt:
        raise refused("Tell me what to change in the picture.")
    if len(prompt) > limit:
        raise refused(f"{model.name} takes descriptions of up to {limit:,} characters.")
    if len(request.images) > model.image.max_inputs:
        many = model.image.max_inputs
        raise refused(f"{model.name} takes {'one picture' if many == 1 else f'{many} pictures'} at most.")
    # A model that cannot combine pictures is not open to the path that has a quality.
    known = model.image.qualities if model.image.max_inputs > 1 else ()
    quality = request.quality if request.quality in known else ""
    pictures = encoded(request.images)
    options = {"prompt": prompt, "safe_mode": request.safe_mode, **_options(request, model)}
    if len(pictures) == 1 and not quality:
        return "image/edit", {"model": model_name(model), "image": pictures[0], **options}
    named: Body = {"modelId": model_name(model), "images": pictures}
    return "image/multi-edit", {**named, **options, **without_empty({"quality": quality})}


def _options(request: EditRequest, model: Model) -> Body:
    shape = model.image
    offered = tuple(ratio for ratio in shape.aspect_ratios if ratio in EDIT_RATIOS)
    shaped = shape.single_ratio or len(request.images) > 1
    return without_empty(
        {
            "aspect_ratio": nearest_ratio(ImageRequest("", aspect_ratio=request.aspect_ratio), offered)
            if shaped
            else "",
            "resolution": request.resolution if request.resolution in shape.resolutions else "",
            "output_format": request.format,
            "enhance_prompt": True if request.enhance_prompt else None,
        }
    )


def upscale_body(request: UpscaleRequest) -> Body:
    """The body of POST /image/upscale, whose picture must be bare base64. No model can be named."""
    (picture,) = encoded((request.image,))
    width, height = _size(request.image)
    if width * height * 4 > MOST_UPSCALED_PIXELS:
        raise refused("This picture is large already: twice its size would be more than Venice makes.")
    creativity = request.creativity
    return {
        "image": picture,
        "scale": request.scale,
        **without_empty(
            {"creativity": None if creativity is None else max(0.0, min(creativity, CREATIVITY_MAX))}
        ),
    }


def background_body(image: bytes) -> Body:
    """The body of POST /image/background-remove. No model can be named."""
    (picture,) = encoded((image,))
    return {"image": picture}


def encoded(images: Sequence[bytes]) -> list[str]:
    """The pictures as bare base64. Raises VeniceError for none, or one Venice would refuse."""
    if not images:
        raise refused("Send me the picture to change.")
    if sum(map(len, images)) > UPLOAD_LIMIT:
        raise failure(VeniceFailure.TOO_LARGE, fault=Fault.USER, detail="refused before sending")
    for image in images:
        width, height = _size(image)
        if width * height < LEAST_PIXELS:
            raise refused("This picture is too small: it needs at least 256 × 256 pixels.")
        if width * height > MOST_PIXELS:
            raise refused("This picture has too many pixels: Venice takes 33 megapixels.")
    return [base64.b64encode(image).decode() for image in images]


def _size(image: bytes) -> tuple[int, int]:
    size = picture_size(image)
    if size is None:
        raise refused("I could not read this picture; please send it as PNG, JPEG or WebP.")
    return size


def _edit_price(model: Model, request: EditRequest) -> Decimal:
    price = sized_price(model, request.resolution, request.quality, model.pricing.inpaint)
    more = max(0, len(request.images) - model.pricing.images_included)
    return price + more * (model.pricing.image_additional or Decimal(0))


def edit_ceiling(model: Model, request: EditRequest) -> int:
    """The most an edit can cost, in micro-USD. Raises Unpriced."""
    return round_up(_edit_price(model, request) * MICRO) + ENHANCE_FEE * request.enhance_prompt


def edit_cost(model: Model, request: EditRequest, *, violation: bool, enhanced: bool) -> Cost:
    """What an edit cost; a content violation is not charged."""
    if violation:
        return Cost(0, "list")
    return Cost(round_up(_edit_price(model, request) * MICRO) + ENHANCE_FEE * enhanced, "list")


def upscale_cost(model: Model, scale: float) -> int:
    """The price of making a picture larger, in micro-USD; everything above 2 costs as much as 4."""
    price = model.pricing.upscale.get("2x" if scale <= 2 else "4x")
    if price is None:
        raise Unpriced(model.id)
    return round_up(price * MICRO)


def background_cost(remover: Model | None = None) -> int:
    """The price of cutting out, in micro-USD. `remover` is the catalogue's entry; Venice's documented
    price where it lists none."""
    listed = None if remover is None else remover.pricing.generation
    return BACKGROUND_FEE if listed is None else round_up(listed * MICRO)
