"""What a question really consists of: its words, and its attachments fetched and made fit for a model."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass

from bot.engine.fetching import Fetcher
from bot.engine.hearing import Hearer
from bot.engine.texts import EMPTY_QUESTION
from bot.engine.turn import Turn
from bot.errors import UserError
from bot.media.pictures import to_data_url
from bot.messages import SPOKEN, Attachment, MediaKind
from bot.venice import ContentPart, FilePart, ImagePart

MOST_PICTURES = 10
MOST_FILES = 5
FILM_SECONDS = 10 * 60
"""Longer films are not listened to unasked."""
_SOUND = SPOKEN | {MediaKind.AUDIO}


@dataclass(frozen=True, slots=True)
class Question:
    """`text` as asked or heard, `parts` beside it, `note` what memory keeps of them in words."""

    text: str
    parts: tuple[ContentPart, ...]
    note: str
    pictures: bool


class Gatherer:
    """Fetches attachments through the platform's door; sound becomes words."""

    def __init__(self, fetcher: Fetcher, hearer: Hearer) -> None:
        self._fetcher = fetcher
        self._hearer = hearer

    async def gather(self, turn: Turn, text: str) -> Question:
        """The whole question; a UserError when there is nothing to answer."""
        incoming = turn.incoming
        attachments = incoming.attachments + (incoming.quoted.attachments if incoming.quoted else ())
        heard = [await self._hear(turn, one) for one in attachments if one.kind in _SOUND]
        heard += [await self._film(turn, one) for one in attachments if one.kind is MediaKind.VIDEO]
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
        images = [await self._picture(turn, one) for one in pictures[:MOST_PICTURES]]
        documents = [await self._document(turn, one) for one in files[:MOST_FILES]]
        return (*images, *documents)

    async def _hear(self, turn: Turn, sound: Attachment) -> str:
        heard = await self._hearer.hear(turn, sound)
        if heard.missing:
            turn.notice(heard.missing)
        own = sound in turn.incoming.attachments and sound.kind in SPOKEN
        return heard.text if own or not heard.text else _said_in(sound, heard.text)

    async def _film(self, turn: Turn, film: Attachment) -> str:
        """What is said in a film; the question is answered also without it."""
        try:
            if film.duration is not None and film.duration > FILM_SECONDS:
                raise UserError(
                    "It is too long to listen to unasked; `/transcribe` writes down what is said."
                )
            heard = await self._hearer.hear(turn, film)
        except UserError as error:
            turn.notice(f"I cannot watch films yet, so I answer without the film. {error.reader_text}")
            return ""
        turn.notice("*I cannot watch films yet, so I only listened to this one.*")
        return _said_in(film, heard.text) if heard.text else ""

    async def _picture(self, turn: Turn, picture: Attachment) -> ImagePart:
        return ImagePart(await asyncio.to_thread(to_data_url, await self._fetcher.fetch(turn, picture)))

    async def _document(self, turn: Turn, file: Attachment) -> FilePart:
        data = base64.b64encode(await self._fetcher.fetch(turn, file)).decode()
        return FilePart(f"data:{file.mime};base64,{data}", file.name)


def _said_in(file: Attachment, text: str) -> str:
    """Words of a file that are no words of the one who asks."""
    return f'(What is said in {file.name}:)\n"{text}"'


def _wordless(pictures: bool) -> str:
    return "What do you see here?" if pictures else "Please look at this."


def _note(attachments: Sequence[Attachment]) -> str:
    shown = [f"{one.kind.value} {one.name}" for one in attachments if one.kind not in _SOUND]
    return f"(sent with: {', '.join(shown)})" if shown else ""
