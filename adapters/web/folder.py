"""The folder of the page's files on disk: each one with what is known of it, sealed with the house's key.

Everything here waits for the disk: call it from a thread. `ID` is a file; `ID.new` is one being written,
`ID.old` one being replaced. Before, a file was `ID` as it is, with `ID.json` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bot.messages import MediaKind
from bot.sealedfiles import FLEETING, Damaged, FileCipher, ForeignKey, SealedFile, shred

FOLDER = "web-media"
"""Its name in the data directory."""
_DRAFT, _OLD, _NOTE = ".new", ".old", ".json"


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A stored file. `message` is the id of the message it is shown with, `at` a Unix time, `size` bytes;
    `fleeting` says that it was off the record or made to be taken away, and goes after an hour."""

    id: str
    visitor: str
    kind: MediaKind
    mime: str
    name: str
    size: int
    message: str
    at: float
    spoiler: bool = False
    fleeting: bool = False

    @property
    def inline(self) -> bool:
        """True for what a browser may show by itself; anything else is only ever downloaded."""
        return self.mime in _INLINE_IMAGES or self.mime.startswith(("audio/", "video/"))


_INLINE_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"})


@dataclass(slots=True)
class Scan:
    """What is in the folder: files that can be read, oldest first, and how many are sealed with another key;
    `renewed` counts those that were written anew."""

    files: list[StoredMedia] = field(default_factory=list[StoredMedia])
    foreign: int = 0
    renewed: int = 0


class Folder:
    """Reads and writes it. Raises OSError."""

    def __init__(self, path: Path, cipher: FileCipher) -> None:
        self._path = path
        self._cipher = cipher

    def scan(self, oldest: float) -> Scan:
        """Look through it: what was broken off is put right, what is not sealed as the house asks is written
        anew, and what nobody can read any more goes; so do files of another key that were last written before
        `oldest`."""
        self._prepare()
        self._mend()
        found = Scan()
        for path in self._files():
            try:
                opened = self._cipher.open(path)
                stored = _read_note(opened.note, path.name)
            except ForeignKey:
                self._foreign(path, oldest, found)
                continue
            except Damaged:
                shred(path)
                continue
            if opened.key not in (self._cipher.newest, FLEETING):
                self._rewrite(path, stored, opened.whole())
                found.renewed += 1
            found.files.append(stored)
        found.files.sort(key=lambda one: one.at)
        return found

    def write(self, stored: StoredMedia, data: bytes) -> None:
        """Put a file there."""
        self._prepare()
        self._cipher.write(self._path / stored.id, _written(stored), data, fleeting=stored.fleeting)

    def open(self, stored: StoredMedia) -> SealedFile:
        """A file to read; raises ForeignKey or Damaged, too."""
        opened = self._cipher.open(self._path / stored.id)
        if opened.size != stored.size:
            raise Damaged("not as long as it was")
        return opened

    def drop(self, files: list[StoredMedia]) -> None:
        """Delete files, so that nobody can read them any more."""
        for one in files:
            shred(self._path / one.id)

    def _prepare(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.chmod(0o700)

    def _files(self) -> Iterator[Path]:
        for path in sorted(self._path.iterdir()):
            if path.is_file() and not path.name.endswith((_DRAFT, _OLD, _NOTE)):
                yield path

    def _mend(self) -> None:
        """What a process that died has left, and files of the form of before."""
        for path in sorted(self._path.glob(f"*{_DRAFT}")):
            shred(path)
        for old in sorted(self._path.glob(f"*{_OLD}")):
            path = old.with_name(old.name.removesuffix(_OLD))
            if path.exists():
                shred(old)
            else:
                old.rename(path)
        for note in sorted(self._path.glob(f"*{_NOTE}")):
            path = note.with_name(note.name.removesuffix(_NOTE))
            try:
                stored, data = _read_note(note.read_bytes(), path.name), path.read_bytes()
            except (Damaged, FileNotFoundError):
                shred(path)
            else:
                if not self._renewed(path):
                    self._rewrite(path, replace(stored, size=len(data)), data)
            shred(note)

    def _renewed(self, path: Path) -> bool:
        """Whether a file of the form of before was written anew, and only its note is left to go."""
        try:
            self._cipher.open(path)
        except Damaged:
            return False
        except ForeignKey:
            pass
        return True

    def _rewrite(self, path: Path, stored: StoredMedia, data: bytes) -> None:
        old = path.with_name(path.name + _OLD)
        path.rename(old)
        self._cipher.write(path, _written(stored), data)
        shred(old)

    def _foreign(self, path: Path, oldest: float, found: Scan) -> None:
        if path.stat().st_mtime < oldest:
            shred(path)
        else:
            found.foreign += 1


def _written(stored: StoredMedia) -> bytes:
    return json.dumps(asdict(stored)).encode()


def _read_note(raw: bytes, file_id: str) -> StoredMedia:
    """Raises Damaged for a half-written or foreign one."""
    try:
        told = json.loads(raw)
        stored = StoredMedia(
            id=str(told["id"]),
            visitor=str(told["visitor"]),
            kind=MediaKind(told["kind"]),
            mime=str(told["mime"]),
            name=str(told["name"]),
            size=int(told["size"]),
            message=str(told["message"]),
            at=float(told["at"]),
            spoiler=bool(told["spoiler"]),
            fleeting=bool(told.get("fleeting", False)),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Damaged("no note of ours") from None
    if stored.id != file_id:
        raise Damaged("the note of another file")
    return stored
