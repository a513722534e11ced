"""Encrypted files: AES-256-GCM in pieces, each bound to its place, so that nothing can be changed, moved or
cut off unnoticed. The key is derived from a passphrase, or from what a key file holds, and a salt.

    magic, salt (16 bytes), then pieces of 64 KiB plus tag; the nonce counts pieces and marks the last one
"""

from __future__ import annotations

import io
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.errors import OperatorError

MAGIC = b"GONDOLA SEALED 1\n"
_SALT = 16
_PIECE = 64 * 1024
_TAG = 16
WRONG = "The passphrase or key file does not fit this backup, or the backup is damaged."


class SealedWriter(io.RawIOBase):
    """Encrypts what is written into `file`, which stays open. Close it, or the last piece is missing."""

    def __init__(self, file: IO[bytes], secret: bytes) -> None:
        salt = os.urandom(_SALT)
        self._file = file
        self._cipher = _cipher(secret, salt)
        self._waiting = bytearray()
        self._count = 0
        file.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._emit(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._emit(bytes(self._waiting), last=True)
        super().close()

    def _emit(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, last=last), piece, MAGIC))
        self._count += 1


class SealedReader(io.RawIOBase):
    """Decrypts `file`, which stands behind the magic. Reading raises OperatorError for a wrong secret and for
    every change."""

    def __init__(self, file: IO[bytes], secret: bytes) -> None:
        self._file = file
        self._cipher = _cipher(secret, file.read(_SALT))
        self._next = file.read(_PIECE + _TAG)
        self._plain = b""
        self._count = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        while not self._plain and not self._ended:
            self._advance()
        some = self._plain[: len(buffer)]
        self._plain = self._plain[len(some) :]
        buffer[: len(some)] = some
        return len(some)

    def _advance(self) -> None:
        piece, self._next = self._next, self._file.read(_PIECE + _TAG)
        self._ended = not self._next
        try:
            self._plain = self._cipher.decrypt(_nonce(self._count, last=self._ended), piece, MAGIC)
        except InvalidTag:
            raise OperatorError(WRONG) from None
        self._count += 1


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    if not secret:
        raise OperatorError("The passphrase or key file is empty.")
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(secret))


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([last])
