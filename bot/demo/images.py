"""POST /image/generate and GET /image/styles."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import time
from dataclasses import dataclass
from secrets import token_hex

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import Model, find
from bot.demo.checks import Check, Issue, array, flag, number, one_of, shape, text
from bot.demo.headers import common_headers, model_headers
from bot.demo.jsonvalue import Json, JsonObject, as_flag, as_integer, as_list, as_number, as_text
from bot.demo.painter import STYLES, Order, paint
from bot.demo.refusals import invalid, invalid_field, plain, require
from bot.demo.state import Call

NOT_A_PAINTER = "bria-bg-remover"
BASE_SIDE = 1024
SCALES = {"1K": 1, "2K": 2, "4K": 4}
ENHANCE_USD = 0.04
FORBIDDEN = re.compile(r"\bforbidden\b", re.I)
ADULT = re.compile(r"\b(?:nude|naked|nsfw|erotic)\b", re.I)
STYLE_REFERENCE = shape({"image": text(1), "strength": number(0.1, 1)}, required=("image",))
FIELDS: dict[str, Check] = {
    "model": text(1),
    "prompt": text(1, 7500),
    "negative_prompt": text(0, 7500),
    "width": number(1, 1280, whole=True),
    "height": number(1, 1280, whole=True),
    "aspect_ratio": text(),
    "resolution": text(),
    "quality": one_of("low", "medium", "high"),
    "variants": number(1, 4, whole=True),
    "return_binary": flag,
    "format": one_of("jpeg", "png", "webp"),
    "cfg_scale": number(0, 20),
    "steps": number(whole=True),
    "seed": number(-999_999_999, 999_999_999, whole=True),
    "style_preset": text(),
    "style_references": array(STYLE_REFERENCE),
    "safe_mode": flag,
    "hide_watermark": flag,
    "embed_exif_metadata": flag,
    "lora_strength": number(0, 100, whole=True),
    "enable_web_search": flag,
    "enhance_prompt": flag,
    "disable_prompt_optimization_thinking": flag,
}
CHECK = shape(FIELDS, required=("model", "prompt"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the safety filters make of the prompt."""

    violation: bool
    blurred: bool

    def headers(self) -> dict[str, str]:
        return {
            "x-venice-is-content-violation": str(self.violation).lower(),
            "x-venice-is-blurred": str(self.blurred).lower(),
            "x-venice-is-adult-model-content-violation": "false",
            "x-venice-contains-minor": "false",
        }


def judge(prompt: str, *, safe: bool) -> Outcome:
    """What the filters make of a prompt; only `safe` pictures are blurred."""
    return Outcome(FORBIDDEN.search(prompt) is not None, safe and ADULT.search(prompt) is not None)


async def list_styles(call: Call, slug: str) -> Response:
    return JSONResponse({"object": "list", "data": list(STYLES)}, headers=common_headers(call))


def _model(body: JsonObject) -> Model:
    model = find(as_text(body["model"]), "image")
    if model is None or model.id == NOT_A_PAINTER:
        raise plain(404, "Specified model not found")
    limit = as_integer(model.constraint("promptCharacterLimit"))
    if len(as_text(body["prompt"])) > limit:
        raise invalid_field("prompt", f"String must contain at most {limit} character(s)")
    style = body.get("style_preset")
    if style is not None and style not in STYLES:
        raise invalid_field("style_preset", f"Invalid style_preset: {style}")
    return model


def _ratio_size(model: Model, body: JsonObject) -> tuple[int, int]:
    """Pixels of a model that takes an aspect ratio; unknown ratios fall back to the default."""
    if "width" in body or "height" in body:
        raise invalid([Issue("custom", f"{model.id} takes aspect_ratio, not width and height", ("width",))])
    known = [as_text(item) for item in as_list(model.constraint("aspectRatios"))]
    ratio = as_text(body.get("aspect_ratio"))
    if ratio not in known:
        ratio = as_text(model.constraint("defaultAspectRatio"), "1:1")
    across, down = (int(part) for part in ratio.split(":"))
    side = BASE_SIDE * SCALES[_resolution(model, body)]
    width = round(side * (across / down) ** 0.5 / 8) * 8
    height = round(side * (down / across) ** 0.5 / 8) * 8
    return width, height


def _resolution(model: Model, body: JsonObject) -> str:
    known = [as_text(item) for item in as_list(model.constraint("resolutions"))]
    if not known:
        return "1K"
    asked = as_text(body.get("resolution")) or as_text(model.constraint("defaultResolution"), "1K")
    if asked not in known:
        raise invalid_field("resolution", f"Resolution {asked} is not supported by model {model.id}")
    return asked


def _size(model: Model, body: JsonObject) -> tuple[int, int]:
    if as_list(model.constraint("aspectRatios")):
        return _ratio_size(model, body)
    width, height = as_integer(body.get("width"), BASE_SIDE), as_integer(body.get("height"), BASE_SIDE)
    divisor = as_integer(model.constraint("widthHeightDivisor"), 1)
    for name, value in (("width", width), ("height", height)):
        if value % divisor:
            raise invalid_field(name, f"{name} must be divisible by {divisor}")
    return width, height


def _price(model: Model, body: JsonObject) -> float:
    resolution = _resolution(model, body)
    if as_list(model.constraint("qualities")):
        quality = as_text(body.get("quality")) or as_text(model.constraint("defaultQuality"))
        return model.price("quality", resolution, quality)
    return model.price("resolutions", resolution) or model.price("generation")


def _orders(model: Model, body: JsonObject, outcome: Outcome) -> list[Order]:
    width, height = _size(model, body)
    seed = as_integer(body["seed"]) if "seed" in body else random.randrange(1_000_000_000)
    return [
        Order(
            prompt=as_text(body["prompt"]),
            seed=seed + index,
            width=width,
            height=height,
            format=as_text(body.get("format"), "webp"),
            style=as_text(body.get("style_preset")),
            blank=outcome.violation,
            blurred=outcome.blurred,
        )
        for index in range(as_integer(body.get("variants"), 1))
    ]


async def generate(call: Call, slug: str) -> Response:
    began = time.monotonic()
    body = require(CHECK, call.record.json)
    model = _model(body)
    binary = as_flag(body.get("return_binary"))
    if binary and as_integer(body.get("variants"), 1) > 1:
        raise invalid_field("variants", "variants needs return_binary to be false")
    if as_number(body.get("cfg_scale"), 1) <= 0:
        raise invalid_field("cfg_scale", "Number must be greater than 0")
    prompt = as_text(body["prompt"])
    outcome = judge(prompt, safe=as_flag(body.get("safe_mode"), True))
    orders = _orders(model, body, outcome)
    pictures = await asyncio.gather(*(asyncio.to_thread(paint, order) for order in orders))
    headers = model_headers(call, model) | outcome.headers()
    if as_flag(body.get("enhance_prompt")):
        headers["x-venice-enhanced-prompt"] = "demo%20picture"
    name = "" if binary else f"generate-image-{token_hex(6)}"
    if not outcome.violation:
        extra = ENHANCE_USD if as_flag(body.get("enhance_prompt")) else 0.0
        call.state.charge(call.record, _price(model, body) * len(orders) + extra, name)
    if binary:
        return Response(pictures[0], media_type=f"image/{orders[0].format}", headers=headers)
    return JSONResponse(_answer(name, pictures, body, began), headers=headers)


def _answer(name: str, pictures: list[bytes], body: JsonObject, began: float) -> dict[str, Json]:
    taken = round((time.monotonic() - began) * 1000, 1)
    timing: dict[str, Json] = {
        "inferenceDuration": taken,
        "inferencePreprocessingTime": 0,
        "inferenceQueueTime": 0,
        "total": taken,
    }
    echo = {name: value for name, value in body.items() if name != "style_references"}
    images = [base64.b64encode(picture).decode() for picture in pictures]
    return {"id": name, "images": images, "request": echo, "timing": timing}
