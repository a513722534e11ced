"""Sound to words, long sound in passages, with the price reserved first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.declarations import Medium
from bot.engine.choosing import Chooser, Job, bounds_of
from bot.engine.fetching import Fetcher
from bot.engine.models import ModelBook
from bot.engine.tab import Payments, Tab
from bot.engine.turn import Turn
from bot.errors import VeniceError
from bot.media.listening import Passage, Recording, check_length, listen
from bot.messages import Attachment
from bot.venice import Model, TranscriptionRequest, VeniceClient
from bot.venice.pricing import transcription_cost

PASSAGE_SECONDS = 10 * 60
"""Longer sound goes to Venice in passages: one long call would time out."""
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
        payments: Payments,
        fetcher: Fetcher,
    ) -> None:
        self._client = client
        self._models = models
        self._chooser = chooser
        self._payments = payments
        self._fetcher = fetcher

    async def hear(self, turn: Turn, sound: Attachment, *, model: str = "", language: str = "") -> Heard:
        """What a sound, or the sound of a film, says; paid by its seconds, silent passages not at all.
        Where a passage fails, what was heard before it is kept; raises VeniceError when that is nothing,
        UserError for a file with nothing in it."""
        check_length(sound.duration)
        chosen = await self._models.pick_for(turn, "asr", model)
        recording = await asyncio.to_thread(listen, await self._fetcher.fetch(turn, sound))
        passages = [one for one in recording.passages(PASSAGE_SECONDS) if not recording.silent(one)]
        files = list(zip(passages, await _files(recording, passages), strict=True))
        lineup = await self._chooser.line(bounds_of(turn), chosen, Job("asr", does="wrote this down"))
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


async def _files(recording: Recording, passages: list[Passage]) -> list[tuple[bytes, str]]:
    """Each passage as a file Venice takes; Venice checks that the name fits the bytes."""
    whole = len(passages) == 1 and passages[0].end == len(recording.levels) and not passages[0].start
    if whole and recording.ending and len(recording.data) <= UPLOAD_LIMIT:
        return [(recording.data, f"sound.{recording.ending}")]
    cut = await asyncio.to_thread(recording.cut, passages)
    return [(data, "sound.ogg") for data in cut]


def _seconds(recording: Recording, passage: Passage) -> float:
    return min(passage.seconds, recording.seconds - passage.offset)
