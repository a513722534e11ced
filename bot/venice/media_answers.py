"""Reading answers for pictures, speech, transcripts and embeddings."""

from __future__ import annotations

import base64
import binascii

from bot.errors import VeniceError, VeniceFailure
from bot.venice.data import as_float, as_int, as_list, as_object, as_text, as_texts
from bot.venice.errors import failure
from bot.venice.http import Answer
from bot.venice.media import Embeddings, ImageResult, Segment, Speech, Transcript

EXT_BY_MIME = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/pcm": "pcm",
    "audio/l16": "pcm",
}
MIME_BY_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
)


def _bad_answer(answer: Answer, detail: str) -> VeniceError:
    return failure(VeniceFailure.BAD_ANSWER, detail=detail, request_id=answer.notices.request_id)


def read_images(answer: Answer) -> ImageResult:
    """Pictures as bytes: from base64 in JSON, or the body itself when Venice sends a picture."""
    if answer.mime.startswith("image/"):
        return ImageResult((answer.body,), answer.mime, answer.notices.request_id, answer.notices)
    fields = as_object(answer.json())
    images = tuple(_decoded(answer, text) for text in as_texts(fields.get("images")))
    if not images:
        raise _bad_answer(answer, "no picture")
    request_id = as_text(fields.get("id")) or answer.notices.request_id
    return ImageResult(images, picture_mime(images[0]), request_id, answer.notices)


def read_picture(answer: Answer) -> ImageResult:
    """One picture that is the whole answer."""
    if not answer.mime.startswith("image/") or not answer.body:
        answer.json()
        raise _bad_answer(answer, f"no picture ({answer.mime})")
    return ImageResult((answer.body,), answer.mime, answer.notices.request_id, answer.notices)


def _decoded(answer: Answer, text: str) -> bytes:
    try:
        data = base64.b64decode(text.rpartition("base64,")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad_answer(answer, "picture is no base64") from error
    if not data:
        raise _bad_answer(answer, "picture is empty")
    return data


def picture_mime(data: bytes) -> str:
    """The type the first bytes show; models do not always send the format that was asked for."""
    return next((mime for magic, mime in MIME_BY_MAGIC if data.startswith(magic)), "image/webp")


def read_speech(answer: Answer) -> Speech:
    """Sound with its true type: Venice's "opus" may or may not be an Ogg container."""
    if not answer.body or answer.mime == "application/json":
        answer.json()
        raise _bad_answer(answer, "no sound")
    if answer.body.startswith(b"OggS"):
        return Speech(answer.body, "audio/ogg", "ogg", answer.notices)
    ext = EXT_BY_MIME.get(answer.mime)
    if ext is None:
        raise _bad_answer(answer, f"sound of type {answer.mime}")
    return Speech(answer.body, answer.mime, ext, answer.notices)


def read_transcript(answer: Answer) -> Transcript:
    """Text with what timing there is."""
    if answer.mime == "text/plain":
        return Transcript(answer.body.decode("utf-8", "replace").strip(), None, (), answer.notices)
    fields = as_object(answer.json())
    if not isinstance(fields.get("text"), str):
        raise _bad_answer(answer, "no transcript")
    segments = as_list(as_object(fields.get("timestamps")).get("segment"))
    return Transcript(
        text=as_text(fields.get("text")).strip(),
        duration=as_float(fields.get("duration")),
        segments=tuple(map(_segment, segments)),
        notices=answer.notices,
    )


def _segment(value: object) -> Segment:
    fields = as_object(value)
    start, end = as_float(fields.get("start")), as_float(fields.get("end"))
    return Segment(as_text(fields.get("text")).strip(), start or 0.0, end or 0.0)


def read_embeddings(answer: Answer, asked: int) -> Embeddings:
    """Vectors in the order asked; raises BAD_ANSWER when one is missing."""
    fields = as_object(answer.json())
    rows = sorted(map(as_object, as_list(fields.get("data"))), key=lambda row: as_int(row.get("index")))
    vectors = tuple(
        tuple(float(number) for number in as_list(row.get("embedding")) if isinstance(number, int | float))
        for row in rows
    )
    if len(vectors) != asked or not all(vectors):
        raise _bad_answer(answer, f"{len(vectors)} vectors for {asked} texts")
    usage = as_object(fields.get("usage"))
    tokens = as_int(usage.get("prompt_tokens") or usage.get("total_tokens"))
    return Embeddings(vectors, tokens, as_text(fields.get("model")), answer.notices)
