"""Tools about time: what time it is here, and being reminded later."""

from __future__ import annotations

from datetime import UTC
from typing import Protocol

from bot.engine.answering.reply import Reply
from bot.engine.reminding.moments import Moment, after, iso_moment
from bot.engine.reminding.reminders import Made, confirmed, zone_here
from bot.engine.settings.zones import local_now, spelled
from bot.engine.tools.tool import Args, Tool, Used, number_arg, quoted, schema, shortened, text_arg
from bot.engine.turns.turn import Turn
from bot.errors import UserError

_CLOCK = (
    "What time and date it is for the person who asks, in their time zone. You do not know it otherwise; "
    "call this before you work out a time of day."
)
_REMIND = (
    "Remind the person who asks, here, at a later time. Use it only when they ask to be reminded. Give "
    "either `in_minutes`, for a time from now, or `at`, a local time such as 2026-12-04T09:00 of their time "
    "zone, without an offset; for that call `current_time` first. What was understood is shown to them with "
    "a button to cancel it, so do not repeat it at length."
)
MOST_MINUTES = 5 * 366 * 24 * 60


class SetsReminders(Protocol):
    """The part of the reminder book that the tool needs."""

    async def add(self, turn: Turn, moment: Moment, text: str) -> Made: ...


def time_tools(book: SetsReminders) -> list[Tool]:
    """`current_time` and `remind`."""

    async def current_time(turn: Turn, _: Args, __: Reply) -> Used:
        local = local_now(turn.now, zone_here(turn))
        return Used(
            f"It is {spelled(local)}; as ISO {local:%Y-%m-%dT%H:%M}. In UTC: {local.astimezone(UTC):%H:%M}."
        )

    async def remind(turn: Turn, args: Args, _: Reply) -> Used:
        moment = _moment(turn, args)
        made = await book.add(turn, moment, text_arg(args, "text"))
        turn.notice(f"⏰ {confirmed(made, turn)}", buttons=made.buttons)
        told = f"Done: the reminder is set for {moment.words}, and they can see that."
        deed = f"set a reminder for {moment.words}: “{shortened(text_arg(args, 'text'), 200)}”"
        return Used(told, f"Reminder set for {quoted(moment.words)}", deed)

    text = {
        "type": "string",
        "minLength": 1,
        "maxLength": 1000,
        "description": "What to remind of, worded to the person.",
    }
    at = {"type": "string", "maxLength": 40, "description": "Local time, ISO 8601 without offset."}
    minutes = {"type": "number", "minimum": 0.5, "maximum": MOST_MINUTES, "description": "Minutes from now."}
    return [
        Tool("current_time", _CLOCK, schema(()), current_time),
        Tool(
            "remind",
            _REMIND,
            schema(("text",), text=text, at=at, in_minutes=minutes),
            remind,
            lasting=True,
            command="remind",
        ),
    ]


def _moment(turn: Turn, args: Args) -> Moment:
    at, minutes, zone = text_arg(args, "at"), number_arg(args, "in_minutes"), zone_here(turn)
    if bool(at) == (minutes is not None):
        raise UserError("Give either `at` or `in_minutes`.")
    return iso_moment(at, zone, turn.now) if at else after((minutes or 0) * 60, zone, turn.now)
