"""POST /video/quote and /video/queue."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import Model, find
from bot.demo.catalogue_jobs import DOWNLOADED
from bot.demo.checks import Check, anything, array, flag, number, one_of, shape, text
from bot.demo.film import Film, film_size, shoot
from bot.demo.headers import common_headers, model_headers
from bot.demo.images import FORBIDDEN
from bot.demo.intake import open_picture, picture_bytes
from bot.demo.jobbook import DemoJob, new_token
from bot.demo.jsonvalue import Json, JsonObject, as_flag, as_list, as_text
from bot.demo.refusals import Refusal, invalid_field, plain, require
from bot.demo.state import Call

DURATIONS = (*(f"{seconds}s" for seconds in range(1, 31)), "-1", "1 gen", "auto", "Auto")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "9:21", "16:9", "21:9", "adaptive", "auto")
RESOLUTIONS = (
    *("256p", "360p", "480p", "540p", "580p", "720p", "1080p", "1440p", "2160p", "4k", "2x", "4x", "2K"),
    *("768P", "true_1080p"),
)
SHAPE: dict[str, Check] = {
    "model": text(1),
    "duration": one_of(*DURATIONS),
    "aspect_ratio": one_of(*RATIOS),
    "resolution": one_of(*RESOLUTIONS),
    "upscale_factor": number(1, 4, whole=True),
    "audio": flag,
    "video_url": text(1),
}
QUOTE_FIELDS: dict[str, Check] = {**SHAPE, "reference_video_total_duration": number(0)}
QUEUE_FIELDS: dict[str, Check] = {
    **SHAPE,
    "prompt": text(1, 20_000),
    "negative_prompt": text(0, 20_000),
    "image_url": text(1),
    "end_image_url": text(1),
    "audio_url": text(1),
    "reference_image_urls": array(text(1), 0, 30),
    "reference_video_urls": array(text(1), 0, 10),
    "reference_audio_urls": array(text(1), 0, 10),
    "reference_document_urls": array(text(1), 0, 1),
    "scene_image_urls": array(text(1), 0, 4),
    "elements": array(anything, 0, 4),
    "keyframes": array(anything, 0, 10),
    "omni_reference_task_type": one_of("auto", "reference", "edit", "extend"),
    "consents": anything,
}
QUOTE = shape(QUOTE_FIELDS, required=("model", "duration"), closed=False)
QUEUE = shape(QUEUE_FIELDS, required=("model", "prompt", "duration"))
TAKEN = {
    "text-to-video": frozenset[str](),
    "image-to-video": frozenset({"image_url", "end_image_url"}),
}
"""Media each kind of model takes; every other one is refused."""
MEDIA = frozenset(name for name in QUEUE_FIELDS if "url" in name) | {"elements", "keyframes"}
USD_PER_SECOND = {"480p": 0.05, "720p": 0.1, "1080p": 0.15}
SOUND_FACTOR = 1.5


def _model(body: JsonObject) -> Model:
    model = find(as_text(body["model"]), "video")
    if model is None:
        raise plain(404, "Specified model not found")
    if body["duration"] not in as_list(model.constraint("durations")):
        raise invalid_field("duration", f"Duration is not supported by model {model.id}")
    return model


def _resolution(model: Model, body: JsonObject) -> str:
    known = [as_text(one) for one in as_list(model.constraint("resolutions"))]
    return as_text(body.get("resolution")) if body.get("resolution") in known else known[0]


def _sounds(model: Model, body: JsonObject) -> bool:
    chosen = as_flag(model.constraint("audio_configurable")) and not as_flag(body.get("audio"), True)
    return as_flag(model.constraint("audio")) and not chosen


def price(model: Model, body: JsonObject) -> float:
    """US dollars. Venice lists no prices of films: these are the demo's."""
    rate = USD_PER_SECOND[_resolution(model, body)]
    configurable = as_flag(model.constraint("audio_configurable"))
    factor = SOUND_FACTOR if configurable and _sounds(model, body) else 1
    return round(rate * _seconds(body) * factor, 6)


def _seconds(body: JsonObject) -> int:
    return int(as_text(body["duration"]).rstrip("s"))


async def quote(call: Call, slug: str) -> Response:
    """Prices a film; what the model does not take is passed over."""
    body = require(QUOTE, call.record.json)
    return JSONResponse({"quote": price(_model(body), body)}, headers=common_headers(call))


def _check(model: Model, body: JsonObject) -> None:
    """Raises Refusal for anything this model does not take."""
    kind = as_text(model.constraint("model_type"))
    ratios = as_list(model.constraint("aspect_ratios"))
    if ratios and body.get("aspect_ratio") not in ratios:
        raise invalid_field("aspect_ratio", f"aspect_ratio is required by model {model.id}: one of {ratios}")
    refused = {"aspect_ratio": not ratios, "audio": not as_flag(model.constraint("audio_configurable"))}
    refused |= dict.fromkeys(MEDIA - TAKEN[kind], True) | {"upscale_factor": True}
    for name in body:
        if refused.get(name):
            raise invalid_field(name, f"{name} is not supported by model {model.id}")
    if "resolution" in body and body["resolution"] not in as_list(model.constraint("resolutions")):
        raise invalid_field("resolution", f"Resolution is not supported by model {model.id}")
    if kind == "image-to-video" and "image_url" not in body:
        raise invalid_field("image_url", "image_url is required by this model")


def _film(model: Model, body: JsonObject) -> Film:
    still = None
    if "image_url" in body:
        still = open_picture("image_url", picture_bytes("image_url", as_text(body["image_url"])))
    across, _, down = as_text(body.get("aspect_ratio")).partition(":")
    ratio = int(across) / int(down) if down else still.width / still.height if still is not None else 16 / 9
    size = film_size(_resolution(model, body), ratio)
    return Film(as_text(body["prompt"]), _seconds(body), size, _sounds(model, body), still)


async def queue(call: Call, slug: str) -> Response:
    body = require(QUEUE, call.record.json)
    model = _model(body)
    _check(model, body)
    if FORBIDDEN.search(as_text(body["prompt"])):
        error = "Your prompt violates the content policy of Venice.ai or the model provider"
        raise Refusal(422, {"error": error, "suggested_prompt": "a quiet canal at dawn"})
    film = await asyncio.to_thread(_film, model, body)
    job = DemoJob(
        kind="video",
        model=model.id,
        media_type="video/mp4",
        cost_usd=price(model, body),
        seconds=call.state.job_seconds,
        render=lambda: shoot(film),
        token=new_token() if model.id == DOWNLOADED else "",
    )
    call.state.jobs.add(job, call.fault)
    call.state.charge(call.record, job.cost_usd, job.id)
    told: dict[str, Json] = {"model": model.id, "queue_id": job.id}
    if job.token:
        told["download_url"] = f"http://{call.record.headers.get('host', '')}/media/{job.token}"
    return JSONResponse(told, headers=model_headers(call, model))
