"""Questions that wait behind another one: a notice after a moment, with buttons to go first or to leave."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping

from bot.delivery import Answer, Delivery
from bot.engine.doors.hashing import Hasher
from bot.engine.flow.conduct import Conductor
from bot.engine.turns.mailbox import Attempt, Letter, Mailboxes
from bot.engine.turns.registry import ActionHandler
from bot.engine.turns.turn import Turn
from bot.errors import NotAllowed, UserError
from bot.messages import Button, ButtonsReady, Done, MessageRef, Target, TextReplaced
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Store

PATIENCE = 1.0
"""Seconds that a question waits without a word."""
SEND_NOW = "queue.now"
DROP = "queue.drop"
"""Button actions: stop what is being answered and take this question; take this question out."""
BUTTON_LIFE = 24 * 3600
NEXT = "*Next in line…*"
DROPPED = "*Taken out of the line.*"
RESTARTING = "*I am being restarted. You get your answer right after that.*"
MERGED = "*Answered below, together with your next message.*"
TOO_LATE = "This question is not waiting any more."


class Lobby:
    """Shows each waiting question its notice, which becomes the answer when its turn comes."""

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        mailboxes: Mailboxes,
        conductor: Conductor,
        hasher: Hasher,
        clock: Clock,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._mailboxes = mailboxes
        self._conductor = conductor
        self._hasher = hasher
        self._clock = clock
        self._patience = patience
        self._watchers: set[asyncio.Task[None]] = set()
        self._notices: dict[str, Answer] = {}

    @property
    def actions(self) -> Mapping[str, ActionHandler]:
        """The buttons of a notice."""
        return {SEND_NOW: self._send_now, DROP: self._drop}

    def watch(self, letter: Letter) -> None:
        """Show the notice once a letter has waited for a while."""
        if self._mailboxes.waits(letter):
            task = asyncio.create_task(self._watch(letter))
            self._watchers.add(task)
            task.add_done_callback(self._watchers.discard)

    async def _watch(self, letter: Letter) -> None:
        await asyncio.sleep(self._patience)
        if not self._mailboxes.waits(letter):
            return
        buttons = await self._buttons(letter)
        if not self._mailboxes.waits(letter):
            return
        incoming = letter.incoming
        target = Target(incoming.place, incoming.message_id, incoming.reply_handle)
        shown: list[str] = []

        def sent(ref: MessageRef) -> None:
            shown.append(ref.message_id)
            self._conductor.shown(letter, shown)

        notice = self._delivery.open(target, letter.turn_id, on_ref=sent)
        notice.push(TextReplaced(NEXT))
        notice.push(ButtonsReady((buttons,)))
        self._notices[letter.name] = notice

    def enter(self, attempt: Attempt) -> None:
        """The turn of these letters has come: a notice shown becomes their answer."""
        shown = [notice for one in attempt.letters if (notice := self._notices.pop(one.name, None))]
        for notice in shown:
            if attempt.carried is None and not notice.stopped:
                attempt.carried = notice
            else:
                _end(notice, MERGED)

    def leave(self, letter: Letter) -> None:
        """A letter does not wait any more."""
        notice = self._notices.pop(letter.name, None)
        if notice is not None:
            _end(notice, DROPPED)

    def close(self) -> None:
        """The house is closing: whoever waits is in the journal, and answered after the next start."""
        for task in self._watchers:
            task.cancel()
        while self._notices:
            _end(self._notices.popitem()[1], RESTARTING)

    async def _buttons(self, letter: Letter) -> tuple[Button, ...]:
        incoming = letter.incoming
        asker = self._hasher.person(incoming.author)
        payload = json.dumps({"letter": letter.name})
        expires, place = self._clock() + BUTTON_LIFE, incoming.place
        # Whoever may stop the running answer decides at the press: its asker may be somebody else.
        stored = [
            StoredButton(
                secrets.token_urlsafe(9), action, payload, person, place.channel_key, expires, place.member
            )
            for action, person in ((SEND_NOW, ""), (DROP, asker))
        ]
        await self._store.buttons.save(stored)
        return (Button("Send now", stored[0].id), Button("Drop", stored[1].id))

    async def _send_now(self, turn: Turn, stored: StoredButton) -> None:
        conversation = turn.incoming.place.conversation
        asker = self._mailboxes.asker(conversation)
        letter = self._letter(turn, stored)
        if asker != turn.incoming.author.key and not turn.moderator:
            raise NotAllowed("Only who asked the question being answered now can stop its answer.")
        self._mailboxes.hurry(conversation, letter)

    async def _drop(self, turn: Turn, stored: StoredButton) -> None:
        letter = self._letter(turn, stored)
        if not self._mailboxes.change(turn.incoming.place.conversation, letter, None):
            raise UserError(TOO_LATE)
        self.leave(letter)
        await self._conductor.discard(letter)

    def _letter(self, turn: Turn, stored: StoredButton) -> Letter:
        name = json.loads(stored.payload)["letter"]
        letter = self._mailboxes.waiting(turn.incoming.place.conversation, name)
        if letter is None:
            raise UserError(TOO_LATE)
        return letter


def _end(notice: Answer, text: str) -> None:
    notice.push(TextReplaced(text))
    notice.push(ButtonsReady(()))
    notice.push(Done())
