"""Text to voice: which voice speaks, and long text piece by piece, with the price reserved first."""

from __future__ import annotations

import asyncio
import difflib
from dataclasses import dataclass, replace

from bot.declarations import Medium
from bot.engine.account.thrift import MOST_OTHERS, Bound, Thrift, Way
from bot.engine.models.book import ModelBook
from bot.engine.models.choosing import Chooser, Job, Lineup, bounds_of
from bot.engine.text.spoken import beginning, pieces_for
from bot.engine.turns.tab import Payments, Tab
from bot.engine.turns.turn import Turn
from bot.engine.voice.voicebook import VoiceBook
from bot.errors import UserError, VeniceError
from bot.media.audio import Joiner, VoiceClip
from bot.media.oggopus import MIME
from bot.messages import Media, MediaKind
from bot.venice import Model, SpeechRequest, VeniceClient
from bot.venice.media_bodies import default_voice
from bot.venice.pricing import speech_cost

_FORMATS = ("opus", "mp3", "flac", "wav", "aac")
"""Best first, of those whose files say what they are."""
NOTHING_TO_SAY = "There is nothing in this to read aloud."
LEAST_READ = 40
"""Characters; a shorter beginning is not worth hearing."""
_NEAR = 3
_SOME = 12


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """A speech model and one of its voices ("" for a model without voices). `own` is what the owner of a
    learned voice calls it, whose `voice` nobody sees. `fixed` says that the model was asked for by name,
    `kept` that the voice was: neither is changed to save money."""

    model: Model
    voice: str
    own: str = ""
    fixed: bool = False
    kept: bool = False

    @property
    def name(self) -> str:
        """The voice as people know it."""
        return self.own or self.voice


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was spoken, and by whom. `note` says what is missing and why, and who stepped in; "" for
    neither. `whole` is False where something is missing; `rest` are the words a cap left no room for."""

    clip: VoiceClip
    note: str
    choice: VoiceChoice
    whole: bool = True
    rest: str = ""

    def show(self, turn: Turn, *, written: bool = True) -> None:
        """The bubble, and what is missing from it; the rest in writing, unless it is `written` already."""
        turn.show([voice_media(self.clip)])
        if self.note:
            turn.notice(self.note)
        if self.rest and not written:
            turn.notice(f"**In writing:** {self.rest}")


class Speaker:
    """Speaks through Venice."""

    def __init__(
        self,
        client: VeniceClient,
        models: ModelBook,
        chooser: Chooser,
        thrift: Thrift,
        payments: Payments,
        own_voices: VoiceBook,
    ) -> None:
        self._client = client
        self._models = models
        self._chooser = chooser
        self._thrift = thrift
        self._payments = payments
        self._own_voices = own_voices

    async def choose(self, turn: Turn, *, model: str = "", voice: str = "") -> VoiceChoice:
        """What was asked for, else what is set here, else the default; a voice belongs to its model. A
        UserError for somebody's own voice that has expired."""
        stored = turn.settings.text("voice")
        own = await self._own_voices.find(voice or stored, turn.person, turn.incoming.place)
        if own is not None and model in ("", own.model):
            await self._own_voices.used(own)
            learned = await self._models.pick_for(turn, "tts", own.model)
            return VoiceChoice(learned, own.handle, own.name, fixed=bool(model), kept=bool(voice))
        picked = await self._models.pick_for(turn, "tts", model)
        if voice:
            return VoiceChoice(picked, own_voice(picked, voice), fixed=bool(model), kept=True)
        fits = stored in picked.voices or (picked.custom_voices and await self._unlisted(stored))
        return VoiceChoice(picked, stored if fits else default_voice(picked), fixed=bool(model))

    async def _unlisted(self, voice: str) -> bool:
        """Whether a voice can only be one of a provider's own: no model lists it."""
        offered = (await self._models.catalogue()).offered("tts")
        return bool(voice) and not any(voice in model.voices for model in offered)

    async def speak(
        self, turn: Turn, text: str, choice: VoiceChoice, *, speed: float | None = None
    ) -> Spoken:
        """Text as one voice clip. The price of all pieces is reserved as one sum. Where a piece fails, what
        was spoken before it is kept; raises VeniceError or UserError when that is nothing. Where Venice
        cannot serve the model, another one speaks all of it, with a voice of its own. Near a cap on money a
        cheaper model does, or only the beginning is spoken, and it is said. `speed` 1 is the usual one."""

        def way(by: VoiceChoice, words: str, how: str = "", rest: str = "") -> Way[Spoken]:
            async def read() -> Spoken:
                spoken = await self._served(turn, words, by, speed)
                return replace(spoken, rest=rest, whole=spoken.whole and not rest)

            return Way(_price(by.model, words), read, how)

        async def smaller(bound: Bound) -> list[Way[Spoken]]:
            others = await self._cheaper(turn, choice)
            ways = [way(by, text, f"a cheaper model, {by.model.name}, reads this{how}") for by, how in others]
            who = "I read", "a cheaper model, {}, reads"
            for by, told in [(choice, who[0]), *((by, who[1].format(by.model.name)) for by, _ in others)]:
                first, rest = _within(by.model, text, bound.most) if bound.refused else ("", "")
                if first:
                    ways.append(way(by, first, f"{told} only the beginning aloud", rest))
            return ways

        return await self._thrift.spend(turn, Medium.VOICE, way(choice, text), smaller)

    async def _cheaper(self, turn: Turn, choice: VoiceChoice) -> list[tuple[VoiceChoice, str]]:
        """Cheaper models, those with the same voice first, and what there is to say about the voice."""
        if choice.fixed:
            return []
        wanted = choice.voice

        def fits(one: Model) -> bool:
            return bool(format_for(one)) and (not choice.kept or wanted in one.voices)

        found = await self._chooser.cheaper(turn, choice.model, Job("tts", fits))
        same = [(VoiceChoice(one, wanted), "") for one in found if wanted in one.voices]
        for one in found:
            if wanted not in one.voices:
                voice = default_voice(one)
                same.append((VoiceChoice(one, voice), f" with the voice `{voice}`" if voice else ""))
        return same[:MOST_OTHERS]

    async def _served(self, turn: Turn, text: str, choice: VoiceChoice, speed: float | None) -> Spoken:
        """By the model, or by who steps in."""
        job = Job("tts", lambda one: bool(format_for(one)), "reads this")
        lineup = await self._chooser.line(bounds_of(turn), choice.model, job)

        async def attempt(model: Model) -> Spoken:
            own = choice if model is choice.model else VoiceChoice(model, default_voice(model))
            return await self._read(turn, text, own, speed)

        spoken = await lineup.serve(attempt)
        notes = [_stepped_in(lineup, choice, spoken.choice), spoken.note]
        return replace(spoken, note=" ".join(note for note in notes if note))

    async def _read(self, turn: Turn, text: str, choice: VoiceChoice, speed: float | None) -> Spoken:
        pieces, left_out = pieces_for(choice.model.id, text)
        if not pieces:
            raise UserError(NOTHING_TO_SAY)
        prices = [speech_cost(choice.model, piece) for piece in pieces]
        joiner, done = Joiner(), 0
        note = f"I read the first part aloud; {left_out:,} characters are left out." if left_out else ""
        async with self._payments.tab(turn, Medium.VOICE, choice.model, prices) as tab:
            for piece, price in zip(pieces, prices, strict=True):
                try:
                    request = SpeechRequest(piece, choice.voice, format_for(choice.model), speed=speed)
                    sound = await self._spoken(turn, tab, request, price, choice.model)
                    await asyncio.to_thread(joiner.add, sound)
                except (VeniceError, UserError) as error:
                    if not done:
                        raise
                    note = f"I could read only {done} of {len(pieces)} parts aloud. {error.reader_text}"
                    break
                done += 1
        return Spoken(await asyncio.to_thread(joiner.finish), note, choice, whole=not note)

    async def _spoken(self, turn: Turn, tab: Tab, request: SpeechRequest, price: int, model: Model) -> bytes:
        async with self._payments.call(turn, tab, model, price):
            speech = await self._client.speech(request, model, user=turn.person)
            tab.answered(speech.notices.request_id)
        return speech.data


def _price(model: Model, text: str) -> int:
    """What reading as much of a text as is read at all costs, in micro-USD."""
    return sum(speech_cost(model, piece) for piece in pieces_for(model.id, text)[0])


def _within(model: Model, text: str, most: int) -> tuple[str, str]:
    """The beginning of a text that may be read for so much, and the rest; "" where that is next to
    nothing."""
    whole = _price(model, text)
    units = len(text) * most // whole if whole > most else 0
    first, rest = beginning(text, units)
    while len(first) >= LEAST_READ and _price(model, first) > most:
        units = units * 9 // 10
        first, rest = beginning(text, units)
    return (first, rest) if rest and len(first) >= LEAST_READ else ("", "")


def _stepped_in(lineup: Lineup, wanted: VoiceChoice, used: VoiceChoice) -> str:
    """That another model speaks, and with which voice, since a voice belongs to its model."""
    if not lineup.note:
        return ""
    voice = f" A voice belongs to its model, so you hear `{used.name}`." if wanted.name and used.name else ""
    return f"{lineup.note}{voice}"


def voice_media(clip: VoiceClip) -> Media:
    """A clip as a native voice bubble."""
    return Media(MediaKind.VOICE, clip.data, MIME, "voice.ogg", clip.duration, clip.waveform)


def own_voice(model: Model, voice: str) -> str:
    """The model's voice of that name, in any case; a UserError with the nearest names for another."""
    folded = {known.casefold(): known for known in model.voices}
    wanted = voice.strip().casefold()
    if wanted in folded:
        return folded[wanted]
    near = [folded[hit] for hit in difflib.get_close_matches(wanted, list(folded), _NEAR, 0.5)]
    near += [known for low, known in folded.items() if wanted in low and known not in near][:_NEAR]
    if model.custom_voices and not near:
        return voice.strip()
    raise UserError(f"`{model.id}` has no voice `{voice[:40]}`. {_offered(model, near)}")


def _offered(model: Model, near: list[str]) -> str:
    if near:
        return f"Did you mean {' or '.join(f'`{name}`' for name in near[:_NEAR])}?"
    some = ", ".join(f"`{known}`" for known in model.voices[:_SOME])
    more = " and more; `/voice` lets you hear them" if len(model.voices) > _SOME else ""
    return f"It has {some}{more}." if some else "It has no voices to choose from."


def format_for(model: Model) -> str:
    """Opus where there is some, else the model's own default; raw samples never."""
    if "opus" in model.formats or model.default_format not in ("", "pcm"):
        return "opus" if "opus" in model.formats else model.default_format
    return next((one for one in _FORMATS if one in model.formats), "")
