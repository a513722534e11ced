"""What is written down of turns under way, so that after a crash it is known how far each had come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.engine.batching import Batcher, each
from bot.engine.turns.mailbox import Letter
from bot.engine.turns.turn import Turn
from bot.errors import GondolaError
from bot.messages import MessageRef
from bot.records import Closing, TurnMark, TurnState
from bot.storing import Turns

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Journal:
    """Writes marks and closings in batches. `complete` are the turns whose whole text is stored."""

    def __init__(self, turns: Turns) -> None:
        self.close: Batcher[Closing, None] = Batcher(each(turns.close))
        self.mark: Batcher[TurnMark, None] = Batcher(each(turns.mark))
        self.complete: set[str] = set()
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, mark: TurnMark) -> None:
        """Write a mark down; nobody waits for it."""
        self._beside(asyncio.create_task(self.mark(mark)))

    def note_complete(self, closing: Closing) -> None:
        """Store a turn's whole text and its price before the last of it is delivered; nobody waits."""
        self.complete.add(closing.turn_id)
        self._beside(asyncio.create_task(self.close(closing)))

    async def written_down(self, marks: Sequence[TurnMark]) -> None:
        """Return once the marks are stored, or cannot be."""
        try:
            await asyncio.gather(*(self.mark(mark) for mark in marks))
        except GondolaError as error:  # people are rather told twice than not at all
            log.warning("turn.unmarked", turn=marks[0].turn_id, reason=error.detail)

    async def settle(self) -> None:
        """Wait until every queued write is done."""
        await self.mark.settle()
        await self.close.settle()

    def checkpoint(self, turn: Turn) -> None:
        """Keep the text so far, if it is text of the answer and not stored whole already."""
        waits = turn.in_line or turn.placeholder or turn.off_record
        if turn.answer.text and not waits and turn.id not in self.complete:
            self.note(TurnMark(turn.id, TurnState.ANSWERING, text=turn.answer.text))

    def _beside(self, task: asyncio.Task[None]) -> None:
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


class Progress:
    """The states of one turn. `amends`: it comes as an answer of its own after a crash; `repeats`: a send
    may be repeated there without being seen twice. `turn` is set once it is open."""

    def __init__(self, journal: Journal, letters: Sequence[Letter], *, amends: bool, repeats: bool) -> None:
        self._journal = journal
        self._letters = letters
        self._amends = amends
        self._repeats = repeats
        self._refs = list(letters[0].shown)
        self._begun = False
        self.turn: Turn | None = None

    @property
    def _off_record(self) -> bool:
        return any(letter.incoming.off_record for letter in self._letters)

    @property
    def _in_line(self) -> bool:
        return self.turn is not None and self.turn.in_line

    def sent(self, ref: MessageRef) -> None:
        """A message of the answer is out."""
        self._refs.extend(ref.message_ids)
        turn_id = self._letters[0].turn_id
        state = TurnState.ADMITTED if self._in_line else TurnState.ANSWERING
        if turn_id in self._journal.complete:
            state = TurnState.COMPLETE
        refs = None if self._off_record else tuple(self._refs)
        self._journal.note(TurnMark(turn_id, state, refs=refs))

    def drafted(self) -> None:
        """A draft is about to show text: it is gone when we are, so that is kept first."""
        if self.turn is not None:
            self._journal.checkpoint(self.turn)

    async def sending(self) -> None:
        """State first, then the send: what may have arrived must not be said again after a further crash."""
        if self._begun or self._in_line:
            return
        self._begun = True
        if self._amends:
            marks = [TurnMark(one.turn_id, TurnState.DELIVERED) for one in self._letters]
            await self._journal.written_down(marks)
        elif not self._repeats:
            await self._journal.written_down([TurnMark(self._letters[0].turn_id, TurnState.CALLED)])

    async def begin(self) -> None:
        """Venice is called now. Merged letters are answered by the first turn and must not run alone."""
        first, *merged = self._letters
        others = [TurnMark(one.turn_id, TurnState.COMPLETE, text="") for one in merged]
        marks = [TurnMark(first.turn_id, TurnState.CALLED), *others]
        await asyncio.gather(*(self._journal.mark(mark) for mark in marks))
        self._begun = True
        if self.turn is not None:
            self.turn.in_line = False
