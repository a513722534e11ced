"""After a crash: what had not reached Venice runs again, what was complete is delivered, the rest is
said to be interrupted. Venice is never called twice for one question unless somebody asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

import structlog

from bot.delivery import Delivery
from bot.engine.amends import Amends
from bot.engine.conduct import Conductor
from bot.engine.intake import from_payload
from bot.engine.lost import Losses
from bot.engine.mailbox import Letter
from bot.engine.turn import Turn
from bot.messages import MessageRef
from bot.ports import Memory, Turns
from bot.records import Closing, HistoryItem, Role, TurnRecord, TurnState

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST = 500
BROKEN_OFF = "… I was interrupted before I could finish this answer."
PART_UNSURE = "I was interrupted while sending this answer, and part of it may be missing."

Spawn = Callable[[Coroutine[None, None, None]], None]


class Recovery:
    """Takes over turns of instances that died. `route` runs a turn from its start."""

    def __init__(
        self,
        turns: Turns,
        memory: Memory,
        delivery: Delivery,
        conductor: Conductor,
        amends: Amends,
        losses: Losses,
        *,
        route: Callable[[Letter], None],
        spawn: Spawn,
    ) -> None:
        self._turns = turns
        self._memory = memory
        self._delivery = delivery
        self._conductor = conductor
        self._amends = amends
        self._losses = losses
        self._route = route
        self._spawn = spawn

    async def run(self) -> int:
        """Claim what is expired and deal with it; returns how many turns. The answers come later."""
        records = await self._turns.claim_expired(MOST)
        fresh = [one for one in records if one.state in (TurnState.RECEIVED, TurnState.ADMITTED)]
        # Before anything runs again: what was reserved and never called is free.
        await self._turns.release([one.turn_id for one in fresh], called=False)
        await self._turns.release([one.turn_id for one in records if one not in fresh], called=True)
        await asyncio.gather(*(self._resume(record) for record in records))
        return len(records)

    async def _resume(self, record: TurnRecord) -> None:
        if not record.payload or (record.state is TurnState.COMPLETE and not record.text):
            await self._turns.close([Closing(record.turn_id, TurnState.SETTLED)])
            return
        letter = Letter(record.turn_id, from_payload(record.payload))
        if not self._delivery.reaches(letter.incoming.place.platform):
            log.warning("turn.unreachable", turn=record.turn_id, platform=letter.incoming.place.platform)
            return
        if not record.refs or record.state not in (TurnState.COMPLETE, TurnState.DELIVERED):
            letter = self._losses.told(letter)
        if letter.incoming.complaint or record.state in (TurnState.RECEIVED, TurnState.ADMITTED):
            self._route(replace(letter, shown=record.refs))
        elif record.state is TurnState.COMPLETE:
            self._spawn(self._complete(letter, record))
        else:
            self._spawn(self._broken_off(letter, record))

    async def _complete(self, letter: Letter, record: TurnRecord) -> None:
        """The whole text is known: bring what is shown in line with it."""
        place = letter.incoming.place
        known = tuple(MessageRef(place, one, letter.incoming.reply_handle) for one in record.refs)

        async def work(turn: Turn) -> None:
            turn.history += await self._remembered(letter, record)
            if len(known) < self._delivery.parts(place.platform, record.text) and not self._repeatable(
                place.platform
            ):
                # A send may have been under way; it must not happen twice.
                buttons = await self._amends.show(letter.incoming, turn.person, record.text)
                turn.notice(PART_UNSURE, buttons=buttons)
                return
            turn.say(record.text)

        whole = self._delivery.parts(place.platform, record.text) <= len(known)
        resumes = whole or self._repeatable(place.platform)
        await self._conductor.conduct(
            letter.incoming, [letter], work, known=known if resumes else (), after_crash=not resumes
        )

    def _repeatable(self, platform: str) -> bool:
        return self._delivery.repeats(platform)

    async def _broken_off(self, letter: Letter, record: TurnRecord) -> None:
        async def work(turn: Turn) -> None:
            turn.history += await self._remembered(letter, record)
            buttons = await self._amends.retry(letter.incoming, turn.person)
            if self._delivery.parts(letter.incoming.place.platform, record.text) > len(record.refs):
                # A draft showed what no message holds, and went with us.
                buttons = (*await self._amends.show(letter.incoming, turn.person, record.text), *buttons)
            turn.notice(BROKEN_OFF, buttons=buttons)

        await self._conductor.conduct(letter.incoming, [letter], work, after_crash=True)

    async def _remembered(self, letter: Letter, record: TurnRecord) -> list[HistoryItem]:
        """Question and answer as far as it is known, for the chat that is current now."""
        opened = await self._memory.opened(letter.incoming.place.conversation, 1)
        return [replace(item, chat=opened.chat) for item in _remembered(letter, record)]


def _remembered(letter: Letter, record: TurnRecord) -> list[HistoryItem]:
    """Question and answer as far as it is known."""
    incoming = letter.incoming
    if not record.text:
        return []
    asked = HistoryItem(
        conversation=incoming.place.conversation,
        role=Role.PERSON,
        text=incoming.text,
        at=record.received_at,
        speaker=incoming.author.key,
        speaker_name=incoming.author.name,
        turn_id=record.turn_id,
        message_ids=(incoming.message_id,) if incoming.message_id else (),
    )
    said = replace(asked, role=Role.BOT, text=record.text, speaker="", speaker_name="", message_ids=())
    return [asked, said]
