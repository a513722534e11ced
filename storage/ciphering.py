"""Words at rest: AES-256-GCM under a key made of the house's secret, and how a stored value tells what it is.

    text    STX "s1." KEY "." DATA        KEY is the fingerprint of the key (12 hex digits), DATA base64
    bytes   STX "GS1" KEY DATA            DATA is the nonce and what is encrypted

Values without such a beginning are plain: databases existed before, and a house may do without encryption. A
plain value that happens to begin so carries "plain" for a key. The empty text stays empty.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Dialect

from bot.errors import OperatorError

TEXT_MARK = "\x02s1."
BYTES_MARK = b"\x02GS1"
PLAIN = "plain"
"""In the place of a fingerprint: not encrypted."""
KEYS_MARK = "content-keys"
"""Name of the mark that says which keys stored words may be sealed with."""
KEY_CHARS = 12
_PURPOSE = b"gondola: content at rest"
_NONCE = 12
_PLAIN_TEXT = f"{TEXT_MARK}{PLAIN}."
_PLAIN_BYTES = BYTES_MARK + PLAIN.ljust(KEY_CHARS, "-").encode()
_HEAD = len(BYTES_MARK) + KEY_CHARS
_TAG = 16
SEALED_BYTES = _HEAD + _NONCE + _TAG
"""So much longer are encrypted bytes."""

OTHER_KEY = (
    "What people wrote is stored encrypted with another secret key. Put that key into GONDOLA_SECRET_KEY, or "
    "into GONDOLA_OLD_SECRET_KEYS beside a new one, and start again. Nothing was changed."
)
DAMAGED = "Something stored here is damaged and cannot be read. `/forget` deletes what is remembered here."


class ContentCipher:
    """Seals with the first key where `sealing`, else leaves words plain; opens with any of its keys."""

    def __init__(self, keys: Sequence[bytes] = (), *, sealing: bool = False) -> None:
        """Secrets of any length, the newest first."""
        derived = [HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key) for key in keys]
        prints = [hashlib.sha256(key).hexdigest()[:KEY_CHARS] for key in derived]
        self._ciphers = {name: AESGCM(key) for name, key in zip(prints, derived, strict=True)}
        self.newest = prints[0] if sealing else PLAIN
        """The key that is written with, as values name it."""

    @property
    def prints(self) -> frozenset[str]:
        """What this house can read."""
        return frozenset({PLAIN, *self._ciphers})

    @property
    def text_head(self) -> str:
        """How a text begins that is as it should be."""
        return f"{TEXT_MARK}{self.newest}."

    @property
    def bytes_head(self) -> bytes:
        """How bytes begin that are as they should be."""
        return BYTES_MARK + self.newest.ljust(KEY_CHARS, "-").encode()

    def seal_text(self, plain: str) -> str:
        """A text as stored."""
        if not plain:
            return plain
        if self.newest == PLAIN:
            return _PLAIN_TEXT + plain if plain.startswith(TEXT_MARK) else plain
        return self.text_head + base64.b64encode(self._encrypted(plain.encode())).decode()

    def open_text(self, stored: str) -> str:
        """A text from what is stored. Raises OperatorError."""
        if not stored.startswith(TEXT_MARK):
            return stored
        key, _, data = stored.removeprefix(TEXT_MARK).partition(".")
        if key == PLAIN:
            return data
        try:
            return self._decrypted(key, base64.b64decode(data)).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise OperatorError(DAMAGED, detail="damaged text") from None

    def seal_bytes(self, plain: bytes) -> bytes:
        """Bytes as stored."""
        if not plain:
            return plain
        if self.newest == PLAIN:
            return _PLAIN_BYTES + plain if plain.startswith(BYTES_MARK) else plain
        return self.bytes_head + self._encrypted(plain)

    def open_bytes(self, stored: bytes) -> bytes:
        """Bytes from what is stored. Raises OperatorError."""
        if not stored.startswith(BYTES_MARK):
            return stored
        if stored.startswith(_PLAIN_BYTES):
            return stored[_HEAD:]
        key = stored[len(BYTES_MARK) : _HEAD].decode("ascii", "replace")
        return self._decrypted(key, stored[_HEAD:])

    def _encrypted(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._ciphers[self.newest].encrypt(nonce, plain, None)

    def _decrypted(self, key: str, data: bytes) -> bytes:
        cipher = self._ciphers.get(key)
        if cipher is None:
            raise OperatorError(OTHER_KEY)
        try:
            return cipher.decrypt(data[:_NONCE], data[_NONCE:], None)
        except (InvalidTag, ValueError):
            raise OperatorError(DAMAGED, detail="damaged value") from None


NO_CIPHER = ContentCipher()
"""Neither seals nor opens."""
_IN_USE: WeakKeyDictionary[Dialect, ContentCipher] = WeakKeyDictionary()


def use(dialect: Dialect, cipher: ContentCipher) -> None:
    """Have what goes through this engine's dialect sealed and opened with these keys."""
    _IN_USE[dialect] = cipher


def in_use(dialect: Dialect) -> ContentCipher:
    """The keys of an engine's dialect."""
    return _IN_USE.get(dialect, NO_CIPHER)
