"""Voices of people, made from a sample of their own: what is kept of them, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.auditing import Change


@dataclass(frozen=True, slots=True)
class OwnVoice:
    """A voice somebody agreed to have learned. `person` is the keyed hash of its owner, `name` what the owner
    calls it, `statement` the exact words agreed to at `agreed_at`. `handle` is Venice's, good for `model`
    only, "" while it is being made. `renewed` says that it dies `kept` seconds after its last use, not after
    it was made. Times are Unix seconds."""

    id: str
    person: str
    name: str
    statement: str
    agreed_at: float
    model: str = ""
    handle: str = ""
    expires_at: float = 0.0
    kept: float = 0.0
    renewed: bool = False


class OwnVoices(Protocol):
    """Own voices, in storage."""

    async def agree(self, voice: OwnVoice) -> bool:
        """Record that somebody agreed, before anything is made; False where it is recorded already."""
        ...

    async def made(self, voice: OwnVoice) -> None:
        """The agreed voice has its handle now; an older one of the same person and name is dropped."""
        ...

    async def of(self, person: str) -> list[OwnVoice]:
        """The voices of a person that were made, the newest first, also expired ones."""
        ...

    async def shared_in(self, channel: str) -> list[OwnVoice]:
        """The voices everybody in a channel may use, the newest first."""
        ...

    async def places_of(self, voice_id: str) -> Sequence[str]:
        """The channels a voice is shared in."""
        ...

    async def share(self, voice_id: str, channel: str, *, shared: bool, change: Change | None = None) -> None:
        """Let everybody in a channel use a voice, or no longer. `change` goes into the audit log with it."""
        ...

    async def used(self, voice_id: str, expires_at: float) -> None:
        """It lives on until then."""
        ...

    async def drop(self, person: str, voice_id: str) -> bool:
        """Forget a voice of that person everywhere, the agreement too; False where there is none."""
        ...

    async def purge(self, before: float) -> int:
        """Forget what expired, or was agreed to and never made, before a time; returns how many."""
        ...


class HasOwnVoices(Protocol):
    """A store that keeps people's own voices."""

    @property
    def own_voices(self) -> OwnVoices: ...
