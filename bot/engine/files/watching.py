"""Films, sounds and pictures for a model: as they are where it takes them, else as stills and words."""

from __future__ import annotations

import asyncio
import base64
from typing import get_args

from bot.engine.files.basket import Basket
from bot.engine.files.fetching import Fetcher
from bot.engine.files.hearing import Hearer, clock
from bot.errors import CapReached, UserError, VeniceError
from bot.media.films import Film, look
from bot.media.listening import check_length, listen
from bot.media.papers import shown_name
from bot.media.pictures import to_data_urls
from bot.media.sorts import Sort, sort_of
from bot.messages import Attachment, MediaKind
from bot.venice import AudioPart, VideoPart
from bot.venice.types import AudioInputFormat

STILLS = 8
"""Pictures of a film."""
FILM_SECONDS = 10 * 60
"""Longer films are not listened to unasked."""
WATCH_SECONDS = 120
"""Longer films are not watched whole: each second costs up to a thousand tokens."""
LISTEN_SECONDS = 10 * 60
"""Longer sound is written down instead of listened to."""
TRANSCRIBE = "`/transcribe` writes down what is said in long ones."

_FORMATS: dict[str, AudioInputFormat] = {one: one for one in get_args(AudioInputFormat)}


class Watcher:
    """Puts what moves or sounds into the basket."""

    def __init__(self, fetcher: Fetcher, hearer: Hearer) -> None:
        self._fetcher = fetcher
        self._hearer = hearer

    async def spoken(self, basket: Basket, voice: Attachment) -> None:
        """A voice or a round film: words of its own; a model that sees gets a look at the speaker, too."""
        words = await self._heard(basket, voice)
        own = voice in basket.turn.incoming.attachments
        if words:
            basket.words.append(words if own else _said_in(voice, words))
        if voice.kind is MediaKind.VIDEO_NOTE and basket.model.capabilities.vision:
            film = await asyncio.to_thread(look, await self._fetcher.fetch(basket.turn, voice), 1)
            basket.pictures(film.stills, "(A picture of the video message:)")

    async def sound(self, basket: Basket, sound: Attachment) -> None:
        """A sound file: listened to by a model that can, else written down."""
        if basket.model.capabilities.audio_input and await self._listened(basket, sound):
            return
        if _known(basket, sound):
            return
        words = await self._heard(basket, sound)
        basket.words.append(_said_in(sound, words) if words else f"({shown_name(sound.name)} has no words.)")

    async def film(self, basket: Basket, film: Attachment) -> None:
        """A film: watched by a model that can, else a few pictures of it and what is said in it."""
        seen: Film | None = None
        data = await self._fetcher.fetch(basket.turn, film)
        if basket.pictures_left and basket.model.capabilities.vision:
            seen = await asyncio.to_thread(look, data, min(STILLS, basket.pictures_left))
            basket.note(film)
            if self._watched(basket, data, seen):
                return
            basket.pictures(seen.stills, _stills_label(film, seen))
        heard = (seen is None or seen.sounding) and await self._overheard(basket, film)
        basket.remarks.append(_film_remark(basket, film, seen, heard=heard))

    async def sticker(self, basket: Basket, sticker: Attachment) -> None:
        """One look at a sticker, and what it stands for."""
        basket.check_pictures()
        data = await self._fetcher.fetch(basket.turn, sticker)
        if sort_of(data) is Sort.FILM:
            stills = (await asyncio.to_thread(look, data, 1)).stills
        else:
            stills = await asyncio.to_thread(to_data_urls, data, 1)
        stands_for = f" {sticker.words}" if sticker.words else ""
        basket.note(sticker)
        basket.pictures(stills, f"(A sticker{stands_for}:)")

    async def picture(self, basket: Basket, picture: Attachment) -> None:
        """A picture; of one that moves, a few of its pictures."""
        basket.check_pictures()
        data = await self._fetcher.fetch(basket.turn, picture)
        urls = await asyncio.to_thread(to_data_urls, data, min(basket.frames, basket.pictures_left))
        basket.note(picture)
        moving = f"({shown_name(picture.name)} moves; {len(urls)} of its pictures in order:)"
        basket.pictures(urls, moving if len(urls) > 1 else "")

    # --- as it is ---

    def _watched(self, basket: Basket, data: bytes, seen: Film) -> bool:
        """The film itself, where the model watches such films."""
        able = basket.model.capabilities.video_input and seen.mime and seen.seconds <= WATCH_SECONDS
        if not able or not basket.fits(len(data)):
            return False
        basket.parts.append(
            VideoPart(f"data:{seen.mime};base64,{base64.b64encode(data).decode()}", seen.seconds)
        )
        return True

    async def _listened(self, basket: Basket, sound: Attachment) -> bool:
        """The sound itself, where the model listens to such sound."""
        check_length(sound.duration)
        data = await self._fetcher.fetch(basket.turn, sound)
        recording = await asyncio.to_thread(listen, data)
        form = _FORMATS.get(recording.ending)
        if form is None or recording.seconds > LISTEN_SECONDS or not basket.fits(len(data)):
            return False
        basket.note(sound)
        basket.parts.append(AudioPart(data, form, recording.seconds))
        return True

    # --- as words ---

    async def _heard(self, basket: Basket, sound: Attachment) -> str:
        heard = await self._hearer.hear(basket.turn, sound)
        if heard.note:
            basket.remarks.append(heard.note)
        if heard.missing:
            basket.remarks.append(heard.missing)
        return heard.text

    async def _overheard(self, basket: Basket, film: Attachment) -> bool:
        """What is said in a film; the question is answered also without it."""
        if _known(basket, film):
            return True
        try:
            if film.duration is not None and film.duration > FILM_SECONDS:
                raise UserError(f"It is too long to listen to unasked; {TRANSCRIBE}")
            words = await self._heard(basket, film)
        except (UserError, VeniceError, CapReached) as error:
            basket.remarks.append(f"`{shown_name(film.name)}`: {error.reader_text}")
            return False
        if words:
            basket.words.append(_said_in(film, words))
        return True


def _known(basket: Basket, sound: Attachment) -> bool:
    """Asked again, a question has the words of its sounds in it already."""
    again = basket.turn.again is not None
    return again and any(_heading(sound) in words for words in basket.words)


def _heading(file: Attachment) -> str:
    return f"(What is said in {shown_name(file.name)}:)"


def _said_in(file: Attachment, text: str) -> str:
    """Words of a file that are no words of the one who asks."""
    return f'{_heading(file)}\n"{text}"'


def _stills_label(film: Attachment, seen: Film) -> str:
    length = f"lasts {clock(seen.seconds)}; " if seen.seconds else ""
    return f"({shown_name(film.name)} is a film and {length}{len(seen.stills)} pictures of it in order:)"


def _film_remark(basket: Basket, film: Attachment, seen: Film | None, *, heard: bool) -> str:
    """How a film was taken in, since it was not watched whole."""
    ways = [f"looked at {len(seen.stills)} pictures of it"] if seen is not None else []
    ways += ["listened to it"] if heard else []
    name = f"`{shown_name(film.name)}`"
    if not ways:
        return f"*I cannot watch films with {basket.model.name}, so I answer without {name}.*"
    return f"*I did not watch {name} whole: I {' and '.join(ways)}.*"
