"""/remind and /reminders: being told something later."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from bot.commands.services import Services, text_option
from bot.declarations import Command, Option
from bot.engine.reminding.moments import Moment, split, understood
from bot.engine.reminding.reminders import CANCEL, confirmed, zone_here
from bot.engine.settings.zones import spelled, zone_of
from bot.engine.turns.registry import ActionHandler, Bound
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button
from bot.records import StoredButton
from bot.reminding import Reminder

LISTED = 10
_SHOWN = 80

REMIND = Command(
    "remind",
    "Remind you of something here, at a time you say in your own words.",
    (
        Option("when", "in 20 minutes, tomorrow at 9:00, Friday at nine, 2026-12-24 18:00", maximum=80),
        Option("what", "What should I remind you of?", rest=True, maximum=1000),
    ),
)
REMINDERS = Command("reminders", "Show what I will remind you of, and cancel some of it.", private_reply=True)
USAGE = "Say when and what: `/remind tomorrow at 9:00 feed the cat`. `/reminders` shows what is open."
GONE = "That reminder is no longer open: it was delivered or cancelled."


def bound(services: Services) -> list[Bound]:
    """The commands of this group."""

    async def remind(turn: Turn) -> None:
        moment, words = await _asked(turn)
        made = await services.reminders.add(turn, moment, words)
        turn.notice(f"⏰ {confirmed(made, turn)}", buttons=made.buttons)

    async def reminders(turn: Turn) -> None:
        await _list(services, turn)

    return [Bound(REMIND, remind), Bound(REMINDERS, reminders)]


def actions(services: Services) -> Mapping[str, ActionHandler]:
    """The buttons of this group."""

    async def cancel(turn: Turn, stored: StoredButton) -> None:
        if not await services.reminders.cancel(stored):
            raise UserError(GONE)
        turn.say("Cancelled: I will not remind you of that.")

    return {CANCEL: cancel}


async def _asked(turn: Turn) -> tuple[Moment, str]:
    """When and what; typed as one line, the beginning says when."""
    when, what = text_option(turn, "when"), text_option(turn, "what")
    if not when and not what:
        raise UserError(USAGE)
    zone, language = zone_here(turn), turn.incoming.language
    # Dates in many languages take a while to read; other answers go on meanwhile.
    if not when:
        return await asyncio.to_thread(split, what, zone, turn.now, language)
    if not what:
        quoted = turn.incoming.quoted
        what = quoted.text if quoted is not None else ""
    return await asyncio.to_thread(understood, when, zone, turn.now, language), what


async def _list(services: Services, turn: Turn) -> None:
    found = await services.reminders.open_here(turn)
    if not found:
        raise UserError(f"You have no open reminders here. {USAGE}")
    shown = found[:LISTED]
    lines = [f"{number}. {_entry(one)}" for number, one in enumerate(shown, 1)]
    more = f"\n\nAnd {len(found) - LISTED} later ones." if len(found) > LISTED else ""
    buttons: list[Button] = []
    for number, one in enumerate(shown, 1):
        buttons.append(await services.reminders.cancel_button(turn, one, f"Cancel {number}"))
    rows = tuple(tuple(buttons[at : at + 5]) for at in range(0, len(buttons), 5))
    turn.notice("\n".join(lines) + more, private=True, buttons=rows)


def _entry(reminder: Reminder) -> str:
    words = " ".join(reminder.text.split())
    short = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
    plain = "".join(f"\\{char}" if char in "\\`*_[]<>#|~" else char for char in short)
    return f"**{spelled(datetime.fromtimestamp(reminder.due_at, zone_of(reminder.zone)))}**: {plain}"
