"""Pictures, sounds and files on disk, each readable by one visitor only.

The folder is bounded in size and age. What lies in it is sealed where the operator gave a key; what is
fleeting is sealed with a key that ends with the process, always.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from adapters.web.folder import FOLDER, Folder, Scan, StoredMedia
from bot.errors import PlatformError, PlatformFailure
from bot.messages import MediaKind
from bot.ports import Clock
from bot.sealedfiles import Damaged, FileCipher, ForeignKey, SealedFile

__all__ = [
    "FLEETING_SECONDS",
    "LONGEST_SECONDS",
    "MOST_BYTES",
    "MediaStore",
    "NewMedia",
    "StoredMedia",
    "seal_files",
]

T = TypeVar("T")
log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_BYTES = 200_000_000
LONGEST_SECONDS = 7 * 86_400.0
FLEETING_SECONDS = 3600.0
"""How long a file is kept that was off the record, or made to be taken away."""
OTHER_KEY = (
    "{count} files of the web page are sealed with another secret key and cannot be shown. Put that key into "
    "GONDOLA_OLD_SECRET_KEYS to have them back; after a week they are deleted."
)


@dataclass(frozen=True, slots=True)
class NewMedia:
    """A file to store."""

    kind: MediaKind
    mime: str
    name: str
    data: bytes
    spoiler: bool = False
    fleeting: bool = False


class MediaStore:
    """The folder. All calls leave the event loop free while the disk works."""

    def __init__(self, data_dir: Path, clock: Clock, cipher: FileCipher) -> None:
        self._folder = Folder(data_dir / FOLDER, cipher)
        self._clock = clock
        self._index: dict[str, StoredMedia] | None = None
        self._lock = asyncio.Lock()

    async def put(self, visitor: str, message: str, new: NewMedia) -> StoredMedia:
        """Store a file; the oldest go when the folder is full. PlatformError UNAVAILABLE when the disk
        refuses."""
        async with self._lock:
            index = await self._load()
            stored = StoredMedia(
                id=secrets.token_urlsafe(18),
                visitor=visitor,
                kind=new.kind,
                mime=_plain_mime(new.mime),
                name=new.name,
                size=len(new.data),
                message=message,
                at=self._clock(),
                spoiler=new.spoiler,
                fleeting=new.fleeting,
            )
            index[stored.id] = stored
            try:
                await _on_disk(lambda: self._folder.write(stored, new.data))
            except PlatformError:
                del index[stored.id]
                raise
            await self._prune(index, stored.id)
            return stored

    async def find(self, media_id: str, visitor: str) -> StoredMedia | None:
        """The file of that id if it is this visitor's and still there."""
        async with self._lock:
            stored = (await self._load()).get(media_id)
        return stored if stored and stored.visitor == visitor else None

    async def open(self, stored: StoredMedia) -> SealedFile:
        """A file to read in parts; PlatformError GONE."""
        try:
            return await asyncio.to_thread(self._folder.open, stored)
        except (OSError, ForeignKey, Damaged) as error:
            raise PlatformError(PlatformFailure.GONE, detail=f"web media: {error}") from error

    async def of_visitor(self, visitor: str) -> dict[str, tuple[StoredMedia, ...]]:
        """A visitor's files by the message they are shown with, oldest first."""
        found: dict[str, tuple[StoredMedia, ...]] = {}
        for one in await self.files_of({visitor}):
            found[one.message] = (*found.get(one.message, ()), one)
        return found

    async def files_of(self, visitors: Collection[str]) -> list[StoredMedia]:
        """The files of visitors, oldest first."""
        async with self._lock:
            return [one for one in (await self._load()).values() if one.visitor in visitors]

    async def visitors(self) -> set[str]:
        """Whoever has files here."""
        async with self._lock:
            return {one.visitor for one in (await self._load()).values()}

    async def read(self, media_id: str, max_bytes: int) -> bytes:
        """The bytes; PlatformError GONE or TOO_LARGE."""
        async with self._lock:
            stored = (await self._load()).get(media_id)
        if stored is None:
            raise PlatformError(PlatformFailure.GONE, detail="web media is gone")
        if stored.size > max_bytes:
            raise PlatformError(PlatformFailure.TOO_LARGE, detail=f"web media of {stored.size} bytes")
        opened = await self.open(stored)
        try:
            return await asyncio.to_thread(opened.whole)
        except (OSError, Damaged) as error:
            raise PlatformError(PlatformFailure.GONE, detail=f"web media: {error}") from error

    async def forget(self, visitor: str) -> int:
        """Delete a visitor's files; returns how many. PlatformError UNAVAILABLE when the disk refuses."""
        return await self._drop(lambda one: one.visitor == visitor)

    async def expire(self, visitor: str, before: float) -> int:
        """Delete a visitor's files from before a time; returns how many. PlatformError UNAVAILABLE."""
        return await self._drop(lambda one: one.visitor == visitor and one.at < before)

    async def tidy(self) -> None:
        """Delete what is too old for anybody. PlatformError UNAVAILABLE."""
        async with self._lock:
            await self._prune(await self._load())

    async def _load(self) -> dict[str, StoredMedia]:
        if self._index is None:
            oldest = self._clock() - LONGEST_SECONDS
            found = await _on_disk(lambda: self._folder.scan(oldest))
            if found.foreign:
                log.warning("web.files_of_another_key", hint=OTHER_KEY.format(count=found.foreign))
            self._index = {one.id: one for one in found.files}
        return self._index

    async def _prune(self, index: dict[str, StoredMedia], spared: str = "") -> None:
        """Drop what is too old, and the oldest where all is too much; not the one of the id `spared`."""
        now = self._clock()
        total = sum(one.size for one in index.values())
        dropped: list[StoredMedia] = []
        for one in index.values():
            longest = FLEETING_SECONDS if one.fleeting else LONGEST_SECONDS
            if one.id != spared and (now - one.at > longest or total > MOST_BYTES):
                total -= one.size
                dropped.append(one)
        await self._remove(index, dropped)

    async def _drop(self, gone: Callable[[StoredMedia], bool]) -> int:
        async with self._lock:
            index = await self._load()
            dropped = [one for one in index.values() if gone(one)]
            await self._remove(index, dropped)
            return len(dropped)

    async def _remove(self, index: dict[str, StoredMedia], dropped: list[StoredMedia]) -> None:
        """From the disk first: what could not be deleted is still known, and is tried again."""
        if dropped:
            await _on_disk(lambda: self._folder.drop(dropped))
        for one in dropped:
            del index[one.id]


def seal_files(data_dir: Path, cipher: FileCipher, now: float) -> Scan:
    """Have the files of a page that is not running as the cipher asks. Raises OSError."""
    if not (data_dir / FOLDER).is_dir():
        return Scan()
    return Folder(data_dir / FOLDER, cipher).scan(now - LONGEST_SECONDS)


async def _on_disk(work: Callable[[], T]) -> T:
    """Whoever is cancelled waits for the end all the same: the disk is never a step ahead of the index."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
    except OSError as error:
        raise PlatformError(PlatformFailure.UNAVAILABLE, detail=f"web media: {error.strerror}") from error


def _plain_mime(mime: str) -> str:
    return mime.partition(";")[0].strip().lower() or "application/octet-stream"
