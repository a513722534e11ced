"""Off the record: of such a turn only its event id, its state and its price are written down."""

from __future__ import annotations

from dataclasses import replace

from bot.engine.settings.book import SettingsBook
from bot.engine.turns.turn import Turn
from bot.messages import Incoming

SETTING = "record"
COMMAND = "offrecord"
BADGE = "*🔕 off the record*"


class Discretion:
    """Says which events are off the record."""

    def __init__(self, settings: SettingsBook) -> None:
        self._settings = settings

    def placed(self, incoming: Incoming) -> Incoming:
        """The event, marked where nothing of it may be kept: by a setting, or because it asks for that."""
        asks = incoming.command is not None and incoming.command.name == COMMAND
        off = asks or self._settings.of_person(incoming.place, incoming.author, SETTING) == "off"
        return replace(incoming, off_record=True) if off else incoming


def badged(turn: Turn) -> None:
    """Show that a paid answer was off the record: the last line of its text, or a sentence beside it."""
    if not turn.off_record or not turn.settlements:
        return
    if turn.answer.text and not turn.placeholder:
        turn.say(f"\n\n{BADGE}")
    else:
        turn.notice(BADGE)
