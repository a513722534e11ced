"""Files at rest: a note and bytes in one file, in chunks, so that a part can be read without the rest.

    head     "GONF1\\n" · key (12 characters) · salt (16 bytes) · length of the note (4 bytes)
    note     what is known of the file, for whoever keeps it
    chunks   64 KiB each, the last one shorter

The key is named by its fingerprint, as in the database; "plain" and "fleeting" are no fingerprints. Each file
has a key of its own, made of the house's key and the salt, and each chunk is AES-256-GCM under it: with its
number, with whether it is the last, and bound to the file's name, so that nothing can be swapped, cut off or
put in another place. Whoever overwrites the salt has made the file unreadable.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"GONF1\n"
CHUNK = 64 * 1024
"""Bytes that are encrypted together."""
PLAIN, FLEETING = "plain", "fleeting"
"""In the place of a fingerprint: not encrypted; encrypted with a key that only this process has."""
_KEY_CHARS = 12
_SALT = 16
_HEAD = struct.Struct(f">{len(MAGIC)}s{_KEY_CHARS}s{_SALT}sI")
_TAG = 16
_MOST_NOTE = 64 * 1024
_PURPOSE = b"gondola: files at rest"
_FILE = b"one file: "
_NOTE, _PART, _LAST = b"note", b"part", b"last"
"""What is sealed, as the nonce begins; eight bytes of its number follow."""


class ForeignKey(Exception):
    """The file is sealed with a key that this house does not have."""


class Damaged(Exception):
    """The file is none of this kind, or not as it was written."""


@dataclass(frozen=True, slots=True)
class Head:
    """How a file begins. `key` is as in the file, `note_size` what the note takes there."""

    key: str
    salt: bytes
    note_size: int

    @property
    def start(self) -> int:
        """Where the chunks begin."""
        return _HEAD.size + self.note_size


class FileCipher:
    """Seals with the first key where `sealing`, else leaves files plain; opens with any of its keys.

    What is `fleeting` is sealed with a key made up here and kept in memory only: it ends with the process.
    """

    def __init__(self, keys: Sequence[bytes] = (), *, sealing: bool = False) -> None:
        """Secrets of any length, the newest first."""
        derived = [_derived(key, _PURPOSE) for key in keys]
        prints = [hashlib.sha256(key).hexdigest()[:_KEY_CHARS] for key in derived]
        self._keys = dict(zip(prints, derived, strict=True))
        self._keys[FLEETING] = os.urandom(32)
        self.newest = prints[0] if sealing else PLAIN
        """The key that is written with."""

    def write(self, path: Path, note: bytes, data: bytes, *, fleeting: bool = False) -> None:
        """Put a file there, all of it or nothing, mode 0600; what is there already is replaced. Raises
        OSError."""
        draft = path.with_name(f"{path.name}.new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                self._put(file, path.name, note, data, FLEETING if fleeting else self.newest)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def open(self, path: Path) -> SealedFile:
        """A file to read. Raises OSError, ForeignKey or Damaged."""
        with path.open("rb") as file:
            head = read_head(file)
            key = self._keys.get(head.key)
            if key is None and head.key != PLAIN:
                raise ForeignKey(head.key)
            cipher = _cipher(key, head.salt) if key is not None else None
            note = _opened(cipher, _NOTE, 0, path.name, file.read(head.note_size))
            stored = file.seek(0, os.SEEK_END) - head.start
        return SealedFile(path, head, note, stored, cipher)

    def _put(self, file: BinaryIO, name: str, note: bytes, data: bytes, key: str) -> None:
        salt = os.urandom(_SALT)
        cipher = None if key == PLAIN else _cipher(self._keys[key], salt)
        sealed = _sealed(cipher, _NOTE, 0, name, note)
        file.write(_HEAD.pack(MAGIC, key.ljust(_KEY_CHARS, "-").encode(), salt, len(sealed)) + sealed)
        view = memoryview(data)
        last = _last_chunk(len(data))
        for number in range(last + 1):
            kind = _LAST if number == last else _PART
            part = view[number * CHUNK : (number + 1) * CHUNK]
            file.write(_sealed(cipher, kind, number, name, part))


class SealedFile:
    """A file whose note is read. Bytes are read when they are asked for."""

    def __init__(self, path: Path, head: Head, note: bytes, stored: int, cipher: AESGCM | None) -> None:
        """`stored` counts what follows the note."""
        self.note = note
        self.key = head.key
        self._path = path
        self._start = head.start
        self._cipher = cipher
        self._chunk = CHUNK + (0 if cipher is None else _TAG)
        self._last = _last_chunk(stored) if cipher is None else max(0, -(-stored // self._chunk) - 1)
        self.size = stored - (0 if cipher is None else (self._last + 1) * _TAG)
        """Bytes."""

    def read(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `first` up to `end` (not included), a chunk at a time. Raises OSError or Damaged."""
        end = self.size if end is None else min(end, self.size)
        if first >= end:
            return
        with self._path.open("rb") as file:
            for number in range(first // CHUNK, (end - 1) // CHUNK + 1):
                file.seek(self._start + number * self._chunk)
                kind = _LAST if number == self._last else _PART
                part = _opened(self._cipher, kind, number, self._path.name, file.read(self._chunk))
                begin = number * CHUNK
                yield part[max(0, first - begin) : end - begin]

    def whole(self) -> bytes:
        """All of it. Raises OSError or Damaged."""
        return b"".join(self.read())


def read_head(file: BinaryIO) -> Head:
    """How a file begins. Raises OSError, or Damaged for what is no such file."""
    raw = file.read(_HEAD.size)
    if len(raw) < _HEAD.size or not raw.startswith(MAGIC):
        raise Damaged("no such file")
    _, key, salt, note_size = _HEAD.unpack(raw)
    if note_size > _MOST_NOTE:
        raise Damaged("a note beyond measure")
    return Head(key.decode("ascii", "replace").rstrip("-"), salt, note_size)


def shred(path: Path) -> None:
    """Delete a file, and overwrite before that what makes it readable: the key's part of an encrypted file,
    all of any other. What is not there is deleted. Raises OSError."""
    try:
        with path.open("r+b") as file:
            try:
                head = read_head(file)
                size = path.stat().st_size if head.key == PLAIN else head.start
            except Damaged:
                size = path.stat().st_size
            file.seek(0)
            for start in range(0, size, CHUNK):
                file.write(bytes(min(CHUNK, size - start)))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


def _last_chunk(size: int) -> int:
    """The number of the last chunk; nothing is one empty chunk."""
    return max(0, -(-size // CHUNK) - 1)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(key)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derived(key, _FILE + salt))


def _nonce(kind: bytes, number: int) -> bytes:
    return kind + number.to_bytes(8, "big")


def _sealed(cipher: AESGCM | None, kind: bytes, number: int, name: str, data: bytes | memoryview) -> bytes:
    if cipher is None:
        return bytes(data)
    return cipher.encrypt(_nonce(kind, number), data, name.encode())


def _opened(cipher: AESGCM | None, kind: bytes, number: int, name: str, data: bytes) -> bytes:
    if cipher is None:
        return data
    try:
        return cipher.decrypt(_nonce(kind, number), data, name.encode())
    except InvalidTag:
        raise Damaged("not as it was written") from None
