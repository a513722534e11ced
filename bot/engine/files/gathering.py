"""What a question really consists of: its words, and its attachments fetched and made fit for a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.engine.files.basket import MOST_PICTURES, Basket
from bot.engine.files.documents import read_paper, show
from bot.engine.files.fetching import Fetcher
from bot.engine.files.hearing import Hearer
from bot.engine.files.watching import Watcher
from bot.engine.models.needs import NOTHING, SEES, Choose, Needs, needs_of
from bot.engine.turns.texts import EMPTY_QUESTION
from bot.engine.turns.turn import Turn
from bot.errors import CapReached, GondolaError, UserError, VeniceError
from bot.media.papers import Paper
from bot.media.pictures import to_data_url
from bot.media.sorts import Sort, sort_of
from bot.messages import SPOKEN, Attachment, MediaKind
from bot.venice import ContentPart, FilePart, ImagePart, Model

MOST_FILES = 10
MOST_SOUNDS = 5
MOST_FILMS = 3
FRAMES = 4
"""Pictures of a GIF that comes alone or with one other."""
_STILL = frozenset({MediaKind.IMAGE, MediaKind.STICKER})
_LIMITS: Sequence[tuple[frozenset[MediaKind], int, str]] = (
    (SPOKEN, MOST_SOUNDS, "listen to {} voices"),
    (frozenset({MediaKind.AUDIO}), MOST_SOUNDS, "listen to {} sounds"),
    (_STILL, MOST_PICTURES, "look at {} pictures"),
    (frozenset({MediaKind.VIDEO}), MOST_FILMS, "look at {} films"),
    (frozenset({MediaKind.DOCUMENT}), MOST_FILES, "read {} files"),
)
"""In the order in which they are taken in: what was spoken is the question itself."""
_REALLY = {Sort.PICTURE: MediaKind.IMAGE, Sort.SOUND: MediaKind.AUDIO, Sort.FILM: MediaKind.VIDEO}

Take = Callable[[Basket, Attachment], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """`text` as asked or heard, `parts` beside it, `note` what memory keeps of them in words, `needs` what a
    model has to be able to do to answer it."""

    text: str
    parts: tuple[ContentPart, ...] = ()
    note: str = ""
    needs: Needs = NOTHING


class Gatherer:
    """Fetches attachments through the platform's door, each in the form that the model takes."""

    def __init__(self, fetcher: Fetcher, hearer: Hearer) -> None:
        self._fetcher = fetcher
        watcher = Watcher(fetcher, hearer)
        self._takes: Mapping[MediaKind, Take] = {
            MediaKind.VOICE: watcher.spoken,
            MediaKind.VIDEO_NOTE: watcher.spoken,
            MediaKind.AUDIO: watcher.sound,
            MediaKind.IMAGE: watcher.picture,
            MediaKind.STICKER: watcher.sticker,
            MediaKind.VIDEO: watcher.film,
            MediaKind.DOCUMENT: self._document,
        }

    async def gather(self, turn: Turn, text: str, choose: Choose) -> Question:
        """The whole question for the model that `choose` names. What cannot be taken is said and left out; a
        UserError when there is nothing to answer."""
        incoming = turn.incoming
        attachments = incoming.attachments + (incoming.quoted.attachments if incoming.quoted else ())
        quoted = incoming.quoted is not None and bool(incoming.quoted.text)
        if not text.strip() and not attachments and not quoted:
            raise UserError(EMPTY_QUESTION)
        basket = Basket(turn, await _fitting(turn, attachments, choose))
        basket.frames = FRAMES if sum(one.kind in _STILL for one in attachments) <= 2 else 1
        if text.strip():
            basket.words.append(text.strip())
        for one in _within(basket, attachments):
            await self._take(basket, one)
        if not basket.words and not quoted and not _shows(basket):
            raise _nothing(basket)
        if basket.remarks:
            turn.notice("\n".join(basket.remarks))
        pictures = any(isinstance(part, ImagePart) for part in basket.parts)
        words = "\n\n".join(basket.words) or ("What do you see here?" if pictures else "Please look at this.")
        note = f"(sent with: {', '.join(basket.noted)})" if basket.noted else ""
        return Question(words, tuple(basket.parts), note, needs_of(basket.parts))

    async def _take(self, basket: Basket, one: Attachment) -> None:
        """One attachment into the basket. Only a voice that cannot be heard ends the question, being it."""
        try:
            await self._takes[one.kind](basket, one)
        except UserError as error:
            basket.miss(one, error)
        except (VeniceError, CapReached) as error:
            if one.kind in SPOKEN:
                raise
            basket.miss(one, error)

    async def _document(self, basket: Basket, file: Attachment) -> None:
        data = await self._fetcher.fetch(basket.turn, file)
        really = _REALLY.get(sort_of(data))
        if really is not None:
            await self._takes[really](basket, replace(file, kind=really))
            return
        paper = await read_paper(data, file.name)
        if paper.scan and paper.pictures:
            await self._scan(basket, file, paper)
            return
        whole = basket.takes_files and len(data) <= basket.bytes_left
        shown = show(paper, basket.model, basket.tokens_left, whole=whole)
        if isinstance(shown.part, FilePart):
            basket.fits(len(data))
        basket.tokens_left -= shown.tokens
        basket.note(file)
        basket.parts.append(shown.part)
        if shown.note:
            basket.remarks.append(shown.note)

    async def _scan(self, basket: Basket, file: Attachment, paper: Paper) -> None:
        """A document without words: its pages as pictures, as many as there is room for."""
        basket.check_pictures()
        pages = paper.pictures[: basket.pictures_left]
        urls = [await asyncio.to_thread(to_data_url, page) for page in pages]
        first = f"the first {len(urls)} of {paper.pages} pages" if len(urls) < paper.pages else "all pages"
        basket.note(file)
        basket.pictures(tuple(urls), f"({paper.name} is a scan; {first} as pictures:)")
        basket.remarks.append(f"*`{paper.name}` has no text in it, only pictures, so I look at {first}.*")


async def _fitting(turn: Turn, attachments: Sequence[Attachment], choose: Choose) -> Model:
    """Who will answer. A film alone is no reason to refuse: it can be listened to."""
    kinds = {one.kind for one in attachments}
    seen = kinds & {*_STILL, MediaKind.VIDEO}
    try:
        return await choose(turn, frozenset({SEES}) if seen else NOTHING)
    except UserError:
        if seen != {MediaKind.VIDEO}:
            raise
        return await choose(turn, NOTHING)


def _within(basket: Basket, attachments: Sequence[Attachment]) -> list[Attachment]:
    """The attachments in the order they are taken in, without those that are too many."""
    taken: list[Attachment] = []
    for kinds, limit, what in _LIMITS:
        found = [one for one in attachments if one.kind in kinds]
        most = min(limit, basket.pictures_left) if kinds is _STILL else limit
        taken += found[:most]
        if len(found) > most:
            left = len(found) - most
            basket.remarks.append(
                f"I {what.format(most)} at once, so I left out the last {left}. Send them in a new message."
            )
    return taken


def _shows(basket: Basket) -> bool:
    """Whether there is anything in the basket but lines about what is missing."""
    return len(basket.parts) > len(basket.missed)


def _nothing(basket: Basket) -> GondolaError:
    """Why there is nothing to answer: nothing of what was sent could be taken."""
    if len(basket.missed) == 1 and isinstance(basket.missed[0], CapReached):
        return basket.missed[0]
    return UserError("\n".join(basket.remarks), detail=basket.missed[0].detail)
