"""What people do to messages afterwards: edits ask again, deletions forget."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.engine.flow.conduct import Conductor, Work
from bot.engine.flow.lobby import Lobby
from bot.engine.memory.recall import keep_button
from bot.engine.turns.answerbook import AnswerBook
from bot.engine.turns.mailbox import Letter, Mailboxes
from bot.engine.turns.registry import Registry
from bot.engine.turns.turn import Turn
from bot.messages import Incoming, MessageRef, Place
from bot.records import HistoryItem, Role
from bot.storing import Store

BRANCH = "chat.branch"
"""Button action: a new chat with the history before a message, then the message's new text answered."""
LOOKED_AT = 10
OLDER = "You changed an earlier question. Shall I go on from there in a new chat?"


class Changes:
    """Edits and deletions of messages. `journal` takes a letter in, False for a known event; `post` puts
    it into its mailbox."""

    def __init__(
        self,
        store: Store,
        mailboxes: Mailboxes,
        conductor: Conductor,
        registry: Registry,
        lobby: Lobby,
        answers: AnswerBook,
        *,
        journal: Callable[[Letter], Awaitable[bool]],
        post: Callable[[Letter], None],
    ) -> None:
        self._store = store
        self._mailboxes = mailboxes
        self._conductor = conductor
        self._registry = registry
        self._lobby = lobby
        self._answers = answers
        self._journal = journal
        self._post = post

    async def edited(self, incoming: Incoming) -> None:
        """Ask again with the new text. What was no question is ignored, and nothing of it is kept."""
        if incoming.complaint or not self._is_question(incoming):
            return
        conversation = incoming.place.conversation
        old = self._mailboxes.find(conversation, incoming.edits)
        if old is None and await self._question(incoming) is None:
            return
        letter = Letter(secrets.token_hex(8), incoming)
        if old is not None:
            letter = Letter(letter.turn_id, _renewed(old.incoming, incoming), old.name)
        if not await self._journal(letter):
            return
        if old is not None and self._mailboxes.change(conversation, old, letter):
            await self._conductor.discard(old)
            return
        # Meanwhile it was answered: what to do is decided when its turn comes.
        self._post(Letter(letter.turn_id, incoming))

    def work(self, answer: Work) -> Work:
        """The work of an edit of what was answered: the last question is answered anew in its place, for
        an earlier one a branch is offered."""

        async def work(turn: Turn) -> None:
            item = await self._question(turn.incoming)
            if item is None:
                return
            if await self._is_last(item):
                turn.replaces = (item.turn_id,)
                if turn.attempt is None or turn.attempt.carried is None:
                    turn.answer.adopt(await self._shown(turn, item))
                await answer(turn)
                return
            payload = {"message": turn.incoming.edits, "text": turn.incoming.text}
            button = await keep_button(self._store, turn, "Branch from here", BRANCH, payload)
            turn.notice(OLDER, buttons=((button,),))

        return work

    async def _shown(self, turn: Turn, asked: HistoryItem) -> Sequence[MessageRef]:
        """The messages of the old answer, if they are text that can be changed."""
        place = turn.incoming.place
        last = await self._answers.latest(place)
        if last is None or not last.record.in_place or last.record.turn_id != asked.turn_id:
            return ()
        items = await self._store.memory.of_turn(place.conversation, asked.turn_id, LOOKED_AT)
        said = [one for one in items if one.turn_id == asked.turn_id and one.role is Role.BOT]
        return [MessageRef(place, message_id) for one in said for message_id in one.message_ids]

    async def replaced(self, incoming: Incoming) -> tuple[str, ...]:
        """The turn whose place the answer takes: that of the last question, if this is an edit of it."""
        item = await self._question(incoming) if incoming.edits else None
        return (item.turn_id,) if item is not None and await self._is_last(item) else ()

    async def deleted(self, place: Place, message_ids: Sequence[str]) -> None:
        """Forget messages, whoever's conversation they are in, and stop what is being answered of them."""
        for conversation in self._mailboxes.around(place):
            await self._stop(conversation, message_ids)
        await self._store.memory.forget_messages(place.room, message_ids)

    async def _stop(self, conversation: str, message_ids: Sequence[str]) -> None:
        for message_id in message_ids:
            letter = self._mailboxes.find(conversation, message_id)
            if letter is not None and self._mailboxes.change(conversation, letter, None):
                self._lobby.leave(letter)
                await self._conductor.discard(letter)
        # What could not be stopped any more is in memory once it has ended.
        await self._mailboxes.ended(conversation, message_ids)

    def _is_question(self, incoming: Incoming) -> bool:
        if incoming.command is None:
            return True
        bound = self._registry.find(incoming.command.name)
        return bound is not None and bound.ordered

    async def _question(self, incoming: Incoming) -> HistoryItem | None:
        """The remembered question that a message changes. One that came in several messages is left alone:
        its new text would be only a part of it."""
        found = await self._store.memory.upto(incoming.place.conversation, incoming.edits, 1)
        item = found.items[-1] if found is not None else None
        if item is None or item.role is not Role.PERSON or item.speaker != incoming.author.key:
            return None
        return item if item.message_ids == (incoming.edits,) else None

    async def _is_last(self, item: HistoryItem) -> bool:
        opened = await self._store.memory.opened(item.conversation, LOOKED_AT)
        asked = [one for one in opened.items if one.role is Role.PERSON]
        return bool(asked) and (asked[-1].turn_id, asked[-1].chat) == (item.turn_id, item.chat)


def _renewed(old: Incoming, new: Incoming) -> Incoming:
    """The question as it reads now; how it was meant for the bot does not change with its text."""
    return replace(
        new,
        edits="",
        addressed=old.addressed,
        command=new.command if old.command is not None else None,
        quoted=new.quoted or old.quoted,
        attachments=new.attachments or old.attachments,
        reply_handle=old.reply_handle,
    )
