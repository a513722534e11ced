"""Somebody's data as one file to take away: data.json, and the media as far as the platform takes them."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.engine.doors.identities import Identities
from bot.engine.people.doorfiles import DoorFiles, Found
from bot.errors import UserError
from bot.messages import Media, MediaKind, Person
from bot.people import Dossier, ExportedFile
from bot.ports import Clock
from bot.storing import Store

EVERY = 3600.0
"""Seconds between two exports of one person."""
_SLACK = 64 * 1024
"""Bytes of the platform's limit that the zip's own structure and the form around it may take."""
TOO_SOON = (
    "You took your data away less than an hour ago. Please wait {minutes} min, then use `/export` again."
)
TOO_LARGE = (
    "Your data are more than I may send here. Erase chats you no longer need with `/forget`, or ask whoever "
    "runs this bot for them."
)
ABOUT = (
    "All that this bot stores of you. Times are Unix seconds (UTC), money is in millionths of a dollar. Of "
    "conversations these are your words and the bot's answers to them. Files too large to come along are "
    "listed without `path`."
)


@dataclass(slots=True)
class _Packing:
    """A zip being filled, up to `room` bytes."""

    room: int
    files: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def take(self, path: str, data: bytes) -> bool:
        """Whether there was room for it."""
        if len(data) > self.room:
            return False
        self.room -= len(data)
        self.files.append((path, data))
        return True


class Exporter:
    """Makes the file."""

    def __init__(self, store: Store, identities: Identities, door_files: DoorFiles, clock: Clock) -> None:
        self._store = store
        self._identities = identities
        self._door_files = door_files
        self._clock = clock

    async def take(self, person: Person, limit: int) -> Media:
        """All data of a person as a file of at most `limit` bytes. Raises UserError where that is too soon
        after the last time, or impossible."""
        await self._once_an_hour(self._identities.person(person))
        whose = await self._identities.whose(person)
        dossier = await self._store.people.dossier(whose)
        words = len(json.dumps(dossier.subjects, ensure_ascii=False).encode())
        packing = _Packing(max(0, limit - _SLACK - min(words, limit // 2)))
        listed = [await self._listed(packing, number, one) for number, one in enumerate(dossier.files, 1)]
        listed += [
            await self._shown(packing, number, one)
            for number, one in enumerate(await self._door_files.of(whose.speakers), len(listed) + 1)
        ]
        day = f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%d}"
        data = await asyncio.to_thread(_zipped, _document(dossier, listed, self._clock()), packing.files)
        if len(data) > limit:
            raise UserError(TOO_LARGE)
        name = f"gondola-export-{day}.zip"
        return Media(MediaKind.DOCUMENT, data, "application/zip", name, fleeting=True)

    async def _once_an_hour(self, person: str) -> None:
        mark, now = f"exported:{person}", self._clock()
        last = await self._store.marks.get(mark)
        wait = float(last or 0) + EVERY - now
        # Text of equal length sorts like the number it stands for; of two at once one gets through.
        if wait > 0 or not await self._store.marks.advance(mark, f"{now:014.3f}"):
            raise UserError(TOO_SOON.format(minutes=max(1, round(wait / 60))))

    async def _listed(self, packing: _Packing, number: int, about: ExportedFile) -> Mapping[str, object]:
        told = {
            "name": about.name,
            "mime": about.mime,
            "bytes": about.size,
            "created_at": about.created_at,
            "made_of": about.made_of,
        }
        if about.size > packing.room:
            return told
        file = await self._store.vault.get(about.id, self._clock())
        path = f"media/{number:03d}-{_plain(about.name)}"
        if file is None or not packing.take(path, file.data):
            return told
        return {**told, "path": path}

    async def _shown(self, packing: _Packing, number: int, found: Found) -> Mapping[str, object]:
        """A file that a page of ours keeps to show it."""
        about = found.about
        told = {"name": about.name, "mime": about.mime, "bytes": about.size, "created_at": about.created_at}
        data = await found.data() if about.size <= packing.room else None
        path = f"media/{number:03d}-{_plain(about.name)}"
        if data is None or not packing.take(path, data):
            return told
        return {**told, "path": path}


def _document(dossier: Dossier, files: Sequence[Mapping[str, object]], at: float) -> str:
    document = {"about": ABOUT, "made_at": at, **dossier.subjects, "files": files}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _zipped(document: str, files: Sequence[tuple[str, bytes]]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data.json", document)
        for path, data in files:
            packed.writestr(path, data, compress_type=zipfile.ZIP_STORED)
    return written.getvalue()


def _plain(name: str) -> str:
    """A file name without anything a path is made of."""
    return re.sub(r"[^\w.-]", "_", name).strip(".")[-80:] or "file"
