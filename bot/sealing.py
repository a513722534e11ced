"""Secrets at rest: AES-256-GCM under a key made of the house's secret, each bound to its scope.

A sealed text is `1.FINGERPRINT.DATA`. The fingerprint names the key it was sealed with, so that a wrong key
is told from a damaged row. A text moved to another row does not open there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from bot.errors import OperatorError

_VERSION = "1"
_PURPOSE = b"gondola: secrets at rest"
_NONCE_BYTES = 12
OTHER_KEY = (
    "What is stored encrypted was sealed with another secret key. Put that key into GONDOLA_OLD_SECRET_KEYS "
    "(it may stand in the file secret.key of the data directory of that time), or store the secret again."
)
DAMAGED = "A stored secret is damaged or belongs to another place. Store it again."


class Sealer:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Secrets of any length, the newest first; at least one."""
        derived = [HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key) for key in keys]
        self._newest = _fingerprint(derived[0])
        self._ciphers = {_fingerprint(key): AESGCM(key) for key in derived}

    def seal(self, secret: SecretStr, scope: str) -> str:
        """The secret as it may be stored, for this scope only."""
        nonce = os.urandom(_NONCE_BYTES)
        data = self._ciphers[self._newest].encrypt(
            nonce, secret.get_secret_value().encode(), scope.encode("utf-8", "replace")
        )
        return ".".join((_VERSION, self._newest, base64.urlsafe_b64encode(nonce + data).decode()))

    def open(self, sealed: str, scope: str) -> SecretStr:
        """The secret. Raises OperatorError with what to do."""
        version, _, rest = sealed.partition(".")
        fingerprint, _, text = rest.partition(".")
        if version != _VERSION or not text:
            raise OperatorError(DAMAGED)
        cipher = self._ciphers.get(fingerprint)
        if cipher is None:
            raise OperatorError(OTHER_KEY)
        try:
            data = base64.urlsafe_b64decode(text)
            plain = cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], scope.encode("utf-8", "replace"))
        except (binascii.Error, ValueError, InvalidTag):
            raise OperatorError(DAMAGED) from None
        return SecretStr(plain.decode())

    def is_old(self, sealed: str) -> bool:
        """Whether it is sealed with another key than the newest, and should be sealed anew."""
        return sealed.split(".")[1:2] != [self._newest]


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:12]
