"""Files to Telegram: each in the form people expect, as a plain file where that form is refused."""

from __future__ import annotations

import io
from collections.abc import Sequence
from enum import Enum
from typing import TypedDict

from PIL import Image, UnidentifiedImageError
from telegram import (
    Bot,
    InlineKeyboardMarkup,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest

from adapters.telegram.capabilities import VOICE_MIMES
from adapters.telegram.format import names_person
from adapters.telegram.request import UPLOAD_SECONDS
from bot.messages import Entity, Media, MediaKind, Part

PHOTO_BYTES = 10_000_000
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20
_PHOTO_MIMES = ("image/png", "image/jpeg", "image/webp")
_MUSIC_MIMES = ("audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a")

_FILE_INSTEAD = (
    "photo_invalid_dimensions",
    "image_process_failed",
    "photo_ext_invalid",
    "photo_save_file_invalid",
    "too big for a photo",
    "voice_messages_forbidden",
)
"""Refusals of the form, not of the file; nothing was sent."""


class Form(Enum):
    """How a file is shown."""

    PHOTO = "photo"
    VOICE = "voice"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"


class Address(TypedDict):
    """Where a new message goes."""

    chat_id: int
    message_thread_id: int | None
    reply_parameters: ReplyParameters | None


class _Patience(TypedDict):
    read_timeout: float
    write_timeout: float


_PATIENCE = _Patience(read_timeout=UPLOAD_SECONDS, write_timeout=UPLOAD_SECONDS)


def form_of(item: Media) -> Form:
    """The form Telegram takes such a file in."""
    if item.kind is MediaKind.IMAGE and _is_photo(item):
        return Form.PHOTO
    if item.kind is MediaKind.VOICE and item.mime in VOICE_MIMES:
        return Form.VOICE
    if item.kind in (MediaKind.AUDIO, MediaKind.VOICE) and item.mime in _MUSIC_MIMES:
        return Form.AUDIO
    if item.kind is MediaKind.VIDEO and item.mime == "video/mp4":
        return Form.VIDEO
    return Form.FILE


def _is_photo(item: Media) -> bool:
    if item.mime not in _PHOTO_MIMES or len(item.data) > PHOTO_BYTES:
        return False
    try:
        with Image.open(io.BytesIO(item.data)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return False
    return width + height <= PHOTO_SIDES and max(width, height) <= PHOTO_RATIO * min(width, height)


def entities_of(part: Part | None, notify: str = "") -> list[MessageEntity]:
    """The formatting of a part. A link to a person notifies them, so only the one to whom it may stays."""
    kept = () if part is None else (one for one in part.entities if _calls_nobody(one, notify))
    return [_entity(entity) for entity in kept]


def _calls_nobody(entity: Entity, notify: str) -> bool:
    return not names_person(entity.url) or (bool(notify) and entity.url == f"tg://user?id={notify}")


def _entity(entity: Entity) -> MessageEntity:
    return MessageEntity(
        entity.type,
        entity.offset,
        entity.length,
        url=entity.url or None,
        language=entity.language or None,
    )


async def send_single(
    bot: Bot, address: Address, item: Media, caption: Part | None, markup: InlineKeyboardMarkup | None
) -> Message:
    """One file. Raises TelegramError."""
    form = form_of(item)
    try:
        return await _send_as(form, bot, address, item, caption, markup)
    except BadRequest as error:
        if form is Form.FILE or not _wants_file(error):
            raise
    return await _send_as(Form.FILE, bot, address, item, caption, markup)


async def send_album(
    bot: Bot, address: Address, items: Sequence[Media], caption: Part | None
) -> tuple[Message, ...]:
    """Two to ten files of one kind in one message. Raises TelegramError."""
    forms = {form_of(item) for item in items}
    form = forms.pop() if len(forms) == 1 else Form.FILE  # files do not mix with pictures
    try:
        return await _album_as(form, bot, address, items, caption)
    except BadRequest as error:
        if form is Form.FILE or not _wants_file(error):
            raise
    return await _album_as(Form.FILE, bot, address, items, caption)


def _wants_file(error: BadRequest) -> bool:
    return any(refusal in error.message.lower() for refusal in _FILE_INSTEAD)


async def _album_as(
    form: Form, bot: Bot, address: Address, items: Sequence[Media], caption: Part | None
) -> tuple[Message, ...]:
    listed = [_listed(form, item, None if index else caption) for index, item in enumerate(items)]
    return await bot.send_media_group(media=listed, **address, **_PATIENCE)


def _listed(
    form: Form, item: Media, caption: Part | None
) -> InputMediaPhoto | InputMediaVideo | InputMediaAudio | InputMediaDocument:
    text, entities = caption.text if caption else None, entities_of(caption)
    match form:
        case Form.PHOTO:
            return InputMediaPhoto(
                item.data, text, caption_entities=entities, filename=item.name, has_spoiler=item.spoiler
            )
        case Form.VIDEO:
            return InputMediaVideo(
                item.data,
                text,
                caption_entities=entities,
                filename=item.name,
                has_spoiler=item.spoiler,
                duration=_seconds(item),
                supports_streaming=True,
            )
        case Form.AUDIO:
            return InputMediaAudio(
                item.data, text, caption_entities=entities, filename=item.name, duration=_seconds(item)
            )
        case _:
            return InputMediaDocument(item.data, text, caption_entities=entities, filename=item.name)


class _Caption(TypedDict):
    caption: str | None
    caption_entities: list[MessageEntity]
    reply_markup: InlineKeyboardMarkup | None
    filename: str


async def _send_as(
    form: Form,
    bot: Bot,
    address: Address,
    item: Media,
    caption: Part | None,
    markup: InlineKeyboardMarkup | None,
) -> Message:
    shown = _Caption(
        caption=caption.text if caption else None,
        caption_entities=entities_of(caption),
        reply_markup=markup,
        filename=item.name,
    )
    data, seconds = item.data, _seconds(item)
    match form:
        case Form.PHOTO:
            return await bot.send_photo(photo=data, has_spoiler=item.spoiler, **address, **shown, **_PATIENCE)
        case Form.VOICE:
            return await bot.send_voice(voice=data, duration=seconds, **address, **shown, **_PATIENCE)
        case Form.AUDIO:
            return await bot.send_audio(audio=data, duration=seconds, **address, **shown, **_PATIENCE)
        case Form.VIDEO:
            return await bot.send_video(
                video=data,
                duration=seconds,
                has_spoiler=item.spoiler,
                supports_streaming=True,
                **address,
                **shown,
                **_PATIENCE,
            )
        case Form.FILE:
            return await bot.send_document(document=data, **address, **shown, **_PATIENCE)


def _seconds(item: Media) -> int | None:
    return max(1, round(item.duration)) if item.duration else None
