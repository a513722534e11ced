"""POST /audio/transcriptions: measures the sound and says so."""

from __future__ import annotations

import asyncio
from pathlib import PurePath

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.demo.catalogue import find
from bot.demo.headers import model_headers
from bot.demo.jsonvalue import Json
from bot.demo.listening import NoSound, measure
from bot.demo.refusals import invalid_field, plain, too_large
from bot.demo.state import Call, Upload

EXTENSIONS = frozenset({".wav", ".flac", ".m4a", ".aac", ".mp4", ".mp3", ".ogg", ".oga", ".webm"})
MAX_FILE_BYTES = 25 * 1024 * 1024


def _file(call: Call) -> Upload:
    upload = call.record.files.get("file")
    if upload is None:
        raise invalid_field("file", "Required")
    if len(upload.data) > MAX_FILE_BYTES:
        raise too_large("The file")
    if PurePath(upload.filename).suffix.lower() not in EXTENSIONS:
        raise plain(400, "Unsupported audio format. Supported: WAV, FLAC, M4A, AAC, MP4, MP3, OGG, OGA, WEBM")
    return upload


def _words(seconds: float) -> str:
    whole = max(1, round(seconds))
    unit = "second" if whole == 1 else "seconds"
    return f"This is the demo transcription of a voice message of {whole} {unit}."


def _timestamps(words: str, seconds: float) -> Json:
    parts = words.split()
    step = seconds / len(parts)
    spoken: list[Json] = [
        {"word": part, "start": round(index * step, 2), "end": round((index + 1) * step, 2)}
        for index, part in enumerate(parts)
    ]
    return {"word": spoken, "segment": [{"text": words, "start": 0.0, "end": round(seconds, 2)}]}


async def transcribe(call: Call, slug: str) -> Response:
    form = call.record.form
    if "model" not in form:
        raise invalid_field("model", "Required")
    model = find(form["model"], "asr")
    if model is None:
        raise plain(404, "Specified model not found")
    if form.get("response_format", "json") not in ("json", "text"):
        raise invalid_field("response_format", "Invalid enum value. Expected 'json' | 'text'")
    upload = _file(call)
    try:
        heard = await asyncio.to_thread(measure, upload.data)
    except NoSound as error:
        raise plain(422, "The audio file is corrupt or empty") from error
    if heard.silent:
        raise plain(422, "No speech was found in the audio file")
    call.state.charge(call.record, heard.seconds * model.price("per_audio_second"))
    words, headers = _words(heard.seconds), model_headers(call, model)
    if form.get("response_format") == "text":
        return PlainTextResponse(words, headers=headers)
    body: dict[str, Json] = {"text": words, "duration": round(heard.seconds, 2)}
    if form.get("timestamps") == "true":
        body["timestamps"] = _timestamps(words, heard.seconds)
    return JSONResponse(body, headers=headers)
