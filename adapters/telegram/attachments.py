"""The files of a message."""

from __future__ import annotations

import mimetypes

from telegram import (
    Animation,
    Audio,
    Document,
    ExternalReplyInfo,
    Message,
    PhotoSize,
    Sticker,
    Video,
    VideoNote,
    Voice,
)

from bot.messages import Attachment, MediaKind

Carrier = Message | ExternalReplyInfo
"""What can carry a file: a message, or the part of one from another chat that a reply shows."""

SVG = "image/svg+xml"
"""Text, not pixels."""
_FAMILIES = {"image": MediaKind.IMAGE, "audio": MediaKind.AUDIO, "video": MediaKind.VIDEO}


def attachments_of(carrier: Carrier) -> tuple[Attachment, ...]:
    """A Telegram message carries at most one file; an album is several messages."""
    found = _picture(carrier) or _played(carrier) or _document(carrier.document)
    return (found,) if found else ()


def _picture(carrier: Carrier) -> Attachment | None:
    if carrier.photo:
        return _photo(max(carrier.photo, key=lambda size: size.width * size.height))
    return _sticker(carrier.sticker) if carrier.sticker is not None else None


def _sticker(sticker: Sticker) -> Attachment | None:
    """One that can be looked at: an animated one is a drawing program, not a picture or film."""
    if sticker.is_animated:
        return None
    mime, name = ("video/webm", "sticker.webm") if sticker.is_video else ("image/webp", "sticker.webp")
    words = sticker.emoji or ""
    return Attachment(MediaKind.STICKER, sticker.file_id, mime, name, sticker.file_size, words=words)


def _photo(size: PhotoSize) -> Attachment:
    return Attachment(MediaKind.IMAGE, size.file_id, "image/jpeg", "photo.jpg", size.file_size)


def _played(carrier: Carrier) -> Attachment | None:
    if carrier.voice:
        return _track(MediaKind.VOICE, carrier.voice, carrier.voice.mime_type or "audio/ogg", "")
    if carrier.audio:
        audio = carrier.audio
        return _track(MediaKind.AUDIO, audio, audio.mime_type or "audio/mpeg", audio.file_name or "")
    if carrier.video_note:
        return _track(MediaKind.VIDEO_NOTE, carrier.video_note, "video/mp4", "")
    film = carrier.animation or carrier.video  # an animation also comes as a document
    if film:
        return _track(MediaKind.VIDEO, film, film.mime_type or "video/mp4", film.file_name or "")
    return None


def _track(
    kind: MediaKind, file: Voice | Audio | VideoNote | Animation | Video, mime: str, name: str
) -> Attachment:
    # The attribute itself is announced to change its type, with a warning at every use.
    seconds = file.to_dict().get("duration")
    return Attachment(
        kind,
        file.file_id,
        mime,
        name or f"{kind.value}{_ending(mime)}",
        file.file_size,
        float(seconds) if isinstance(seconds, (int, float)) else None,
    )


def _document(document: Document | None) -> Attachment | None:
    if document is None:
        return None
    mime = document.mime_type or "application/octet-stream"
    kind = MediaKind.DOCUMENT if mime == SVG else _FAMILIES.get(mime.partition("/")[0], MediaKind.DOCUMENT)
    name = document.file_name or f"file{_ending(mime)}"
    return Attachment(kind, document.file_id, mime, name, document.file_size)


def _ending(mime: str) -> str:
    if mime == "audio/ogg":
        return ".ogg"
    return mimetypes.guess_extension(mime) or ""


def sticker_words(sticker: Sticker | None) -> str:
    """What an animated sticker says, since it cannot be looked at."""
    if sticker is None or not sticker.is_animated:
        return ""
    series = f" of the set “{sticker.set_name}”" if sticker.set_name else ""
    return f"{sticker.emoji or ''} (an animated sticker{series})".strip()
