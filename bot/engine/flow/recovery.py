"""After a crash: what had not reached Venice runs again, what was complete is delivered, the rest is
said to be interrupted. Venice is never called twice for one question unless somebody asks again, and where
the platform does not recognise a repeated send, nothing is said twice, however often we crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace

import structlog

from bot.delivery import Delivery
from bot.engine.flow.amends import Amends
from bot.engine.flow.conduct import Conductor
from bot.engine.flow.intake import from_payload
from bot.engine.flow.lost import Losses
from bot.engine.turns.mailbox import Letter
from bot.engine.turns.turn import Turn
from bot.messages import Addressed, ButtonRows, Incoming, MessageRef, Person, Place
from bot.ports import Clock
from bot.records import Closing, HistoryItem, Role, TurnRecord, TurnState
from bot.storing import Store

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST = 500
BROKEN_OFF = "… I was interrupted before I could finish this answer."
PART_UNSURE = "I was interrupted while sending this answer, and part of it may be missing."
OFF_RECORD = (
    "I was interrupted before I could finish my last answer here. It was off the record, so nothing of it "
    "was kept. Please ask again."
)

Spawn = Callable[[Coroutine[None, None, None]], None]
Unseen = Callable[[Turn, float], Awaitable[ButtonRows]]
_UNCALLED = (TurnState.RECEIVED, TurnState.ADMITTED)


class Recovery:
    """Takes over turns of instances that died. `route` runs a turn from its start; `replaced` names the
    turns that the answer to an edit takes the place of; `unseen` are buttons for what was made for the turn's
    person since a time and never shown."""

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        conductor: Conductor,
        amends: Amends,
        losses: Losses,
        *,
        unseen: Unseen,
        replaced: Callable[[Incoming], Awaitable[tuple[str, ...]]],
        route: Callable[[Letter], None],
        spawn: Spawn,
        clock: Clock,
    ) -> None:
        self._turns = store.turns
        self._memory = store.memory
        self._delivery = delivery
        self._conductor = conductor
        self._amends = amends
        self._losses = losses
        self._unseen = unseen
        self._replaced = replaced
        self._route = route
        self._spawn = spawn
        self._clock = clock

    async def run(self) -> int:
        """Claim what is expired and deal with it; returns how many turns. The answers come later."""
        records = await self._turns.claim_expired(MOST)
        fresh = [one for one in records if one.state in _UNCALLED]
        # Before anything runs again: what was reserved and never called is free.
        await self._turns.release([one.turn_id for one in fresh], called=False)
        await self._turns.release([one.turn_id for one in records if one not in fresh], called=True)
        await asyncio.gather(*(self._resume(record) for record in records if record.payload))
        secret = [record for record in records if not record.payload]
        for conversation in dict.fromkeys(one.conversation for one in secret):
            await self._apologise([one for one in secret if one.conversation == conversation])
        return len(records)

    async def _resume(self, record: TurnRecord) -> None:
        incoming = from_payload(record.payload)
        letter = Letter(record.turn_id, incoming, shown=record.refs, resumed=True)
        if record.state is TurnState.COMPLETE and not record.text:
            await self._close(record)  # answered together with another one
            return
        if not self._reaches(incoming.place):
            return
        if not record.refs or record.state not in (TurnState.COMPLETE, TurnState.DELIVERED):
            letter = self._losses.told(letter)
        if letter.incoming.complaint or record.state in _UNCALLED:
            self._route(letter)
        elif record.state is TurnState.COMPLETE:
            self._spawn(self._complete(letter, record))
        elif record.state is TurnState.DELIVERED and not self._repeats(record, incoming):
            history = await self._remembered(letter, record, record.refs)
            await self._close(record, history, await self._replaced(incoming))
            self._spawn(self._clear(letter))
        else:
            self._spawn(self._broken_off(letter, record))

    async def _close(
        self, record: TurnRecord, history: Sequence[HistoryItem] = (), replaces: tuple[str, ...] = ()
    ) -> None:
        end = Closing(record.turn_id, TurnState.SETTLED, history=tuple(history), replaces=replaces)
        await self._turns.close([end])

    async def _complete(self, letter: Letter, record: TurnRecord) -> None:
        """The whole text is known: bring what is shown in line with it."""
        incoming = letter.incoming
        whole = self._delivery.parts(incoming.place.platform, record.text) <= len(record.refs)
        resumes = whole or self._repeats(record, incoming)
        if not resumes:
            self._spawn(self._clear(letter))

        async def work(turn: Turn) -> None:
            if resumes:
                await self._keep(turn, letter, record)
                turn.say(record.text)
                return
            # A send may have been under way; it must not happen twice.
            await self._keep(turn, letter, record, record.refs)
            turn.notice(PART_UNSURE, buttons=await self._amends.show(incoming, turn.person, record.text))

        await self._conductor.conduct(incoming, [letter], work, complete=resumes, amends=not resumes)

    async def _broken_off(self, letter: Letter, record: TurnRecord) -> None:
        """What is visible stays, and is said to be all there is."""
        self._spawn(self._clear(letter))

        async def work(turn: Turn) -> None:
            await self._keep(turn, letter, record, record.refs)
            buttons = await self._amends.retry(letter.incoming, turn.person)
            if self._delivery.parts(letter.incoming.place.platform, record.text) > len(record.refs):
                # A draft showed what no message holds, and went with us.
                buttons = (*await self._amends.show(letter.incoming, turn.person, record.text), *buttons)
            # It may have been paid for and kept, and only not have been shown.
            buttons = (*await self._unseen(turn, record.received_at), *buttons)
            turn.notice(BROKEN_OFF, buttons=buttons)

        await self._conductor.conduct(letter.incoming, [letter], work, amends=True)

    async def _apologise(self, records: Sequence[TurnRecord]) -> None:
        """Off the record nothing tells who asked what: one sentence in the place, for all of it together."""
        place = Place.of_conversation(records[0].conversation)
        incoming = Incoming("", place, Person(place.platform, ""), Addressed.DIRECT)
        if not self._reaches(place):
            return
        done = [
            one for one in records if one.state is TurnState.DELIVERED and not self._repeats(one, incoming)
        ]
        for record in done:
            await self._close(record)
        letters = [Letter(one.turn_id, incoming, resumed=True) for one in records if one not in done]

        async def work(turn: Turn) -> None:
            turn.notice(OFF_RECORD)

        if letters:
            self._spawn(self._conductor.conduct(incoming, letters, work, amends=True))

    async def _clear(self, letter: Letter) -> None:
        """Take the Stop button away: there is nothing left to stop."""
        place, handle = letter.incoming.place, letter.incoming.reply_handle
        for message_id in letter.shown[-1:]:
            await self._delivery.clear_buttons(MessageRef(place, message_id, handle))

    def _reaches(self, place: Place) -> bool:
        reached = self._delivery.reaches(place.platform)
        if not reached:
            log.warning("turn.unreachable", platform=place.platform)
        return reached

    def _repeats(self, record: TurnRecord, incoming: Incoming) -> bool:
        """Whether a repeated send is seen once: not after too long, and answers to an interaction have no
        nonce. Nobody knows when a send was, only that it was not before the question."""
        age = self._clock() - record.received_at
        return self._delivery.repeats(incoming.place.platform, age) and not incoming.reply_handle

    async def _keep(
        self, turn: Turn, letter: Letter, record: TurnRecord, shown: tuple[str, ...] = ()
    ) -> None:
        """Have question and answer remembered as if nothing had happened. `shown` are messages of the answer
        of which the turn's own delivery knows nothing."""
        turn.history += await self._remembered(letter, record, shown)
        turn.replaces = await self._replaced(letter.incoming)

    async def _remembered(
        self, letter: Letter, record: TurnRecord, shown: tuple[str, ...]
    ) -> list[HistoryItem]:
        """Question and answer as far as it is known, for the chat that is current now. A press is no
        question: what it asked for again is remembered with its own turn."""
        incoming = letter.incoming
        if not record.text or incoming.press is not None:
            return []
        opened = await self._memory.opened(incoming.place.conversation, 1)
        asked = HistoryItem(
            conversation=incoming.place.conversation,
            role=Role.PERSON,
            text=incoming.text,
            at=record.received_at,
            speaker=incoming.author.key,
            speaker_name=incoming.author.name,
            turn_id=record.turn_id,
            message_ids=(incoming.message_id,) if incoming.message_id else (),
            chat=opened.chat,
        )
        said = replace(asked, role=Role.BOT, text=record.text, speaker="", speaker_name="", message_ids=shown)
        return [asked, said]
