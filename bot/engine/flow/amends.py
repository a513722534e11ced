"""Buttons for what a fault may have cost people: see the text again, or have the question asked again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace

from bot.engine.flow.intake import from_payload, to_payload
from bot.engine.turns.again import cites_others
from bot.engine.turns.registry import ActionHandler, Bound, CommandHandler, check_permission
from bot.engine.turns.turn import Turn
from bot.messages import Button, ButtonRows, Incoming
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Buttons

SHOW = "show-again"
RETRY = "ask-again"
LIFE = 2 * 86_400.0
"""Seconds such a button works; the text it keeps is gone after that."""


class Amends:
    """Makes the buttons."""

    def __init__(self, buttons: Buttons, clock: Clock) -> None:
        self._buttons = buttons
        self._clock = clock

    async def show(self, incoming: Incoming, person: str, text: str) -> ButtonRows:
        """A button that shows a text once more."""
        return await self._button("Show it again", SHOW, json.dumps({"text": text}), incoming, person)

    async def retry(self, incoming: Incoming, person: str) -> ButtonRows:
        """A button that asks the question anew; for what a button had asked, that button once more. None for
        a reply to somebody else's words, which are not stored."""
        if incoming.press is not None:
            return ((Button("Retry", incoming.press.button_id),),)
        if cites_others(incoming):
            return ()  # the button would keep somebody else's words
        return await self._button("Retry", RETRY, to_payload(incoming), incoming, person)

    async def _button(
        self, label: str, action: str, payload: str, incoming: Incoming, person: str
    ) -> ButtonRows:
        stored = StoredButton(
            id=secrets.token_urlsafe(9),
            action=action,
            payload=payload,
            person=person,
            channel=incoming.place.channel_key,
            expires_at=self._clock() + LIFE,
            member=incoming.place.member,
        )
        await self._buttons.save([stored])
        return ((Button(label, stored.id),),)


def amends_actions(talk: CommandHandler, commands: Mapping[str, Bound]) -> Mapping[str, ActionHandler]:
    """What the buttons do when they are pressed."""

    async def show(turn: Turn, stored: StoredButton) -> None:
        turn.say(str(json.loads(stored.payload)["text"]))

    async def retry(turn: Turn, stored: StoredButton) -> None:
        asked = from_payload(stored.payload)
        pressed = turn.incoming
        turn.incoming = replace(
            asked,
            reply_handle=pressed.reply_handle,
            message_id=pressed.message_id,
            # What the presser may do counts, and what holds now.
            authority=pressed.authority,
            admin=pressed.admin,
            roles=pressed.roles,
            adult_allowed=pressed.adult_allowed,
        )
        bound = commands.get(asked.command.name) if asked.command is not None else None
        if bound is None:
            await talk(turn)
            return
        check_permission(turn, bound.command)
        await bound.handler(turn)

    return {SHOW: show, RETRY: retry}
