"""Delivers reminders when they are due: once, however many processes run and whenever one dies.

Claimed under a lease, written down as begun, then sent. Where the platform drops a repeated send, one that a
dead process had begun is sent again with its nonce; elsewhere it may have arrived, so it is closed. A kill in
the instant between writing down and sending then leaves none, rather than two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from bot.delivery import Delivered, Delivery
from bot.engine.doors.access import Doorkeeper
from bot.engine.reminding.reminders import ReminderBook
from bot.engine.settings.zones import spelled, zone_of
from bot.errors import GondolaError, PlatformFailure
from bot.messages import Done, Notice, Person, Place, Target
from bot.ports import Clock, Door
from bot.reminding import Reminder, Reminders

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LOOK_SECONDS = 10.0
"""How long what another process stored may go unseen."""
BATCH = 20
LATE = 120.0
"""Seconds after which a reminder says that it is late."""
PUT_OFF = 60.0
GIVE_UP = 24 * 3600.0
_OVER = frozenset(
    {
        PlatformFailure.FORBIDDEN,
        PlatformFailure.GONE,
        PlatformFailure.BAD_FORMAT,
        PlatformFailure.TOO_LARGE,
        PlatformFailure.AMBIGUOUS,
    }
)
"""What no further try mends, or must not follow because the message may have arrived."""


class Alarm:
    """Rings for what is due at the doors that are open."""

    def __init__(
        self,
        reminders: Reminders,
        book: ReminderBook,
        delivery: Delivery,
        doors: Mapping[str, Door],
        doorkeeper: Doorkeeper,
        clock: Clock,
    ) -> None:
        self._reminders = reminders
        self._book = book
        self._delivery = delivery
        self._doors = doors
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._closing = False

    def close(self) -> None:
        """Let `run` return once what is being delivered is out."""
        self._closing = True
        self._book.changed.set()

    async def run(self) -> None:
        """Deliver what is due, until closed or cancelled. What is cut off is left to whoever comes next."""
        while not self._closing:
            self._book.changed.clear()
            try:
                rang = await self.ring()
                pause = 0.0 if rang == BATCH else await self._pause()
            except GondolaError as error:
                log.warning("reminders.unread", reason=error.detail)
                pause = LOOK_SECONDS
            await self._wait(pause)

    async def ring(self) -> int:
        """Deliver what is due now; returns how many were taken up."""
        found = await self._reminders.claim(self._platforms(), BATCH)
        await asyncio.gather(*(self._deliver(one) for one in found))
        return len(found)

    async def _pause(self) -> float:
        at = await self._reminders.next_at(self._platforms())
        return LOOK_SECONDS if at is None else max(0.0, min(LOOK_SECONDS, at - self._clock()))

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._book.changed.wait(), max(seconds, 0.01))
        except TimeoutError:
            return

    def _platforms(self) -> Sequence[str]:
        return [name for name in self._doors if self._delivery.reaches(name)]

    async def _deliver(self, reminder: Reminder) -> None:
        """One reminder, with its own error boundary: the others do not wait for it."""
        place = Place.of_conversation(reminder.conversation)
        person = Person(place.platform, reminder.speaker.partition(":")[2], reminder.name)
        try:
            if self._may_have_arrived(reminder) or self._doorkeeper.shuts_out(place, reminder.person):
                await self._reminders.finish(reminder.id)
            elif await self._reminders.begin(reminder.id):
                await self._over(reminder, await self._send(reminder, place, person))
        except GondolaError as error:
            log.warning("reminder.kept", platform=place.platform, reason=error.detail)

    def _may_have_arrived(self, reminder: Reminder) -> bool:
        begun = reminder.begun_at
        if begun is None or self._delivery.repeats(reminder.platform, self._clock() - begun):
            return False
        log.warning("reminder.unsure", platform=reminder.platform)
        return True

    async def _send(self, reminder: Reminder, place: Place, person: Person) -> Delivered:
        target = Target(place, notify=person.id)
        answer = self._delivery.open(target, f"reminder:{reminder.id}", recovering=bool(reminder.begun_at))
        answer.push(Notice(self._words(reminder, place, person)))
        answer.push(Done())
        return await answer.finish()

    def _words(self, reminder: Reminder, place: Place, person: Person) -> str:
        style = self._doors[place.platform].capabilities.mention_style
        name = "".join(f"\\{char}" if char in "\\`*_[]<>#|~" else char for char in person.name) or "you"
        who = "" if place.direct else f" {style.format(name=name, id=person.id)}"
        late = self._clock() - reminder.due_at
        note = f"\n\n*(I am late: this was due on {_due(reminder)}.)*" if late > LATE else ""
        return f"⏰{who} {reminder.text}{note}"

    async def _over(self, reminder: Reminder, delivered: Delivered) -> None:
        failure = delivered.failure.failure if delivered.failure is not None else None
        late = self._clock() - reminder.due_at
        if failure is None or failure in _OVER or late > GIVE_UP:
            await self._reminders.finish(reminder.id)
        else:
            await self._reminders.put_off(reminder.id, self._clock() + PUT_OFF)
        if failure is not None:
            log.warning("reminder.undelivered", platform=reminder.platform, failure=failure.value)


def _due(reminder: Reminder) -> str:
    return spelled(datetime.fromtimestamp(reminder.due_at, zone_of(reminder.zone)))
