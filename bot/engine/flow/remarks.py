"""Small sentences outside a turn: to a stranger at the door, to whoever asks too fast, to a new place."""

from __future__ import annotations

import secrets

import structlog

from bot.delivery import Delivery
from bot.engine.doors.access import Doorkeeper
from bot.engine.flow.threshold import Threshold
from bot.engine.turns.texts import greeting
from bot.messages import Addressed, Done, Incoming, Notice, Person, Place, Target

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Remarks:
    """Says them; what a platform refuses is logged, and nobody is told twice."""

    def __init__(self, delivery: Delivery, doorkeeper: Doorkeeper, threshold: Threshold) -> None:
        self._delivery = delivery
        self._doorkeeper = doorkeeper
        self._threshold = threshold

    async def tell(self, incoming: Incoming, text: str) -> None:
        """Answer an event with a sentence for its author alone, where the platform can."""
        target = Target(incoming.place, incoming.message_id, incoming.reply_handle, private=True)
        await self._send(target, text)

    async def turn_away(self, incoming: Incoming) -> None:
        """Tell a stranger what the door is like."""
        await self.tell(incoming, await self._threshold.words(incoming))

    async def greet(self, place: Place, title: str) -> None:
        """Say in a new place who this is and what to do first."""
        nobody = Person(place.platform, "")
        probe = Incoming("", place, nobody, Addressed.DIRECT)
        door = self._doorkeeper
        words = greeting(
            title,
            allowed=door.admits(probe),
            admins=door.admins_open(),
            pairs=door.pairs() and bool(door.owners),
        )
        await self._send(Target(place), words)

    async def _send(self, target: Target, text: str) -> None:
        answer = self._delivery.open(target, secrets.token_hex(8))
        answer.push(Notice(text, private=target.private))
        answer.push(Done())
        delivered = await answer.finish()
        if delivered.failure is not None:
            log.info("sentence.undelivered", reason=delivered.failure.detail)
