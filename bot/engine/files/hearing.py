"""Sound to words, long sound in passages, with the price reserved first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.declarations import Medium
from bot.engine.account.thrift import MOST_OTHERS, Bound, Thrift, Way
from bot.engine.files.fetching import Fetcher
from bot.engine.models.book import ModelBook
from bot.engine.models.choosing import Chooser, Job, bounds_of
from bot.engine.turns.tab import Payments, Tab
from bot.engine.turns.turn import Turn
from bot.errors import VeniceError
from bot.media.listening import Passage, Recording, check_length, listen
from bot.messages import Attachment
from bot.venice import Model, TranscriptionRequest, VeniceClient
from bot.venice.pricing import transcription_cost

PASSAGE_SECONDS = 10 * 60
"""Longer sound goes to Venice in passages: one long call would time out."""
LEAST_SECONDS = 10.0
"""A shorter beginning is not worth writing down."""
UPLOAD_LIMIT = 24_000_000
"""Bytes; larger files are written anew, which makes them small."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was said, `start` seconds after the beginning."""

    start: float
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sound of so many `seconds` says. `timed` where the lines have times of their own; `missing`
    says what could not be written down and why, "" when nothing is missing; `note` who stepped in for the
    model, as CommonMark, "" for nobody."""

    lines: tuple[Line, ...]
    seconds: float
    timed: bool
    missing: str
    note: str = ""

    @property
    def text(self) -> str:
        """All of it in a row."""
        return " ".join(line.text for line in self.lines)


class Hearer:
    """Listens through Venice."""

    def __init__(
        self,
        client: VeniceClient,
        models: ModelBook,
        chooser: Chooser,
        thrift: Thrift,
        payments: Payments,
        fetcher: Fetcher,
    ) -> None:
        self._client = client
        self._models = models
        self._chooser = chooser
        self._thrift = thrift
        self._payments = payments
        self._fetcher = fetcher

    async def hear(
        self, turn: Turn, sound: Attachment, *, model: str = "", language: str = "", partly: bool = False
    ) -> Heard:
        """What a sound, or the sound of a film, says; paid by its seconds, silent passages not at all.
        Where a passage fails, what was heard before it is kept; raises VeniceError when that is nothing,
        UserError for a file with nothing in it. Near a cap on money a cheaper model listens, unless one was
        named, or with `partly` only the beginning is written down, and it is said."""
        check_length(sound.duration)
        chosen = await self._models.pick_for(turn, "asr", model)
        recording = await asyncio.to_thread(listen, await self._fetcher.fetch(turn, sound))
        passages = [one for one in recording.passages(PASSAGE_SECONDS) if not recording.silent(one)]

        def way(by: Model, heard: Sequence[Passage], how: str = "") -> Way[Heard]:
            price = sum(transcription_cost(by, _seconds(recording, one)) for one in heard)
            return Way(price, lambda: self._served(turn, by, recording, heard, language), how)

        async def smaller(bound: Bound) -> list[Way[Heard]]:
            others = [] if model else await self._chooser.cheaper(turn, chosen, Job("asr"))
            ways = [way(by, passages, f"a cheaper model, {by.name}, listens") for by in others[:MOST_OTHERS]]
            for by in (chosen, *others[:MOST_OTHERS]) if bound.refused and partly else ():
                first = _beginning(recording, passages, by, bound.most)
                if first:
                    told = "I write" if by is chosen else f"a cheaper model, {by.name}, writes"
                    until = clock(first[-1].offset + first[-1].seconds)
                    ways.append(way(by, first, f"{told} down only the first {until}"))
            return ways

        return await self._thrift.spend(turn, Medium.TRANSCRIPTION, way(chosen, passages), smaller)

    async def _served(
        self, turn: Turn, model: Model, recording: Recording, passages: Sequence[Passage], language: str
    ) -> Heard:
        """By the model, or by who steps in."""
        files = list(zip(passages, await _files(recording, passages), strict=True))
        lineup = await self._chooser.line(bounds_of(turn), model, Job("asr", does="wrote this down"))
        lines, missing = await lineup.serve(
            lambda one: self._write_down(turn, one, recording, files, language)
        )
        return Heard(tuple(lines), recording.seconds, len(lines) > 1, missing, lineup.note)

    async def _write_down(
        self,
        turn: Turn,
        model: Model,
        recording: Recording,
        files: Sequence[tuple[Passage, tuple[bytes, str]]],
        language: str,
    ) -> tuple[list[Line], str]:
        """The lines of all passages, and what is missing. Raises VeniceError where that is everything."""
        prices = [transcription_cost(model, _seconds(recording, passage)) for passage, _ in files]
        lines: list[Line] = []
        async with self._payments.tab(turn, Medium.TRANSCRIPTION, model, prices) as tab:
            for number, ((passage, file), price) in enumerate(zip(files, prices, strict=True)):
                request = TranscriptionRequest(*file, language=language, timestamps=True)
                try:
                    lines += await self._written(turn, tab, request, model, passage, price)
                except VeniceError as error:
                    if not number:
                        raise
                    first = clock(passage.offset)
                    return lines, f"I could write down only the first {first}. {error.reader_text}"
        return lines, ""

    async def _written(
        self,
        turn: Turn,
        tab: Tab,
        request: TranscriptionRequest,
        model: Model,
        passage: Passage,
        price: int,
    ) -> list[Line]:
        async with self._payments.call(turn, tab, model, price):
            heard = await self._client.transcribe(request, model, user=turn.person)
            tab.answered(heard.notices.request_id)
        timed = [Line(passage.offset + one.start, one.text) for one in heard.segments if one.text]
        whole = [Line(passage.offset, heard.text.strip())] if heard.text.strip() else []
        return timed or whole


def clock(seconds: float) -> str:
    """Minutes and seconds, as on a player: 4:05, 1:02:30."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


async def _files(recording: Recording, passages: Sequence[Passage]) -> list[tuple[bytes, str]]:
    """Each passage as a file Venice takes; Venice checks that the name fits the bytes."""
    whole = len(passages) == 1 and passages[0].end == len(recording.levels) and not passages[0].start
    if whole and recording.ending and len(recording.data) <= UPLOAD_LIMIT:
        return [(recording.data, f"sound.{recording.ending}")]
    cut = await asyncio.to_thread(recording.cut, passages)
    return [(data, "sound.ogg") for data in cut]


def _beginning(recording: Recording, passages: Sequence[Passage], model: Model, most: int) -> list[Passage]:
    """The passages from the beginning that a model writes down for so much, in micro-USD, the last one cut
    short where that helps."""
    found: list[Passage] = []
    for passage in passages:
        price = transcription_cost(model, _seconds(recording, passage))
        if price > most:
            # A little less than can be paid, since prices are rounded up.
            shorter = passage.seconds * most / price - 0.1
            if shorter >= LEAST_SECONDS:
                found.append(recording.beginning(passage, shorter))
            break
        most -= price
        found.append(passage)
    return found


def _seconds(recording: Recording, passage: Passage) -> float:
    return min(passage.seconds, recording.seconds - passage.offset)
