"""Reading what a look at a job brings: a word on its state, its media, or its end."""

from __future__ import annotations

from bot.errors import VeniceError, VeniceFailure
from bot.venice.data import as_float, as_object, as_text
from bot.venice.errors import RULES, Refused, failure
from bot.venice.http import Answer
from bot.venice.jobs import Done, Failed, Gone, JobState, Processing
from bot.venice.media_answers import EXT_BY_MIME

MEDIA_EXT = {**EXT_BY_MIME, "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov"}
MAGIC = (
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"RIFF", "audio/wav"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
)
"""Offset and first bytes of media, for stores that declare no proper type."""
COMPLETED = "COMPLETED"
ENDED = frozenset({"FAILED", "ERROR", "CANCELLED", "CANCELED"})
UNKNOWN_ID = ("request id", "request_id", "queue_id", "not found", "expired")


def read_state(answer: Answer) -> JobState | None:
    """The state an answer of retrieve shows; None when the media wait at an address of their own."""
    if answer.mime != "application/json":
        return read_media(answer)
    fields = as_object(answer.json())
    status = as_text(fields.get("status")).upper()
    if status == COMPLETED:
        return None
    if status in ENDED:
        kind = VeniceFailure.SERVER
        return Failed(kind, RULES[kind].text, f"venice job ended as {status.lower()}")
    if not status:
        raise failure(VeniceFailure.BAD_ANSWER, detail="no job status", request_id=answer.notices.request_id)
    return Processing(
        _seconds(fields.get("average_execution_time")), _seconds(fields.get("execution_duration"))
    )


def _seconds(milliseconds: object) -> float | None:
    figure = as_float(milliseconds)
    return None if figure is None or figure < 0 else figure / 1000


def read_media(answer: Answer) -> Done:
    """A film or sound with its true type. Raises BAD_ANSWER for anything else."""
    mime = answer.mime if answer.mime in MEDIA_EXT else _by_magic(answer.body)
    if not answer.body or not mime:
        raise failure(
            VeniceFailure.BAD_ANSWER,
            detail=f"no media but {answer.mime}",
            request_id=answer.notices.request_id,
        )
    return Done(answer.body, mime, MEDIA_EXT[mime], answer.notices)


def _by_magic(data: bytes) -> str:
    return next((mime for at, magic, mime in MAGIC if data[at:].startswith(magic)), "")


def final_state(error: VeniceError) -> Failed | Gone | None:
    """What a refusal of retrieve means for good; None for passing trouble, which says nothing of the job."""
    if not isinstance(error, Refused):
        return None
    words = error.told.message.lower()
    unknown = error.status == 400 and any(one in words for one in UNKNOWN_ID)
    if unknown or error.status in (404, 410):
        return Gone(error.detail)
    if error.status == 422 or error.told.refunded is not None:
        return Failed(
            error.failure,
            error.reader_text,
            error.detail,
            error.told.refunded,
            error.told.suggestion,
            error.told.other_model,
        )
    return None
