"""How often somebody may try to sign in."""

from __future__ import annotations

from collections import deque

from bot.ports import Clock

TRIES = 5
TRY_SECONDS = 60.0
MOST_PEERS = 1000


class Tries:
    """Counts tries by the address they come from: so many a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._peers: dict[str, deque[float]] = {}

    def allow(self, peer: str) -> bool:
        """Whether one more is allowed now; it is counted then."""
        now = self._clock()
        if len(self._peers) > MOST_PEERS:
            self._peers = {key: tries for key, tries in self._peers.items() if tries[-1] > now - TRY_SECONDS}
        tries = self._peers.setdefault(peer, deque(maxlen=TRIES))
        if len(tries) == TRIES and tries[0] > now - TRY_SECONDS:
            return False
        tries.append(now)
        return True
