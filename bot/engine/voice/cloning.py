"""Learning a person's own voice: the sample checked, the agreement recorded, then one paid call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from bot.declarations import Medium
from bot.engine.files.fetching import Fetcher
from bot.engine.models.book import ModelBook, allowed
from bot.engine.money.cashier import Cashier
from bot.engine.turns.turn import Turn
from bot.errors import CapReached, UserError, VeniceError, VeniceFailure
from bot.media.listening import check_length, listen
from bot.media.waves import to_wav
from bot.messages import Attachment
from bot.ownvoices import OwnVoice, OwnVoices
from bot.venice import ClonedVoice, Model, VeniceClient, VoiceSample, cloning_of
from bot.venice.pricing import CLONE_FEE

USUAL = "tts-chatterbox-hd"
LONGEST = 60.0
"""Seconds of a sample that are used; more makes no better voice."""
MOST_VOICES = 5
DAY = 86_400.0
USED = "This agreement was used already. Please begin anew with `/clone`."


@dataclass(frozen=True, slots=True)
class Sample:
    """A checked sample: its file for Venice, and its length in seconds."""

    file: VoiceSample
    seconds: float


class Cloner:
    """Makes voices at Venice, each once."""

    def __init__(
        self,
        client: VeniceClient,
        models: ModelBook,
        cashier: Cashier,
        fetcher: Fetcher,
        voices: OwnVoices,
    ) -> None:
        self._client = client
        self._models = models
        self._cashier = cashier
        self._fetcher = fetcher
        self._voices = voices

    async def model(self, turn: Turn, wanted: str) -> Model:
        """A speech model that learns voices; a UserError that names those which do."""
        able = [
            one for one in (await self._models.catalogue()).offered("tts", allowed(turn)) if cloning_of(one)
        ]
        if not able:
            raise UserError(
                "Venice offers no model right now that can learn a voice and that this place allows."
            )
        if not wanted:
            return next((one for one in able if one.id == USUAL), able[0])
        picked = await self._models.pick_for(turn, "tts", wanted)
        if cloning_of(picked) is None:
            names = " or ".join(f"`{one.id}`" for one in able)
            raise UserError(f"{picked.name} cannot learn a voice; {names} can.")
        return picked

    async def check_name(self, person: str, name: str) -> None:
        """Refuse a name that is taken by a voice of Venice, and one voice too many."""
        listed = (await self._models.catalogue()).offered("tts")
        if any(name.casefold() == voice.casefold() for model in listed for voice in model.voices):
            raise UserError(f"Venice has a voice of its own called `{name}`. Please choose another name.")
        own = await self._voices.of(person)
        if len(own) >= MOST_VOICES and not any(one.name == name for one in own):
            raise UserError(f"You have {MOST_VOICES} voices already. Forget one with `/voices` first.")

    async def sample(self, turn: Turn, sound: Attachment, model: Model) -> Sample:
        """A sample, measured and in a form the model takes. A UserError says what is wrong with it."""
        cloning = cloning_of(model)
        if cloning is None:
            raise UserError(f"{model.name} cannot learn a voice.")
        check_length(sound.duration)
        data = await self._fetcher.fetch(turn, sound)
        heard = await asyncio.to_thread(listen, data)
        if heard.seconds < cloning.min_seconds:
            raise UserError(
                f"This is {heard.seconds:.0f} seconds long; {model.name} needs at least "
                f"{cloning.min_seconds:.0f} seconds of clear speech, better ten."
            )
        if "wav" in cloning.formats:
            written = await asyncio.to_thread(to_wav, data, LONGEST)
            return Sample(VoiceSample(written, "sample.wav"), min(heard.seconds, LONGEST))
        if heard.ending not in cloning.formats:
            raise UserError(f"{model.name} learns from {', '.join(cloning.formats).upper()} files only.")
        return Sample(VoiceSample(data, f"sample.{heard.ending}"), heard.seconds)

    async def make(self, turn: Turn, sound: Attachment, voice: OwnVoice) -> OwnVoice:
        """The voice, learned. The agreement is recorded before Venice is called, and counts once: pressed
        again, or after a crash, nothing is made twice. Where Venice refuses, nothing is kept."""
        model = await self.model(turn, voice.model)
        sample = await self.sample(turn, sound, model)
        if not await self._voices.agree(voice):
            raise UserError(USED)
        try:
            made = await self._made(turn, sample, model)
        except (UserError, CapReached, VeniceError) as error:
            # Without an answer there may be a voice that we cannot name: the agreement stays used.
            if not isinstance(error, VeniceError) or error.status is not None:
                await self._voices.drop(voice.person, voice.id)
            raise
        kept = made.retention_days * DAY
        learned = replace(
            voice,
            model=made.model_id,
            handle=made.id,
            expires_at=turn.now + kept,
            kept=kept,
            renewed=made.renewed,
        )
        await self._voices.made(learned)
        return learned

    async def _made(self, turn: Turn, sample: Sample, model: Model) -> ClonedVoice:
        paying = self._cashier.paying(turn.payer, turn.settlements, Medium.VOICE, model.id, CLONE_FEE)
        try:
            async with paying as bill:
                bill.wait()
                async with self._client.limits.turn(model.id, turn.person, 0):
                    bill.start()
                    made = await self._client.clone_voice(sample.file, model, user=turn.person)
                    bill.charge(CLONE_FEE, uncertain=True, request_id=made.request_id)
        except VeniceError as error:
            if error.failure is VeniceFailure.FORBIDDEN:
                raise UserError(
                    f"Venice has not opened learning voices with {model.name} to this bot's account, so "
                    "nothing was made and nothing was spent. Another model may be open: `/clone model=…`.",
                    detail=error.detail,
                ) from error
            raise
        return made
