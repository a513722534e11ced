"""POST /image/edit, /image/multi-edit, /image/upscale and /image/background-remove."""

from __future__ import annotations

import asyncio

from PIL import Image
from starlette.responses import Response

from bot.demo import retouch
from bot.demo.catalogue import Model, find, models
from bot.demo.checks import Check, array, flag, nullable, number, one_of, shape, text
from bot.demo.headers import model_headers
from bot.demo.images import ENHANCE_USD, NOT_A_PAINTER, SCALES, Outcome, judge
from bot.demo.intake import Fields, open_picture, picture_bytes, read_fields
from bot.demo.jsonvalue import Json, JsonObject, as_flag, as_integer, as_list, as_number, as_object, as_text
from bot.demo.refusals import invalid_field, plain, require
from bot.demo.state import Call

DEFAULT_MODEL = "firered-image-edit"
BASE_SIDE = 1024
DEFAULT_INPUTS = 3
MEDIA_TYPES = {"jpg": "jpeg"}
"""Other names of picture formats."""
OPTIONS: dict[str, Check] = {
    "prompt": text(1, 32_768),
    "aspect_ratio": one_of("auto", "1:1", "3:2", "16:9", "21:9", "9:16", "2:3", "3:4", "4:5", "4:3"),
    "resolution": text(1, 10),
    "output_format": one_of("jpeg", "jpg", "png", "webp"),
    "safe_mode": flag,
    "enhance_prompt": flag,
    "disable_prompt_optimization_thinking": flag,
}
EDIT_FIELDS: dict[str, Check] = {**OPTIONS, "image": text(1), "model": text(1), "modelId": text(1)}
MULTI_FIELDS: dict[str, Check] = {
    **OPTIONS,
    "images": array(text(1), 1),
    "modelId": text(1),
    "quality": one_of("low", "medium", "high"),
}
UPSCALE_FIELDS: dict[str, Check] = {
    "image": text(1),
    "scale": number(2, 4),
    "creativity": nullable(number()),
}
CUT_FIELDS: dict[str, Check] = {"image": text(1), "image_url": text(1)}
EDIT = shape(EDIT_FIELDS, required=("image", "prompt"))
MULTI_EDIT = shape(MULTI_FIELDS, required=("images", "prompt"))
# Fields of older days are passed over, not refused.
UPSCALING = shape(UPSCALE_FIELDS, required=("image",), closed=False)
CUTTING = shape(CUT_FIELDS)
FORM = Fields(
    flags=("safe_mode", "enhance_prompt", "disable_prompt_optimization_thinking"),
    numbers=("scale", "creativity"),
    lists=("images",),
)


def _model(body: JsonObject, name: str, pictures: int) -> Model:
    model = find(as_text(body.get(name)) or as_text(body.get("modelId"), DEFAULT_MODEL), "inpaint")
    if model is None:
        raise plain(404, "Specified model not found")
    limit = as_integer(model.constraint("promptCharacterLimit"))
    if len(as_text(body["prompt"])) > limit:
        raise invalid_field("prompt", f"String must contain at most {limit} character(s)")
    combines = as_flag(model.constraint("combineImages"))
    most = as_integer(model.constraint("maxInputImages"), DEFAULT_INPUTS if combines else 1)
    if pictures > most:
        raise invalid_field("images", f"{model.id} takes at most {most} image(s)")
    for field, known in (("resolution", "resolutions"), ("quality", "qualities")):
        if field in body and body[field] not in as_list(model.constraint(known)):
            raise invalid_field(field, f"{field} {body[field]} is not supported by model {model.id}")
    return model


def _ratio(body: JsonObject, picture: Image.Image) -> float:
    across, _, down = as_text(body.get("aspect_ratio"), "auto").partition(":")
    return int(across) / int(down) if down else picture.width / picture.height


def _size(model: Model, body: JsonObject, picture: Image.Image) -> tuple[int, int]:
    """Pixels of the result: by resolution where the model has any, else as large as the base picture."""
    ratio = _ratio(body, picture)
    area = picture.width * picture.height
    if as_list(model.constraint("resolutions")):
        area = (BASE_SIDE * SCALES[as_text(body.get("resolution"), "1K")]) ** 2
    width, height = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
    return min(width, retouch.MOST_SIDE), min(height, retouch.MOST_SIDE)


def _format(body: JsonObject) -> str:
    asked = as_text(body.get("output_format"))
    usual = "png" if as_text(body.get("resolution"), "1K") == "1K" else "jpeg"
    return MEDIA_TYPES.get(asked, asked) or usual


def _price(model: Model, body: JsonObject, pictures: int) -> float:
    resolution = as_text(body.get("resolution"), "1K")
    quality = as_text(body.get("quality")) or as_text(model.constraint("defaultQuality"))
    once = (
        model.price("quality", resolution, quality)
        or model.price("resolutions", resolution)
        or model.price("inpaint")
    )
    inputs = as_object(as_object(model.spec.get("pricing")).get("inputImages"))
    more = max(0, pictures - int(as_number(inputs.get("included"), 1)))
    return once + more * model.price("inputImages", "additional")


async def _retouch(call: Call, body: JsonObject, model: Model, sent: list[str], name: str) -> Response:
    prompt = as_text(body["prompt"])
    outcome: Outcome = judge(prompt, safe=as_flag(body.get("safe_mode"), True))
    if outcome.violation:
        raise plain(422, "Your prompt violates the content policy of Venice.ai or the model provider")
    files = [picture_bytes(name, one) for one in sent]

    def work() -> bytes:
        pictures = [open_picture(name, file) for file in files]
        size = _size(model, body, pictures[0])
        return retouch.edit(pictures, retouch.Retouch(prompt, size, _format(body), outcome.blurred))

    picture = await asyncio.to_thread(work)
    headers = model_headers(call, model) | outcome.headers()
    enhanced = as_flag(body.get("enhance_prompt"))
    if enhanced:
        headers["x-venice-enhanced-prompt"] = "demo%20edit"
    call.state.charge(call.record, _price(model, body, len(files)) + ENHANCE_USD * enhanced)
    return Response(picture, media_type=f"image/{_format(body)}", headers=headers)


async def edit(call: Call, slug: str) -> Response:
    body = require(EDIT, read_fields(call, FORM))
    model = _model(body, "model", 1)
    return await _retouch(call, body, model, [as_text(body["image"])], "image")


async def multi_edit(call: Call, slug: str) -> Response:
    body = require(MULTI_EDIT, read_fields(call, FORM))
    sent = [as_text(one) for one in as_list(body["images"])]
    return await _retouch(call, body, _model(body, "modelId", len(sent)), sent, "images")


async def upscale(call: Call, slug: str) -> Response:
    body = require(UPSCALING, read_fields(call, FORM))
    scale = as_number(body.get("scale"), 2)
    data = picture_bytes("image", as_text(body["image"]), bare=True)
    larger = await asyncio.to_thread(lambda: retouch.enlarge(open_picture("image", data), scale))
    model = models()["upscaler"]
    call.state.charge(call.record, model.price("upscale", "2x" if scale <= 2 else "4x"))
    return Response(larger, media_type="image/png", headers=model_headers(call, model))


async def remove_background(call: Call, slug: str) -> Response:
    body = require(CUTTING, read_fields(call, FORM))
    given: list[Json] = [body[name] for name in CUT_FIELDS if name in body]
    if len(given) != 1:
        raise plain(400, "Provide exactly one of image or image_url")
    data = picture_bytes(next(iter(body)), as_text(given[0]))
    cut = await asyncio.to_thread(lambda: retouch.cut_out(open_picture("image", data)))
    model = models()[NOT_A_PAINTER]
    call.state.charge(call.record, model.price("generation"))
    return Response(cut, media_type="image/png", headers=model_headers(call, model))
