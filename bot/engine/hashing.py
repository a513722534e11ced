"""People's names for logs, counters and ledger: a keyed hash, so that rows alone identify nobody."""

from __future__ import annotations

import hashlib
import hmac

from bot.messages import Person


class Hasher:
    """Keyed hash of people. The same key gives the same names across restarts."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def person(self, person: Person) -> str:
        """Sixteen hex digits for a person."""
        return self.text(person.key)

    def text(self, text: str) -> str:
        """Sixteen hex digits for any id."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:16]
