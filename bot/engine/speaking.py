"""Text to voice and voice to text, with the price reserved first."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.declarations import Medium
from bot.engine.cashier import Bill, Cashier
from bot.engine.models import ModelBook
from bot.engine.turn import Turn
from bot.errors import UserError
from bot.media.audio import OGG_MIME, VoiceClip, seconds_of, to_voice
from bot.messages import Media, MediaKind
from bot.venice import Model, SpeechRequest, TranscriptionRequest, VeniceClient
from bot.venice.pricing import speech_cost, transcription_cost

MOST_SPOKEN = 4 * 4_096
"""Characters spoken at most; four calls."""
_CHUNK = 4_000


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """A speech model and one of its voices ("" for the model's own default)."""

    model: Model
    voice: str


class Speaker:
    """Speaks and listens through Venice."""

    def __init__(self, client: VeniceClient, models: ModelBook, cashier: Cashier) -> None:
        self._client = client
        self._models = models
        self._cashier = cashier

    async def choose(self, turn: Turn, *, model: str = "", voice: str = "") -> VoiceChoice:
        """What was asked for, else what is set here, else the default; a voice belongs to its model."""
        wanted = model or turn.settings.text("voice_model")
        picked = await self._models.pick("tts", wanted, owner=turn.owner)
        if voice:
            return VoiceChoice(picked, _own_voice(picked, voice))
        stored = turn.settings.text("voice")
        return VoiceChoice(picked, stored if stored in picked.voices else "")

    async def speak(self, turn: Turn, text: str, choice: VoiceChoice) -> VoiceClip:
        """Text as one voice clip; long text is spoken in pieces, cut at sentences."""
        spoken = text[:MOST_SPOKEN]
        sounds = [await self._speak_piece(turn, piece, choice) for piece in _pieces(spoken)]
        return await asyncio.to_thread(to_voice, sounds)

    async def transcribe(self, turn: Turn, data: bytes, name: str) -> str:
        """What a sound says."""
        seconds = await asyncio.to_thread(seconds_of, data)
        model = await self._models.pick("asr", "", owner=turn.owner)
        price = transcription_cost(model, seconds)
        request = TranscriptionRequest(data, name)
        async with self._paying(turn, Medium.TRANSCRIPTION, model, price) as bill:
            heard = await self._client.transcribe(request, model, user=turn.person)
            bill.charge(price, request_id=heard.notices.request_id)
        return heard.text.strip()

    async def _speak_piece(self, turn: Turn, text: str, choice: VoiceChoice) -> bytes:
        price = speech_cost(choice.model, text)
        wanted = "opus" if "opus" in choice.model.formats else ""
        async with self._paying(turn, Medium.VOICE, choice.model, price) as bill:
            request = SpeechRequest(text, choice.voice, wanted)
            speech = await self._client.speech(request, choice.model, user=turn.person)
            bill.charge(price, request_id=speech.notices.request_id)
        return speech.data

    @asynccontextmanager
    async def _paying(self, turn: Turn, medium: Medium, model: Model, price: int) -> AsyncGenerator[Bill]:
        """The price held, and a fair turn on the model."""
        async with (
            self._cashier.paying(turn.payer, turn.settlements, medium, model.id, price) as bill,
            self._client.limits.turn(model.id, turn.person, 0),
        ):
            yield bill


def voice_media(clip: VoiceClip) -> Media:
    """A clip as a native voice bubble."""
    return Media(MediaKind.VOICE, clip.data, OGG_MIME, "voice.ogg", clip.duration, clip.waveform)


def speakable(markdown: str) -> str:
    """Markdown as one would read it aloud: no code, links by their words, no source numbers."""
    text = re.sub(r"(?s)```.*?(?:```|\Z)", " (code) ", markdown)
    text = re.sub(r"\[\\\[\d+\\\]\]\(<[^>]*>\)", "", text)
    text = re.sub(r"\n\n\*\*Sources\*\*\n.*\Z", "", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?m)^\s{0,3}(?:#{1,6}|>|[-*+]|\d+\.)\s+", "", text)
    text = re.sub(r"[*_`~|\\]+", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _own_voice(model: Model, voice: str) -> str:
    for known in model.voices:
        if known.lower() == voice.lower():
            return known
    if model.custom_voices:
        return voice
    some = ", ".join(f"`{known}`" for known in model.voices[:12])
    raise UserError(f"`{model.id}` has no voice `{voice[:40]}`. It has {some} and more; see `/voice`.")


def _pieces(text: str) -> list[str]:
    """At most 4,000 characters each, cut after a sentence, else at a space."""
    pieces: list[str] = []
    while len(text) > _CHUNK:
        head = text[:_CHUNK]
        cut = max(head.rfind(". "), head.rfind("! "), head.rfind("? "), head.rfind("\n")) + 1
        cut = cut or head.rfind(" ") + 1 or _CHUNK
        pieces.append(text[:cut].strip())
        text = text[cut:].strip()
    return [*pieces, text] if text else pieces
