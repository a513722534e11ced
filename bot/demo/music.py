"""POST /audio/quote and /audio/queue: music, sounds and long narration."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import Model, find
from bot.demo.checks import Check, flag, number, shape, text
from bot.demo.headers import common_headers, model_headers
from bot.demo.images import FORBIDDEN
from bot.demo.jobbook import DemoJob
from bot.demo.jsonvalue import Json, JsonObject, as_flag, as_integer, as_list, as_number, as_object, as_text
from bot.demo.refusals import Refusal, invalid_field, plain, require
from bot.demo.sound import MEDIA_TYPES, Speech, encode, exactly, speak_text
from bot.demo.state import Call

USUAL_SECONDS = 30
"""The length of music whose model lets nobody choose one."""
FORMATS = {"elevenlabs-sound-effects-v2": "wav", "mmaudio-v2-text-to-audio": "flac"}
"""Venice names mpeg, wav and flac; which model sends which is the demo's choice. The rest send mp3."""
DURATION = number(1, whole=True)
QUOTE_FIELDS: dict[str, Check] = {
    "model": text(1),
    "duration_seconds": DURATION,
    "character_count": DURATION,
}
QUEUE_FIELDS: dict[str, Check] = {
    "model": text(1),
    "prompt": text(1),
    "lyrics_prompt": text(),
    "duration_seconds": DURATION,
    "force_instrumental": flag,
    "lyrics_optimizer": flag,
    "loop": flag,
    "voice": text(1),
    "language_code": text(2),
    "speed": number(0.25, 4),
}
QUOTE = shape(QUOTE_FIELDS, required=("model",))
QUEUE = shape(QUEUE_FIELDS, required=("model", "prompt"))
NEEDED = {
    "lyrics_prompt": "supports_lyrics",
    "force_instrumental": "supports_force_instrumental",
    "lyrics_optimizer": "supports_lyrics_optimizer",
    "loop": "supports_loop",
    "language_code": "supports_language_code",
    "speed": "supports_speed",
}
"""Fields and the flag of the model they need."""


def _read(body: JsonObject) -> JsonObject:
    """The body with a duration of digits as the number it means."""
    given = body.get("duration_seconds")
    whole = isinstance(given, str) and given.isdigit()
    return {**body, "duration_seconds": int(as_text(given))} if whole else body


def _model(body: JsonObject) -> Model:
    model = find(as_text(body["model"]), "music")
    if model is None:
        raise plain(404, "Specified model not found")
    return model


def _seconds(model: Model, body: JsonObject) -> int | None:
    """The length to make, None for models that decide themselves."""
    spec = model.spec
    usual = as_integer(spec.get("default_duration")) or None
    asked = as_integer(body.get("duration_seconds")) or None
    if asked is None:
        return usual
    if usual is None:
        raise invalid_field("duration_seconds", f"duration_seconds is not supported by model {model.id}")
    options = as_list(spec.get("duration_options"))
    low, high = as_integer(spec.get("min_duration"), 1), as_integer(spec.get("max_duration"), asked)
    if (options and asked not in options) or not low <= asked <= high:
        raise invalid_field("duration_seconds", f"duration_seconds {asked} is not offered by {model.id}")
    return asked


def price(model: Model, seconds: int | None, characters: int) -> float:
    """US dollars, by whichever way the model is priced."""
    bands = as_object(as_object(model.spec.get("pricing")).get("durations"))
    for band in map(as_object, bands.values()):
        if as_number(band.get("min_seconds")) <= (seconds or 0) <= as_number(band.get("max_seconds")):
            return as_number(band.get("usd"))
    by_length = model.price("per_second") * (seconds or 0)
    by_words = model.price("per_thousand_characters") * characters / 1000
    return round(by_length or by_words or model.price("generation"), 8)


async def quote(call: Call, slug: str) -> Response:
    body = require(QUOTE, _read(call.body))
    model = _model(body)
    if model.price("per_thousand_characters") and "character_count" not in body:
        raise invalid_field("character_count", f"character_count is required by model {model.id}")
    told = price(model, _seconds(model, body), as_integer(body.get("character_count")))
    return JSONResponse({"quote": told}, headers=common_headers(call))


def _check(model: Model, body: JsonObject) -> None:
    """Raises Refusal for anything this model does not take."""
    spec, prompt = model.spec, as_text(body["prompt"])
    least = as_integer(spec.get("min_prompt_length"), 1)
    most = as_integer(spec.get("prompt_character_limit"), len(prompt))
    if not least <= len(prompt) <= most:
        raise invalid_field("prompt", f"prompt must have {least} to {most} characters")
    for name, needed in NEEDED.items():
        if name in body and not as_flag(spec.get(needed)):
            raise invalid_field(name, f"{name} is not supported by model {model.id}")
    if "voice" in body and body["voice"] not in model.words("voices"):
        raise invalid_field("voice", f"voice is not supported by model {model.id}")
    if as_flag(spec.get("lyrics_required")) and not body.get("lyrics_prompt"):
        raise invalid_field("lyrics_prompt", f"lyrics_prompt is required by model {model.id}")
    low, high = as_number(spec.get("min_speed"), 0.25), as_number(spec.get("max_speed"), 4)
    if not low <= as_number(body.get("speed"), 1) <= high:
        raise invalid_field("speed", f"speed must be from {low:g} to {high:g}")


def _render(model: Model, body: JsonObject, seconds: int | None, form: str) -> Callable[[], bytes]:
    prompt = as_text(body["prompt"])
    if model.words("voices"):
        voice = as_text(body.get("voice")) or as_text(model.spec.get("default_voice"))
        return lambda: speak_text(Speech(prompt, voice, form, as_number(body.get("speed"), 1)))
    words = as_text(body.get("lyrics_prompt")) or prompt
    return lambda: encode(exactly(words, seconds or USUAL_SECONDS), form)


async def queue(call: Call, slug: str) -> Response:
    body = require(QUEUE, _read(call.body))
    model = _model(body)
    _check(model, body)
    seconds = _seconds(model, body)
    if FORBIDDEN.search(as_text(body["prompt"])):
        error = "Your prompt violates the content policy of Venice.ai or the model provider"
        raise Refusal(422, {"error": error, "suggested_prompt": "a calm song of the sea"})
    form = FORMATS.get(model.id, "mp3")
    job = DemoJob(
        kind="audio",
        model=model.id,
        media_type=MEDIA_TYPES[form],
        cost_usd=price(model, seconds, len(as_text(body["prompt"]))),
        seconds=call.state.job_seconds,
        render=_render(model, body, seconds, form),
    )
    call.state.jobs.add(job, call.fault)
    call.state.charge(call.record, job.cost_usd, job.id)
    told: dict[str, Json] = {"model": model.id, "queue_id": job.id, "status": "QUEUED"}
    return JSONResponse(told, headers=model_headers(call, model))
