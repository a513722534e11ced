"""Runs one turn from opening to closing, with the one error boundary that turns trouble into a sentence."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from bot.delivery import Answer, Delivered, Delivery, Streaming, Style
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.adults import AdultRule
from bot.engine.doors.hashing import Hasher
from bot.engine.doors.permits import PermitBook
from bot.engine.flow.amends import Amends
from bot.engine.flow.journal import Journal, Progress
from bot.engine.money.keybook import KeyBook
from bot.engine.oversight.pulse import Pulse
from bot.engine.people.discretion import badged
from bot.engine.settings.book import PlaceSettings, SettingsBook
from bot.engine.turns.directs import Directs
from bot.engine.turns.mailbox import Attempt, Letter
from bot.engine.turns.texts import INTERRUPTED, STOPPED
from bot.engine.turns.turn import Turn
from bot.engine.turns.workload import Outcome
from bot.errors import Fault, GondolaError, PlatformFailure, VeniceError
from bot.messages import ButtonsReady, Done, Incoming, MessageRef, Notice, Target
from bot.ports import Clock
from bot.records import Closing, Role, TurnMark, TurnState
from bot.storing import Turns

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SORRY = (
    "Something went wrong on my side, so I could not finish this. Nothing else was started; please try again."
)
HOUSE_PAYS = "Until then the house's key answers here."
ASKING = "*…*"
UNSURE = "The chat did not confirm a message, so part of this answer may be missing."
CHECKPOINT_SECONDS = 2.0
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
        amends: Amends,
        keys: KeyBook,
        directs: Directs,
        pulse: Pulse,
        permits: PermitBook,
        adults: AdultRule,
    ) -> None:
        self._pulse = pulse
        self._keys = keys
        self._directs = directs
        self._permits = permits
        self._adults = adults
        self._amends = amends
        self._open_turns: dict[str, Turn] = {}
        self.ended: Counter[tuple[str, str]] = Counter()
        """How turns have ended, by platform and outcome."""
        self._delivery = delivery
        self._doorkeeper = doorkeeper
        self._settings = settings
        self._hasher = hasher
        self._clock = clock
        self._journal = Journal(turns)

    async def conduct(
        self,
        incoming: Incoming,
        letters: Sequence[Letter],
        work: Work,
        *,
        attempt: Attempt | None = None,
        private: bool = False,
        complete: bool = False,
        amends: bool = False,
    ) -> None:
        """One turn. Letters beyond the first were merged into `incoming` and are closed with it;
        `private` asks for an answer that only the asker sees. After a crash, `complete` delivers a text that
        is stored already, and `amends` words what comes as an answer of its own beside what is shown."""
        if complete:
            self._journal.complete.add(letters[0].turn_id)
        incoming = self._adults.judged(incoming)  # one from the journal was judged when it came
        turn = self._open(incoming, letters, attempt, private, amends=amends)
        self._open_turns[turn.id] = turn
        self._pulse.began(turn)
        if self._directs.news(incoming):
            turn.beside(self._directs.heard(incoming))
        watcher = asyncio.create_task(_watch(turn.answer, attempt)) if attempt is not None else None
        try:
            with self._directs.answering(incoming.place):
                outcome = await self._guarded(turn, work)
            badged(turn)
            delivered = await self._delivered(turn)
        except asyncio.CancelledError:
            self._count(turn, Outcome.CANCELLED)
            try:
                await self._cancelled(turn, letters, attempt)
            finally:
                turn.closed.set()
            raise
        finally:
            self._open_turns.pop(turn.id, None)
            if watcher is not None:
                watcher.cancel()
        self._count(turn, outcome if delivered.failure is None else Outcome.UNDELIVERED)
        if attempt is not None:
            attempt.sealed = True
        await _over(turn, delivered)
        try:
            await self._write(turn, letters, TurnState.SETTLED, _ids(delivered))
        finally:
            turn.closed.set()

    async def discard(self, letter: Letter) -> None:
        """Close the journal of a letter that nobody wants answered any more."""
        await self._journal.close(Closing(letter.turn_id, TurnState.SETTLED))

    def shown(self, letter: Letter, message_ids: Sequence[str]) -> None:
        """Journal the messages of a letter's answer so far, whatever its state is."""
        if not letter.incoming.off_record:
            self._journal.note(TurnMark(letter.turn_id, None, refs=tuple(message_ids)))

    async def settle(self) -> None:
        """Wait until every queued write is done."""
        await self._journal.settle()

    async def written(self, askers: frozenset[str], seconds: float) -> bool:
        """Wait until the turns that some people (keys) have open now are over; False when that takes longer
        than `seconds`. Nothing of them is kept, however long they take: they are off the record now."""
        under_way = [turn for turn in self._open_turns.values() if turn.incoming.author.key in askers]
        for turn in under_way:
            turn.off_record = True
        waits = [asyncio.create_task(turn.closed.wait()) for turn in under_way]
        if not waits:
            return True
        _, late = await asyncio.wait(waits, timeout=seconds)
        for one in late:
            one.cancel()
        return not late

    async def keep_checkpoints(self) -> None:
        """Every two seconds the text so far of each answer under way is journalled, until cancelled."""
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            for turn in list(self._open_turns.values()):
                self._journal.checkpoint(turn)

    def _open(
        self,
        incoming: Incoming,
        letters: Sequence[Letter],
        attempt: Attempt | None,
        private: bool,
        *,
        amends: bool,
    ) -> Turn:
        turn_id = letters[0].turn_id
        target = Target(incoming.place, incoming.message_id, incoming.reply_handle, private)
        place, handle = incoming.place, incoming.reply_handle
        shown = [MessageRef(place, one, handle) for one in letters[0].shown if not amends]
        repeats = self._delivery.repeats(place.platform)
        progress = Progress(self._journal, letters, amends=amends, repeats=repeats)
        carried = attempt.carried if attempt is not None else None
        settings = self._settings.resolve(place, incoming.author)
        style = _style(settings)
        owner, moderator = self._doorkeeper.is_owner(incoming), self._doorkeeper.is_moderator(incoming)
        progress.turn = turn = Turn(
            id=turn_id,
            incoming=incoming,
            person=self._hasher.person(incoming.author),
            settings=settings,
            owner=owner,
            moderator=moderator,
            gate=self._permits.gate(
                incoming,
                owner=owner,
                moderator=moderator,
                role_style=self._delivery.capabilities(place.platform).role_style,
            ),
            answer=carried
            or self._delivery.open(
                target,
                f"{turn_id}:again" if amends else turn_id,
                on_ref=progress.sent,
                on_frame=progress.drafted,
                known=shown,
                style=style,
                on_sending=progress.sending,
                recovering=any(one.resumed for one in letters),
            ),
            now=self._clock(),
            attempt=attempt,
            begin=progress.begin,
            off_record=incoming.off_record,
        )
        if carried is not None:
            # It hears of no further message of its own, and people see something already.
            self._journal.note(TurnMark(turn_id, TurnState.ANSWERING))
            carried.restyle(style)
            carried.push(ButtonsReady(()))
            turn.hold(ASKING)
        return turn

    def _count(self, turn: Turn, outcome: Outcome) -> None:
        self.ended[turn.incoming.place.platform, outcome.value] += 1
        self._pulse.ended(turn, outcome)

    async def _guarded(self, turn: Turn, work: Work) -> Outcome:
        try:
            await self._paid(turn, work)
        except GondolaError as error:
            _log_refusal(turn, error)
            turn.notice(error.reader_text, private=error.fault is Fault.USER)
            if error.fault is not Fault.USER:
                self._pulse.trouble(turn.incoming.place, error, turn.id)
            return Outcome.REFUSED if error.fault is Fault.USER else Outcome.FAILED
        except Exception as error:  # the one boundary of a turn: silence is worse than an apology
            log.exception("turn.failed", turn=turn.id, platform=turn.incoming.place.platform)
            turn.notice(SORRY)
            self._pulse.trouble(turn.incoming.place, error, turn.id)
            return Outcome.FAILED
        return Outcome.ANSWERED

    async def _paid(self, turn: Turn, work: Work) -> None:
        """The work, with the Venice key that pays here; where that gives way to the house's, once more."""
        place = turn.incoming.place
        try:
            with self._keys.acting_for(place):
                await work(turn)
        except VeniceError as error:
            spent = sum(one.cost for one in turn.settlements)
            if spent or turn.answer.text or not self._keys.gives_way(place, error):
                raise
            turn.notice(f"{error.reader_text} {HOUSE_PAYS}")
            with self._keys.acting_for(place):
                await work(turn)

    async def _cancelled(self, turn: Turn, letters: Sequence[Letter], attempt: Attempt | None) -> None:
        """Somebody stopped it, a further message superseded it, or the house is closing."""
        if attempt is not None and (attempt.superseded or attempt.dropped):
            turn.history.clear()
            if attempt.superseded and attempt.visible and not turn.answer.stopped:
                attempt.carried = turn.answer
            else:
                attempt.carried = None
                turn.answer.cancel()
            await _over(turn)
            state = TurnState.RECEIVED if attempt.superseded else TurnState.SETTLED
            await self._write(turn, letters, state, ())
            return
        if not turn.stopped:
            turn.notice(INTERRUPTED)
        elif turn.placeholder or not turn.answer.text:
            turn.notice(STOPPED)
        badged(turn)
        delivered = await turn.answer.finish()
        await _over(turn, delivered)
        await self._write(turn, letters, TurnState.SETTLED, _ids(delivered))

    async def _delivered(self, turn: Turn) -> Delivered:
        if turn.placeholder:
            turn.replace("")  # nothing was said after all, or only media was shown
        turn.answer.push(Done())
        if turn.settlements and turn.answer.text:
            self._store_complete(turn)
        delivered = await turn.answer.finish()
        if delivered.failure is not None:
            log.warning("turn.undelivered", turn=turn.id, reason=delivered.failure.detail)
            self._pulse.trouble(turn.incoming.place, delivered.failure, turn.id)
            await self._doubt(turn, delivered)
        return delivered

    def _store_complete(self, turn: Turn) -> None:
        """The text and its price are safe before the last of it is delivered; nobody waits for that."""
        text = "" if turn.off_record else turn.answer.text
        self._journal.note_complete(
            Closing(turn.id, TurnState.COMPLETE, text=text, settlements=tuple(turn.settlements))
        )

    async def _doubt(self, turn: Turn, delivered: Delivered) -> None:
        """A send without an answer is not repeated: one sentence and a button that shows the text again."""
        failure = delivered.failure
        if failure is None or failure.failure is not PlatformFailure.AMBIGUOUS or not delivered.text:
            return
        buttons = (
            () if turn.off_record else await self._amends.show(turn.incoming, turn.person, delivered.text)
        )
        target = Target(turn.incoming.place, turn.incoming.message_id, turn.incoming.reply_handle)
        notice = self._delivery.open(target, f"{turn.id}:doubt")
        notice.push(Notice(UNSURE, buttons=buttons))
        notice.push(Done())
        await notice.finish()

    async def _write(
        self, turn: Turn, letters: Sequence[Letter], state: TurnState, refs: tuple[str, ...]
    ) -> None:
        # What the bot said is remembered with the messages that show it.
        history = [
            replace(item, message_ids=(*item.message_ids, *refs)) if item.role is Role.BOT else item
            for item in turn.history
        ]
        closing = Closing(
            turn.id, state, refs, "", tuple(turn.settlements), tuple(history), replaces=turn.replaces
        )
        if turn.again is not None:
            closing = replace(closing, history=(), revised=closing.history)
        if turn.off_record:
            closing = replace(closing, refs=(), history=(), revised=(), replaces=())
        others = [Closing(letter.turn_id, state) for letter in letters[1:]]
        await asyncio.gather(*(self._journal.close(one) for one in (closing, *others)))
        self._journal.complete.discard(turn.id)


def _style(settings: PlaceSettings) -> Style:
    streaming = settings.text("streaming") or Streaming.EDITS
    return Style(Streaming(streaming), settings.flag("rich_text"))


async def _over(turn: Turn, delivered: Delivered | None = None) -> None:
    """Wait for what runs beside the answer, and tell who wants to know what became of it."""
    if delivered is not None:
        await asyncio.gather(*(hear(delivered) for hear in turn.listeners))
    if turn.besides:
        await asyncio.wait(turn.besides)


def _ids(delivered: Delivered) -> tuple[str, ...]:
    return tuple(one for ref in delivered.refs for one in ref.message_ids)


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
