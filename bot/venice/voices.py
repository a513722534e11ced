"""Voices of people, made from a sample. Venice has no list of them and no way to delete one.

What voices a speech model has of its own stands in the catalogue (`Model.voices`).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import Fault, VeniceFailure
from bot.venice.bodies import model_name, refused
from bot.venice.constraints import VoiceCloning
from bot.venice.data import as_object, as_text
from bot.venice.errors import failure
from bot.venice.http import Answer, Upload
from bot.venice.media_bodies import MIME_BY_EXT, UPLOAD_LIMIT
from bot.venice.models import Model

KNOWN_CLONING = {
    "tts-chatterbox-hd": VoiceCloning("zero_shot", ("mp3", "wav", "flac", "m4a"), 5.0, 7),
    "tts-minimax-speech-02-hd": VoiceCloning("persistent", ("mp3", "wav"), 5.0, 7),
}
"""As documented, where the catalogue leaves it out."""


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """Clean speech of one person who agreed, five seconds or more, at most 25 MB. The extension of
    `filename` has to be true."""

    data: bytes
    filename: str


@dataclass(frozen=True, slots=True)
class ClonedVoice:
    """A handle for `SpeechRequest.voice`, good for this model only. It dies `retention_days` after it was
    made, or (`renewed`) after it was last used. What making one costs is not published."""

    id: str
    model_id: str
    retention_days: int
    renewed: bool
    request_id: str | None = None


def cloning_of(model: Model) -> VoiceCloning | None:
    """How the model clones voices, None when it does not."""
    return model.cloning or KNOWN_CLONING.get(model.id)


def clone_form(sample: VoiceSample, model: Model) -> tuple[dict[str, str], Upload]:
    """Fields and file of POST /audio/voices. Raises VeniceError for what Venice would refuse."""
    cloning = cloning_of(model)
    if cloning is None:
        raise refused(f"{model.name} cannot learn a voice. Please choose another model.")
    if not sample.data:
        raise refused("There is nothing to hear in that file.")
    if len(sample.data) > UPLOAD_LIMIT:
        raise failure(VeniceFailure.TOO_LARGE, fault=Fault.USER, detail="refused before sending")
    ext = sample.filename.rpartition(".")[2].lower()
    if ext not in cloning.formats:
        raise refused(f"{model.name} learns a voice from {', '.join(cloning.formats).upper()} only.")
    mime = MIME_BY_EXT.get(ext, "application/octet-stream")
    return {"model": model_name(model)}, Upload(sample.filename, sample.data, mime)


def read_voice(answer: Answer, model: Model) -> ClonedVoice:
    """The handle of a new voice."""
    fields = as_object(answer.json())
    voice_id, cloning = as_text(fields.get("id")), cloning_of(model)
    if not voice_id or cloning is None:
        raise failure(VeniceFailure.BAD_ANSWER, detail="no voice", request_id=answer.notices.request_id)
    model_id = as_text(fields.get("model")) or model.id
    renewed = cloning.mode == "persistent"
    return ClonedVoice(voice_id, model_id, cloning.retention_days, renewed, answer.notices.request_id)
