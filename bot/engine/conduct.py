"""Runs one turn from opening to closing, with the one error boundary that turns trouble into a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from bot.delivery import Answer, Delivered, Delivery
from bot.engine.access import Doorkeeper
from bot.engine.batching import Batcher
from bot.engine.hashing import Hasher
from bot.engine.mailbox import Attempt, Letter
from bot.engine.settings import SettingsBook
from bot.engine.texts import INTERRUPTED
from bot.engine.turn import Turn
from bot.errors import Fault, GondolaError
from bot.messages import ButtonsReady, Done, Incoming, MessageRef, Target
from bot.ports import Clock, Turns
from bot.records import Closing, Role, TurnMark, TurnState

log: structlog.stdlib.BoundLogger = structlog.get_logger()
Item = TypeVar("Item")

SORRY = (
    "Something went wrong on my side, so I could not finish this. Nothing else was started; please try again."
)
ASKING = "*…*"
Work = Callable[[Turn], Awaitable[None]]


class Conductor:
    """Opens a turn, does its work, closes it; whatever happens, people get one answer or one apology
    and the money is settled."""

    def __init__(
        self,
        turns: Turns,
        delivery: Delivery,
        doorkeeper: Doorkeeper,
        settings: SettingsBook,
        hasher: Hasher,
        clock: Clock,
    ) -> None:
        self._delivery = delivery
        self._doorkeeper = doorkeeper
        self._settings = settings
        self._hasher = hasher
        self._clock = clock
        self._close: Batcher[Closing, None] = Batcher(_each(turns.close))
        self._mark: Batcher[TurnMark, None] = Batcher(_each(turns.mark))
        self._marking: set[asyncio.Task[None]] = set()

    async def conduct(
        self,
        incoming: Incoming,
        letters: Sequence[Letter],
        work: Work,
        *,
        attempt: Attempt | None = None,
        private: bool = False,
    ) -> None:
        """One turn. Letters beyond the first were merged into `incoming` and are closed with it;
        `private` asks for an answer that only the asker sees."""
        turn = self._open(incoming, letters[0].turn_id, attempt, private)
        watcher = asyncio.create_task(_watch(turn.answer, attempt)) if attempt is not None else None
        try:
            await self._guarded(turn, work)
            delivered = await self._delivered(turn)
        except asyncio.CancelledError:
            await self._cancelled(turn, letters, attempt)
            raise
        finally:
            if watcher is not None:
                watcher.cancel()
        if attempt is not None:
            attempt.sealed = True
        await self._write(turn, letters, TurnState.SETTLED, _ids(delivered))

    async def discard(self, letter: Letter) -> None:
        """Close the journal of a letter that nobody wants answered any more."""
        await self._close(Closing(letter.turn_id, TurnState.SETTLED))

    async def settle(self) -> None:
        """Wait until every queued write is done."""
        await self._mark.settle()
        await self._close.settle()

    def _open(self, incoming: Incoming, turn_id: str, attempt: Attempt | None, private: bool) -> Turn:
        target = Target(incoming.place, incoming.message_id, incoming.reply_handle, private)
        refs: list[str] = []

        def sent(ref: MessageRef) -> None:
            refs.append(ref.message_id)
            self._note(TurnMark(turn_id, TurnState.ANSWERING, refs=tuple(refs)))

        carried = attempt.carried if attempt is not None else None
        turn = Turn(
            id=turn_id,
            incoming=incoming,
            person=self._hasher.person(incoming.author),
            settings=self._settings.resolve(incoming.place, incoming.author),
            owner=self._doorkeeper.is_owner(incoming),
            moderator=self._doorkeeper.is_moderator(incoming),
            answer=carried or self._delivery.open(target, turn_id, on_ref=sent),
            now=self._clock(),
            attempt=attempt,
        )
        if carried is not None:
            # It hears of no further message of its own, and people see something already.
            self._note(TurnMark(turn_id, TurnState.ANSWERING))
            carried.push(ButtonsReady(()))
            turn.hold(ASKING)
        return turn

    def _note(self, mark: TurnMark) -> None:
        task = asyncio.create_task(self._mark(mark))
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)

    async def _guarded(self, turn: Turn, work: Work) -> None:
        try:
            await work(turn)
        except GondolaError as error:
            _log_refusal(turn, error)
            turn.notice(error.reader_text, private=error.fault is Fault.USER)
        except Exception:  # the one boundary of a turn: silence is worse than an apology
            log.exception("turn.failed", turn=turn.id, platform=turn.incoming.place.platform)
            turn.notice(SORRY)

    async def _cancelled(self, turn: Turn, letters: Sequence[Letter], attempt: Attempt | None) -> None:
        """Somebody stopped it, a further message superseded it, or the house is closing."""
        if attempt is not None and (attempt.superseded or attempt.dropped):
            turn.history.clear()
            if attempt.superseded and attempt.visible and not turn.answer.stopped:
                attempt.carried = turn.answer
            else:
                attempt.carried = None
                turn.answer.cancel()
            state = TurnState.RECEIVED if attempt.superseded else TurnState.SETTLED
            await self._write(turn, letters, state, ())
            return
        turn.notice(INTERRUPTED)
        delivered = await turn.answer.finish()
        await self._write(turn, letters, TurnState.SETTLED, _ids(delivered))

    async def _delivered(self, turn: Turn) -> Delivered:
        if turn.placeholder:
            turn.replace("")  # nothing was said after all, or only media was shown
        turn.answer.push(Done())
        delivered = await turn.answer.finish()
        if delivered.failure is not None:
            log.warning("turn.undelivered", turn=turn.id, reason=delivered.failure.detail)
        return delivered

    async def _write(
        self, turn: Turn, letters: Sequence[Letter], state: TurnState, refs: tuple[str, ...]
    ) -> None:
        # What the bot said is remembered with the messages that show it.
        history = [
            replace(item, message_ids=refs) if item.role is Role.BOT else item for item in turn.history
        ]
        closing = Closing(turn.id, state, refs, "", tuple(turn.settlements), tuple(history), turn.replaces)
        others = [Closing(letter.turn_id, state) for letter in letters[1:]]
        await asyncio.gather(*(self._close(one) for one in (closing, *others)))


def _ids(delivered: Delivered) -> tuple[str, ...]:
    return tuple(ref.message_id for ref in delivered.refs)


async def _watch(answer: Answer, attempt: Attempt) -> None:
    await answer.visible()
    attempt.visible = True


def _log_refusal(turn: Turn, error: GondolaError) -> None:
    level = log.info if error.fault is Fault.USER else log.warning
    level(
        "turn.refused",
        turn=turn.id,
        platform=turn.incoming.place.platform,
        fault=error.fault.value,
        reason=error.detail,
        request_id=error.request_id,
    )


def _each(
    run: Callable[[Sequence[Item]], Awaitable[None]],
) -> Callable[[Sequence[Item]], Awaitable[list[None]]]:
    async def many(batch: Sequence[Item]) -> list[None]:
        await run(batch)
        return [None] * len(batch)

    return many
