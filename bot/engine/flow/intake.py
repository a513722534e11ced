"""Events into the journal and back: the Incoming as JSON, and several letters as one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog
from pydantic import TypeAdapter

from bot.engine.batching import Batcher
from bot.engine.doors.hashing import Hasher
from bot.engine.turns.mailbox import Letter
from bot.messages import Incoming
from bot.ports import Clock
from bot.records import Intake
from bot.storing import Turns

log: structlog.stdlib.BoundLogger = structlog.get_logger()
_INCOMING = TypeAdapter(Incoming)


class Intakes:
    """Writes letters down: whoever arrives at once in one transaction, and each event once."""

    def __init__(self, turns: Turns, hasher: Hasher, clock: Clock) -> None:
        self._turns = turns
        self._hasher = hasher
        self._clock = clock
        self._write: Batcher[Intake, bool] = Batcher(self._journal)

    async def take_in(self, letter: Letter) -> bool:
        """Write a letter down; False for an event that is known already."""
        new = await self._write(self._row(letter))
        if not new:
            log.info("event.duplicate", platform=letter.incoming.place.platform)
        return new

    def _row(self, letter: Letter) -> Intake:
        incoming = letter.incoming
        return Intake(
            turn_id=letter.turn_id,
            event_id=f"{incoming.place.platform}:{incoming.event_id}",
            conversation=incoming.place.conversation,
            person=self._hasher.person(incoming.author),
            payload=to_payload(incoming),
            received_at=self._clock(),
        )

    async def _journal(self, batch: Sequence[Intake]) -> list[bool]:
        new = await self._turns.take_in(batch)
        results: list[bool] = []
        for row in batch:
            results.append(row.event_id in new)
            new.discard(row.event_id)  # the same event twice in one batch counts once
        return results


def to_payload(incoming: Incoming) -> str:
    """The event as JSON, for the journal; without secrets, and "" off the record."""
    if incoming.off_record:
        return ""
    if incoming.command is not None and incoming.command.secrets:
        incoming = replace(incoming, command=replace(incoming.command, secrets={}))
    return _INCOMING.dump_json(incoming).decode()


def from_payload(payload: str) -> Incoming:
    """The event from the journal."""
    return _INCOMING.validate_json(payload)


def merged(letters: Sequence[Letter]) -> Incoming:
    """Several letters of one person as one event: texts joined, attachments together, the last message
    answered, the first quote kept."""
    last = letters[-1].incoming
    if len(letters) == 1:
        return last
    texts = [letter.incoming.text for letter in letters]
    return replace(
        last,
        text=_joined([letter.incoming for letter in letters], texts),
        attachments=tuple(a for letter in letters for a in letter.incoming.attachments),
        quoted=next((x.incoming.quoted for x in letters if x.incoming.quoted is not None), None),
        addressed=letters[0].incoming.addressed,
        command=letters[0].incoming.command,
        off_record=any(letter.incoming.off_record for letter in letters),
    )


def _joined(events: Sequence[Incoming], texts: Sequence[str]) -> str:
    result = ""
    for index, text in enumerate(texts):
        glue = "" if index and events[index - 1].near_limit else "\n"
        result = f"{result}{glue}{text}" if result and text else result or text
    return result
