"""The files of a message or a command, as references that `fetch` understands: signed addresses."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable

import discord

from bot.messages import Attachment, MediaKind

UNKNOWN = "application/octet-stream"
_FAMILIES = {"image": MediaKind.IMAGE, "audio": MediaKind.AUDIO, "video": MediaKind.VIDEO}
_STICKERS = {
    discord.StickerFormatType.png: ("image/png", "png"),
    discord.StickerFormatType.apng: ("image/png", "png"),
    discord.StickerFormatType.gif: ("image/gif", "gif"),
}


def attachments_of(message: discord.Message) -> tuple[Attachment, ...]:
    """Files, those of forwarded messages, and stickers that are pictures."""
    own = [*message.attachments, *(file for each in message.message_snapshots for file in each.attachments)]
    return (*map(attachment, own), *_stickers(message.stickers))


def attachment(file: discord.Attachment) -> Attachment:
    return described(
        file.url,
        file.filename,
        file.content_type or "",
        file.size,
        voice=file.is_voice_message(),
        duration=file.duration,
    )


def described(
    url: str, name: str, content_type: str, size: int | None, *, voice: bool, duration: float | None
) -> Attachment:
    """A file as Discord describes it."""
    mime = content_type.partition(";")[0].strip().lower() or mimetypes.guess_type(name)[0] or UNKNOWN
    kind = MediaKind.VOICE if voice else _FAMILIES.get(mime.partition("/")[0], MediaKind.DOCUMENT)
    if mime == "image/svg+xml":
        kind = MediaKind.DOCUMENT  # text, not pixels
    return Attachment(kind, url, mime, name, size, duration)


def _stickers(stickers: Iterable[discord.StickerItem]) -> Iterable[Attachment]:
    for sticker in stickers:
        if sticker.format in _STICKERS:
            mime, ending = _STICKERS[sticker.format]
            name = f"{sticker.name}.{ending}"
            yield Attachment(MediaKind.STICKER, sticker.url, mime, name, words=f"“{sticker.name}”")


def sticker_words(message: discord.Message) -> str:
    """The names of stickers that are drawing programs (Lottie), not pictures."""
    names = [sticker.name for sticker in message.stickers if sticker.format not in _STICKERS]
    return "\n".join(f"(an animated sticker “{name}”)" for name in names)
