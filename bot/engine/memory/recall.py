"""Which part of memory a question rests on: its chat, or the branch that a reply opens."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace

from bot.engine.memory.compacting import Compactor
from bot.engine.memory.context import HISTORY_ITEMS, Past
from bot.engine.turns.turn import Turn
from bot.messages import Button
from bot.records import StoredButton
from bot.storing import Store

RESUME = "chat.resume"
"""Button action: make the chat in the payload the current one."""
BUTTON_LIFE = 30 * 24 * 3600
HOUR = 3600


class Recall:
    """Reads the history of a question, and starts a new chat after long silence where that is set."""

    def __init__(self, store: Store, compactor: Compactor) -> None:
        self._store = store
        self._compactor = compactor

    async def begin(self, turn: Turn) -> None:
        """Start a new chat if the place was silent for `idle_reset` hours, and say so. A reply goes on
        with what it replies to, however old."""
        hours = turn.settings.number("idle_reset")
        if not hours or turn.incoming.quoted is not None or turn.replaces:
            return
        conversation = turn.incoming.place.conversation
        touched = await self._store.chats.touched(conversation)
        if not touched or turn.now - touched < hours * HOUR:
            return
        opened = await self._store.memory.opened(conversation, 1)
        if not opened.items:
            return
        await self._store.chats.start(conversation, new_chat_id(), "", turn.now)
        button = await keep_button(self._store, turn, "Resume the old chat", RESUME, {"chat": opened.chat})
        turn.notice(
            f"*It was quiet here for more than {hours:g} h, so this is a new chat.*", buttons=((button,),)
        )

    async def past(self, turn: Turn) -> Past:
        """What the question rests on; notes on the turn which chat it goes to.

        A reply to anything but the newest message sees history up to that message; the question and its
        answer still go to the end of the current chat.
        """
        conversation, quoted = turn.incoming.place.conversation, turn.incoming.quoted
        past = await self._compactor.past(conversation)
        turn.chat = past.chat
        items = [item for item in past.items if item.turn_id not in turn.replaces]
        past = replace(past, items=items)
        if quoted is None or not quoted.message_id:
            return past
        for last in range(len(items), 0, -1):
            if quoted.message_id in items[last - 1].message_ids:
                return replace(past, items=items[:last], branch=last < len(items))
        # In another chat, or among what is summed up: the summary would tell what came later.
        branch = await self._store.memory.upto(conversation, quoted.message_id, HISTORY_ITEMS)
        return past if branch is None else Past("", branch.items, past.chat, branch=True)


def new_chat_id() -> str:
    """An id no other chat has."""
    return secrets.token_hex(6)


async def keep_button(
    store: Store,
    turn: Turn,
    label: str,
    action: str,
    payload: Mapping[str, str],
    *,
    anyone: bool = False,
    life: float = BUTTON_LIFE,
) -> Button:
    """A stored button for the asker and moderators, or for anyone, good for `life` seconds."""
    stored = StoredButton(
        id=secrets.token_urlsafe(9),
        action=action,
        payload=json.dumps(payload),
        person="" if anyone else turn.person,
        channel=turn.incoming.place.channel_key,
        expires_at=turn.now + life,
        member=turn.incoming.place.member,
    )
    await store.buttons.save([stored])
    return Button(label[:60], stored.id)
