"""What doors keep by themselves, asked for from within: forgotten with a chat, in time, and taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.doorfiles import DoorFile, KeepsFiles
from bot.errors import PlatformError
from bot.messages import Place
from bot.ports import Door


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and the door that has it."""

    about: DoorFile
    door: KeepsFiles

    async def data(self) -> bytes | None:
        """Its bytes, None where it is gone."""
        try:
            return await self.door.file_bytes(self.about.id)
        except PlatformError:
            return None


class DoorFiles:
    """Asks every door that keeps files. Raises PlatformError."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors

    def kept_by(self, place: Place) -> bool:
        """Whether the door of a place keeps files."""
        return isinstance(self._doors.get(place.platform), KeepsFiles)

    async def forget(self, place: Place) -> int:
        """Delete what is kept of a place; returns how many files."""
        door = self._doors.get(place.platform)
        return await door.forget_place(place) if isinstance(door, KeepsFiles) else 0

    async def expire(self, before: Callable[[Place], float | None]) -> int:
        """Delete what is older than each place says, None for nothing; returns how many files."""
        gone = 0
        for door in self._keepers():
            for place in await door.kept_places():
                oldest = before(place)
                if oldest is not None:
                    gone += await door.expire_place(place, oldest)
        return gone

    async def of(self, speakers: frozenset[str]) -> list[Found]:
        """The files of people (keys)."""
        return [Found(one, door) for door in self._keepers() for one in await door.files_of(speakers)]

    def _keepers(self) -> list[KeepsFiles]:
        return [one for one in self._doors.values() if isinstance(one, KeepsFiles)]
