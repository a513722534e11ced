"""What a question really consists of: its words, and its attachments fetched and made fit for a model."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.engine.speaking import Speaker
from bot.engine.texts import EMPTY_QUESTION
from bot.engine.turn import Turn
from bot.errors import PlatformError, PlatformFailure, UserError
from bot.media.pictures import to_data_url
from bot.messages import Attachment, MediaKind
from bot.ports import Door
from bot.venice import ContentPart, FilePart, ImagePart

FILE_LIMIT = 25_000_000
MOST_PICTURES = 10
MOST_FILES = 5
_SOUND = (MediaKind.VOICE, MediaKind.AUDIO)


@dataclass(frozen=True, slots=True)
class Question:
    """`text` as asked or heard, `parts` beside it, `note` what memory keeps of them in words."""

    text: str
    parts: tuple[ContentPart, ...]
    note: str
    pictures: bool


class Gatherer:
    """Fetches attachments through the platform's door; sound becomes words."""

    def __init__(self, doors: Mapping[str, Door], speaker: Speaker) -> None:
        self._doors = doors
        self._speaker = speaker

    async def gather(self, turn: Turn, text: str) -> Question:
        """The whole question; a UserError when there is nothing to answer."""
        incoming = turn.incoming
        attachments = incoming.attachments + (incoming.quoted.attachments if incoming.quoted else ())
        heard = [await self._hear(turn, one) for one in attachments if one.kind in _SOUND]
        words = "\n\n".join(piece for piece in (text.strip(), *heard) if piece)
        parts = await self._parts(turn, attachments)
        if not words and not parts and not (incoming.quoted is not None and incoming.quoted.text):
            raise UserError(EMPTY_QUESTION)
        pictures = any(isinstance(part, ImagePart) for part in parts)
        return Question(words or _wordless(pictures), parts, _note(attachments), pictures)

    async def _parts(self, turn: Turn, attachments: Sequence[Attachment]) -> tuple[ContentPart, ...]:
        pictures = [one for one in attachments if one.kind is MediaKind.IMAGE]
        files = [one for one in attachments if one.kind is MediaKind.DOCUMENT]
        if len(pictures) > MOST_PICTURES or len(files) > MOST_FILES:
            turn.notice(
                f"I look at {MOST_PICTURES} pictures and {MOST_FILES} files at once; the rest I left out."
            )
        if any(one.kind is MediaKind.VIDEO for one in attachments):
            turn.notice("I cannot watch films yet, so I answer without the film.")
        images = [await self._picture(turn, one) for one in pictures[:MOST_PICTURES]]
        documents = [await self._document(turn, one) for one in files[:MOST_FILES]]
        return (*images, *documents)

    async def _hear(self, turn: Turn, sound: Attachment) -> str:
        data = await self._fetch(turn, sound)
        return await self._speaker.transcribe(turn, data, _sound_name(sound))

    async def _picture(self, turn: Turn, picture: Attachment) -> ImagePart:
        return ImagePart(await asyncio.to_thread(to_data_url, await self._fetch(turn, picture)))

    async def _document(self, turn: Turn, file: Attachment) -> FilePart:
        data = base64.b64encode(await self._fetch(turn, file)).decode()
        return FilePart(f"data:{file.mime};base64,{data}", file.name)

    async def _fetch(self, turn: Turn, attachment: Attachment) -> bytes:
        door = self._doors[turn.incoming.place.platform]
        limit = min(FILE_LIMIT, door.capabilities.download_limit)
        if attachment.size is not None and attachment.size > limit:
            raise _too_large(attachment, limit)
        try:
            return await door.fetch(attachment, limit)
        except PlatformError as error:
            if error.failure is PlatformFailure.TOO_LARGE:
                raise _too_large(attachment, limit) from None
            raise UserError(
                f"I could not fetch `{attachment.name}`. Please send it again.", detail=error.detail
            ) from error


def _too_large(attachment: Attachment, limit: int) -> UserError:
    size = f" ({attachment.size / 1e6:.0f} MB)" if attachment.size else ""
    return UserError(f"`{attachment.name}` is too large{size}. I can take files up to {limit / 1e6:.0f} MB.")


def _sound_name(sound: Attachment) -> str:
    """Venice checks the extension; voice notes often come without one."""
    return sound.name if "." in sound.name else "voice.ogg"


def _wordless(pictures: bool) -> str:
    return "What do you see here?" if pictures else "Please look at this."


def _note(attachments: Sequence[Attachment]) -> str:
    shown = [f"{one.kind.value} {one.name}" for one in attachments if one.kind not in _SOUND]
    return f"(sent with: {', '.join(shown)})" if shown else ""
