"""Pictures, sounds and files on disk, each readable by one visitor only.

A file `ID` holds the bytes and `ID.json` says whose they are. The folder is bounded in size and age.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.errors import PlatformError, PlatformFailure
from bot.messages import MediaKind
from bot.ports import Clock

MOST_BYTES = 200_000_000
LONGEST_SECONDS = 7 * 86_400.0

_INLINE_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"})


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A stored file. `message` is the id of the message it is shown with, `at` a Unix time, `size` bytes."""

    id: str
    visitor: str
    kind: MediaKind
    mime: str
    name: str
    size: int
    message: str
    at: float
    spoiler: bool = False

    @property
    def inline(self) -> bool:
        """True for what a browser may show by itself; anything else is only ever downloaded."""
        return self.mime in _INLINE_IMAGES or self.mime.startswith(("audio/", "video/"))


@dataclass(frozen=True, slots=True)
class NewMedia:
    """A file to store."""

    kind: MediaKind
    mime: str
    name: str
    data: bytes
    spoiler: bool = False


class MediaStore:
    """The folder. All calls leave the event loop free while the disk works."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
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
            )
            try:
                await asyncio.to_thread(self._write, stored, new.data)
            except OSError as error:
                raise PlatformError(PlatformFailure.UNAVAILABLE, detail=f"web media: {error}") from error
            index[stored.id] = stored
            await self._prune(index)
            return stored

    async def find(self, media_id: str, visitor: str) -> StoredMedia | None:
        """The file of that id if it is this visitor's and still there."""
        async with self._lock:
            stored = (await self._load()).get(media_id)
        return stored if stored and stored.visitor == visitor else None

    async def of_visitor(self, visitor: str) -> dict[str, tuple[StoredMedia, ...]]:
        """A visitor's files by the message they are shown with, oldest first."""
        async with self._lock:
            index = await self._load()
        found: dict[str, tuple[StoredMedia, ...]] = {}
        for one in index.values():
            if one.visitor == visitor:
                found[one.message] = (*found.get(one.message, ()), one)
        return found

    async def read(self, media_id: str, max_bytes: int) -> bytes:
        """The bytes; PlatformError GONE or TOO_LARGE."""
        async with self._lock:
            stored = (await self._load()).get(media_id)
        if stored is None:
            raise PlatformError(PlatformFailure.GONE, detail="web media is gone")
        if stored.size > max_bytes:
            raise PlatformError(PlatformFailure.TOO_LARGE, detail=f"web media of {stored.size} bytes")
        try:
            return await asyncio.to_thread(self.path(stored).read_bytes)
        except OSError as error:
            raise PlatformError(PlatformFailure.GONE, detail=f"web media: {error}") from error

    async def forget(self, visitor: str) -> None:
        """Delete a visitor's files."""
        async with self._lock:
            index = await self._load()
            theirs = [one for one in index.values() if one.visitor == visitor]
            for one in theirs:
                del index[one.id]
            await asyncio.to_thread(self._delete, theirs)

    def path(self, stored: StoredMedia) -> Path:
        return self._folder / stored.id

    async def _load(self) -> dict[str, StoredMedia]:
        if self._index is None:
            self._index = await asyncio.to_thread(self._scan)
        return self._index

    def _scan(self) -> dict[str, StoredMedia]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = [stored for note in self._folder.glob("*.json") if (stored := _read_note(note))]
        return {one.id: one for one in sorted(found, key=lambda one: one.at)}

    def _write(self, stored: StoredMedia, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path(stored).write_bytes(data)
        self._note(stored).write_text(json.dumps(asdict(stored)), encoding="utf-8")

    def _note(self, stored: StoredMedia) -> Path:
        return self._folder / f"{stored.id}.json"

    async def _prune(self, index: dict[str, StoredMedia]) -> None:
        oldest_allowed = self._clock() - LONGEST_SECONDS
        total = sum(one.size for one in index.values())
        dropped: list[StoredMedia] = []
        for one in list(index.values())[:-1]:
            if one.at >= oldest_allowed and total <= MOST_BYTES:
                break
            total -= one.size
            dropped.append(index.pop(one.id))
        await asyncio.to_thread(self._delete, dropped)

    def _delete(self, dropped: list[StoredMedia]) -> None:
        for one in dropped:
            self.path(one).unlink(missing_ok=True)
            self._note(one).unlink(missing_ok=True)


def _read_note(note: Path) -> StoredMedia | None:
    """A half-written or foreign note is no file of ours."""
    try:
        raw = json.loads(note.read_text(encoding="utf-8"))
        stored = StoredMedia(
            id=str(raw["id"]),
            visitor=str(raw["visitor"]),
            kind=MediaKind(raw["kind"]),
            mime=str(raw["mime"]),
            name=str(raw["name"]),
            size=int(raw["size"]),
            message=str(raw["message"]),
            at=float(raw["at"]),
            spoiler=bool(raw["spoiler"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return stored if stored.id == note.stem else None


def _plain_mime(mime: str) -> str:
    return mime.partition(";")[0].strip().lower() or "application/octet-stream"
