"""Signing in from elsewhere: a code that works once, and the sessions it opened.

Sessions outlive a restart: their hashes are kept in a file only the service's user can read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from enum import StrEnum
from pathlib import Path

from adapters.web.private import write_private
from adapters.web.tries import Tries
from bot.ports import Clock

SESSION_SECONDS = 90 * 86_400


class SignIn(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    WRONG = "wrong"
    USED = "used"
    TOO_MANY = "too_many"


class Sessions:
    """`code` "" makes one. `file` need not exist."""

    def __init__(self, file: Path, clock: Clock, code: str = "") -> None:
        self.code = code or secrets.token_urlsafe(24)
        self._file = file
        self._clock = clock
        self._used = False
        self._tries = Tries(clock)
        self._hashes: dict[str, float] | None = None

    def sign_in(self, code: str, peer: str) -> tuple[SignIn, str]:
        """Try a code; the token of the new session comes with DONE, else ""."""
        if not self._tries.allow(peer):
            return SignIn.TOO_MANY, ""
        right = hmac.compare_digest(code.encode(), self.code.encode())
        if not right:
            return SignIn.WRONG, ""
        if self._used:
            return SignIn.USED, ""
        self._used = True
        token = secrets.token_urlsafe(32)
        hashes = {key: end for key, end in self._known().items() if end > self._clock()}
        hashes[_hashed(token)] = self._clock() + SESSION_SECONDS
        self._hashes = hashes
        self._save(hashes)
        return SignIn.DONE, token

    def valid(self, token: str) -> bool:
        """Whether this is the token of a session that has not run out."""
        return bool(token) and self._known().get(_hashed(token), 0.0) > self._clock()

    def close(self, token: str, *, everywhere: bool = False) -> None:
        """End the session with this token, or with `everywhere` every one."""
        known = self._known()
        if _hashed(token) in known:
            gone = set(known) if everywhere else {_hashed(token)}
            self._hashes = {key: end for key, end in known.items() if key not in gone}
            self._save(self._hashes)

    def _known(self) -> dict[str, float]:
        if self._hashes is None:
            self._hashes = _read(self._file)
        return self._hashes

    def _save(self, hashes: dict[str, float]) -> None:
        write_private(self._file, json.dumps(hashes))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read(file: Path) -> dict[str, float]:
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): float(end) for key, end in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
