"""Whose own voices may speak: those of the asker, and those shared where the asker is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.errors import UserError
from bot.messages import Place
from bot.ownvoices import OwnVoice, OwnVoices
from bot.ports import Clock


class VoiceBook:
    """Finds own voices by name. `person` is always the keyed hash of the asker."""

    def __init__(self, voices: OwnVoices, clock: Clock) -> None:
        self._voices = voices
        self._clock = clock

    async def usable(self, person: str, place: Place) -> list[OwnVoice]:
        """Voices that may speak for somebody somewhere and are still alive, the own ones first."""
        return [one for one in await self._known(person, place) if one.expires_at > self._clock()]

    async def find(self, name: str, person: str, place: Place) -> OwnVoice | None:
        """The voice of that name; None where there is none for this person. A UserError for one that has
        expired."""
        wanted = name.strip().casefold()
        if not wanted:
            return None
        found = [one for one in await self._known(person, place) if one.name.casefold() == wanted]
        alive = next((one for one in found if one.expires_at > self._clock()), None)
        if alive is None and found:
            raise UserError(
                f"The voice **{found[0].name}** expired on {day(found[0].expires_at)}: Venice keeps learned "
                "voices only for a while. Its owner can make it anew with `/clone`."
            )
        return alive

    async def used(self, voice: OwnVoice) -> None:
        """It speaks; some voices live on by that."""
        if voice.renewed:
            await self._voices.used(voice.id, self._clock() + voice.kept)

    async def _known(self, person: str, place: Place) -> Sequence[OwnVoice]:
        own = await self._voices.of(person)
        mine = {one.id for one in own}
        shared = [one for one in await self._voices.shared_in(place.channel_key) if one.id not in mine]
        return [*own, *shared]


def day(at: float) -> str:
    """A date as people write it, UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%B %Y}"
