"""What was said while the bot was away for long: one line per place instead of late answers."""

from __future__ import annotations

from bot.engine.turns.turn import Turn
from bot.messages import Incoming
from bot.ports import Clock

TOO_OLD = 1_800.0
"""Seconds after which an answer comes too late to be of use; one line holds for as long."""

AWAY = (
    "I was away and have just come back, so I did not answer what was written before, and commands used "
    "meanwhile are lost. Please ask again."
)


class Away:
    """Tells late messages apart, and says so once per place."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}

    def missed(self, incoming: Incoming) -> bool:
        """Whether this was said too long ago. False where the platform does not tell when."""
        return 0 < incoming.sent_at < self._clock() - TOO_OLD

    async def tell(self, turn: Turn) -> None:
        """The line, for the first of the late messages of a place."""
        now, key = self._clock(), turn.incoming.place.room
        self._told = {place: at for place, at in self._told.items() if now - at < TOO_OLD}
        if key not in self._told:
            self._told[key] = now
            turn.notice(AWAY)
