"""Reminders as people make and cancel them."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.engine.reminding.moments import Moment
from bot.engine.settings.zones import zone_of
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button, ButtonRows
from bot.records import StoredButton
from bot.reminding import Reminder
from bot.storing import Store

CANCEL = "reminder.cancel"
"""Action of a button that takes a reminder back."""
MOST_OPEN = 25
TEXT_CHARS = 1_000
_BUTTON_LIFE = 24 * 3600
TOO_MANY = f"You have {MOST_OPEN} open reminders, which is the most. `/reminders` shows them, to cancel some."


@dataclass(frozen=True, slots=True)
class Made:
    """A reminder that was set, and the button that takes it back."""

    reminder: Reminder
    moment: Moment
    buttons: ButtonRows


class ReminderBook:
    """Sets, lists and cancels. `changed` is set when the next one may be earlier than it was."""

    def __init__(self, store: Store) -> None:
        self._reminders = store.reminders
        self._buttons = store.buttons
        self.changed = asyncio.Event()

    async def add(self, turn: Turn, moment: Moment, text: str) -> Made:
        """Remind whoever asks, here. Raises UserError when there is nothing to say or too much is open."""
        turn.require_record()
        words = text.strip()
        if not words:
            raise UserError("Tell me what to remind you of.")
        if len(words) > TEXT_CHARS:
            raise UserError(f"A reminder takes up to {TEXT_CHARS:,} characters. Please say it more briefly.")
        author = turn.incoming.author
        reminder = Reminder(
            id=secrets.token_urlsafe(9),
            conversation=turn.incoming.place.conversation,
            person=turn.person,
            speaker=author.key,
            name=author.name,
            text=words,
            due_at=moment.at,
            made_at=turn.now,
            zone=str(moment.local.tzinfo),
        )
        button = await self.cancel_button(turn, reminder, "Cancel")
        if not await self._reminders.add(reminder, MOST_OPEN):
            raise UserError(TOO_MANY)
        self.changed.set()
        return Made(reminder, moment, ((button,),))

    async def cancel_button(self, turn: Turn, reminder: Reminder, label: str) -> Button:
        """A button for whoever set it, as long as it is open."""
        stored = StoredButton(
            id=secrets.token_urlsafe(9),
            action=CANCEL,
            payload=json.dumps({"reminder": reminder.id}),
            person=turn.person,
            channel=turn.incoming.place.channel_key,
            expires_at=reminder.due_at + _BUTTON_LIFE,
            member=turn.incoming.place.member,
        )
        await self._buttons.save([stored])
        return Button(label, stored.id)

    async def open_here(self, turn: Turn) -> list[Reminder]:
        """What the asker waits for: in a group what was set in it, in a direct chat everything."""
        place = turn.incoming.place
        return await self._reminders.open_of(turn.person, "" if place.direct else place.room)

    async def cancel(self, stored: StoredButton) -> bool:
        """Take one back; False when it is gone or just being delivered."""
        return await self._reminders.cancel(json.loads(stored.payload)["reminder"])


def zone_here(turn: Turn) -> ZoneInfo:
    """The time zone that holds for the asker."""
    return zone_of(turn.settings.text("timezone"))


def confirmed(made: Made, turn: Turn) -> str:
    """What people read when a reminder is set: the time as it was understood."""
    hint = ""
    if not turn.settings.text("timezone"):
        hint = "\n\nThat is UTC. Tell me your time zone with `/settings timezone Europe/Berlin where:user`."
    return f"I will remind you on **{made.moment.words}**.{hint}"
