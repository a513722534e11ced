"""POST /audio/voices: learns a voice, in name only, and remembers the handle."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from secrets import token_hex

from starlette.responses import JSONResponse, Response

from bot.demo.catalogue import find
from bot.demo.headers import model_headers
from bot.demo.intake import MAX_FILE_BYTES
from bot.demo.jsonvalue import as_list, as_object
from bot.demo.listening import NoSound, measure
from bot.demo.refusals import invalid_field, plain, too_large
from bot.demo.state import Call

USUAL_MODEL = "tts-chatterbox-hd"
CLOSED_MODEL = "tts-minimax-speech-02-hd"


async def clone(call: Call, slug: str) -> Response:
    """Venice takes a fee it does not publish; the demo takes none."""
    name = call.record.form.get("model", USUAL_MODEL)
    if name == CLOSED_MODEL:
        raise plain(403, "Voice cloning with this model is not enabled for your account")
    model = find(name, "tts")
    cloning = as_object(None if model is None else model.spec.get("voice_cloning"))
    if model is None or not cloning:
        raise invalid_field("model", f"Invalid enum value. Expected '{USUAL_MODEL}' | '{CLOSED_MODEL}'")
    upload = call.record.files.get("file")
    if upload is None:
        raise invalid_field("file", "Required")
    if len(upload.data) > MAX_FILE_BYTES:
        raise too_large("The file")
    if PurePath(upload.filename).suffix.lower().lstrip(".") not in as_list(cloning.get("accepted_formats")):
        raise plain(400, f"Unsupported audio format for model {model.id}")
    try:
        heard = await asyncio.to_thread(measure, upload.data)
    except NoSound as error:
        raise plain(400, "The audio file is corrupt or empty") from error
    if heard.silent:
        raise plain(400, "No speech was found in the audio file")
    voice = f"vv_{token_hex(12)}"
    call.state.cloned_voices[voice] = model.id
    return JSONResponse({"id": voice, "model": model.id}, headers=model_headers(call, model))
