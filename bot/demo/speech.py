"""POST /audio/speech."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from bot.demo.catalogue import Model, find
from bot.demo.checks import Check, flag, number, one_of, shape, text
from bot.demo.headers import model_headers
from bot.demo.jsonvalue import JsonObject, as_number, as_text
from bot.demo.refusals import plain, require
from bot.demo.sound import MEDIA_TYPES, Speech, speak_text
from bot.demo.state import Call

FIELDS: dict[str, Check] = {
    "input": text(1, 4096),
    "model": text(1),
    "voice": text(1, 512),
    "response_format": one_of(*MEDIA_TYPES),
    "speed": number(0.25, 4),
    "streaming": flag,
    "language": text(2, 32),
    "prompt": text(0, 500),
    "temperature": number(0, 2),
    "top_p": number(0, 1),
}
CHECK = shape(FIELDS, required=("input", "model"))


def _speech(call: Call, model: Model, body: JsonObject) -> Speech:
    voice = as_text(body.get("voice")) or as_text(model.spec.get("default_voice"))
    voices = model.words("voices")
    cloned = call.state.cloned_voices.get(voice) == model.id
    if voice not in voices and not cloned:
        raise plain(
            400, f'Voice "{voice}" is not supported by model {model.id}. Supported: {", ".join(voices)}'
        )
    form = as_text(body.get("response_format")) or as_text(model.spec.get("default_format"))
    formats = model.words("supported_formats")
    if form not in formats:
        words = (
            f"response_format {form} is not supported by model {model.id}. Supported: {', '.join(formats)}"
        )
        raise plain(400, words)
    return Speech(as_text(body["input"]), voice, form, as_number(body.get("speed"), 1.0))


async def speak(call: Call, slug: str) -> Response:
    body = require(CHECK, call.record.json)
    model = find(as_text(body["model"]), "tts")
    if model is None:
        raise plain(404, "Specified model not found")
    speech = _speech(call, model, body)
    sound = await asyncio.to_thread(speak_text, speech)
    call.state.charge(call.record, len(speech.text) * model.price("input") / 1e6)
    return Response(sound, media_type=MEDIA_TYPES[speech.format], headers=model_headers(call, model))
