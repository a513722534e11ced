"""People's names for logs, counters and ledger: a keyed hash, so that rows alone identify nobody."""

from __future__ import annotations

import hashlib
import hmac

from bot.messages import Person, Place


class Hasher:
    """Keyed hash of people. The same key gives the same names across restarts."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def person(self, person: Person) -> str:
        """Sixteen hex digits for a person."""
        return self.account(person)

    def account(self, person: Person) -> str:
        """Sixteen hex digits for one account of a person, who may have linked others to it."""
        return self.text(person.key)

    def channel(self, place: Place) -> str:
        """The channel's key in money's books. A direct chat may have its person's number, so it is hashed."""
        if not place.direct:
            return place.channel_key
        return f"channel:{place.platform}:~{self.text(place.channel_key)}"

    def text(self, text: str) -> str:
        """Sixteen hex digits for any id."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:16]
