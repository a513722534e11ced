"""One answer: its own task brings what is shown in line with what was said, one call at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.capabilities import CallKind, Capabilities
from bot.delivery.bell import Bell
from bot.delivery.besides import Besides
from bot.delivery.courier import Courier, Sending, Step, unannounced
from bot.delivery.delivered import Delivered
from bot.delivery.draft import Draft
from bot.delivery.frames import THINKING, Frame, Frames
from bot.delivery.limits import Grade, Limiter, Permit
from bot.delivery.livedoor import LiveDoor
from bot.delivery.media import Album, is_answer, plain_errand, shown_files
from bot.delivery.pages import Change
from bot.delivery.seat import COSMETIC_BACKOFF, DEFAULT_PENALTY, LOOK_AGAIN, Seat
from bot.delivery.style import ORDINARY, Streaming, Style
from bot.delivery.textflow import TextFlow, Wait, sooner
from bot.delivery.typing import TypingSignal
from bot.errors import PlatformError, PlatformFailure
from bot.messages import Done, MessageRef, ReplyEvent, Target
from bot.ports import Sleeper

FIRST_BACKOFF = 0.5
ATTEMPTS = 7
"""A call that must arrive is tried so often while the platform is unavailable: half a minute in all."""

PENALTIES = 20
MOVES = 3
"""An answer gives up after so many enforced waits, or moves of its chat."""


class Answer:
    """One answer in one place. Events go in by `push`; `finish` says what became of them.

    All text is one stream of messages: edited as it grows, or sent when each is whole while a draft shows
    what grows or nothing does. Media and notices are messages of their own, sent once the text said before
    them is shown; text said after them still joins the text messages.
    """

    def __init__(
        self,
        door: LiveDoor,
        limiter: Limiter,
        target: Target,
        answer_id: str,
        *,
        clock: Callable[[], float],
        sleep: Sleeper,
        on_ref: Callable[[MessageRef], None] | None = None,
        on_frame: Callable[[], None] = lambda: None,
        known: Sequence[MessageRef] = (),
        style: Style = ORDINARY,
        on_sending: Sending = unannounced,
        recovering: bool = False,
    ) -> None:
        self._door = door
        self._limiter = limiter
        self._courier = Courier(door, target, answer_id, on_sending)
        self._seat = Seat(limiter, self._courier, door.capabilities)
        self._clock = clock
        self._on_ref = on_ref
        self._draft = Draft()
        self._flow = TextFlow(door, self._draft, recovering=recovering and door.capabilities.repeatable_sends)
        self._flow.resume(known)
        self.restyle(style)
        self._besides = Besides(door, self._draft, self._flow, self._courier)
        lasts = door.capabilities.pacing.draft_lasts
        self._frames = Frames(self._seat, self._courier, lasts, clock, on_frame)
        self._thinking = False
        self._bell = Bell(sleep)
        self._signal = TypingSignal(door, limiter, sleep, self._courier)
        self._visible = asyncio.Event()
        self._first_visible_at: float | None = None
        self._refs: list[MessageRef] = list(known)
        self._files: dict[str, tuple[str, ...]] = {}
        self._failure: PlatformError | None = None
        self._stopped = False
        self._not_before = 0.0
        self._attempts = 0
        self._penalties = 0
        self._moves = 0
        self.task = asyncio.ensure_future(self._run())
        # A task cancelled before its first step runs nothing of its own.
        self.task.add_done_callback(lambda _: self._be_visible())

    # --- what the engine uses ---------------------------------------------------------------------

    @property
    def text(self) -> str:
        """All text said so far, CommonMark."""
        return self._draft.text

    @property
    def failure(self) -> PlatformError | None:
        """What has gone wrong for good so far; GONE means people deleted the answer."""
        return self._failure

    @property
    def stopped(self) -> bool:
        """True once nothing more will be shown: complete, failed, deleted or cancelled."""
        return self._stopped

    @property
    def capabilities(self) -> Capabilities:
        """What the platform of the answer can do."""
        return self._door.capabilities

    def push(self, event: ReplyEvent) -> None:
        """Take an event in. Never blocks, never raises; ignored after Done or once stopped."""
        if self._stopped:
            return
        self._draft.add(event)
        grown = self._flow.grown(self._clock())
        if grown or self._draft.done or self._draft.asides:
            self._bell.ring()

    def adopt(self, refs: Sequence[MessageRef]) -> None:
        """Take the place of an earlier answer: its messages are edited before new ones are sent. To be
        called before the first event."""
        self._flow.adopt(refs)

    def restyle(self, style: Style) -> None:
        """From now on appear like this, as far as the place can."""
        self._flow.restyle(style.within(self._door.capabilities, self._courier.target.place))

    def typing(self) -> None:
        """Show that an answer is being written until its first text or media is visible."""
        if self._stopped or self._first_visible_at is not None:
            return
        if self._flow.streaming is Streaming.DRAFTS:
            self._thinking = True
            self._bell.ring()
        else:
            self._signal.start()

    async def visible(self) -> None:
        """Return when the first text or media is visible, or the answer has ended without any."""
        await self._visible.wait()

    def cancel(self) -> None:
        """End the answer as it is, without waiting; what is visible stays."""
        self.task.cancel()

    async def finish(self) -> Delivered:
        """Say Done, and wait until everything is visible or has failed. If cancelled, the answer ends."""
        self.push(Done())
        try:
            await asyncio.wait([self.task])
        except asyncio.CancelledError:
            self.task.cancel()
            await asyncio.wait([self.task])
            raise
        if self.task.cancelled():
            self._fail(PlatformError(PlatformFailure.UNAVAILABLE, detail="delivery was closed"))
        else:
            self.task.result()
        return Delivered(
            tuple(self._refs),
            self.text,
            self._failure,
            self._first_visible_at,
            self._courier.calls,
            self._files,
        )

    # --- the loop ---------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while (step := self._plan()) is not None:
                match step:
                    case Wait():
                        await self._bell.wait(step.seconds)
                    case Frame():
                        await self._show(step)
                    case Step():
                        await self._perform(step)
        finally:
            self._stopped = True
            self._signal.stop()
            self._seat.leave()
            self._be_visible()

    def _plan(self) -> Step | Frame | Wait | None:
        now = self._clock()
        if self._stopped:
            return None
        if now < self._not_before:
            return Wait(self._not_before - now)
        besides = self._besides
        return besides.next() or self._text_step(now) or besides.next() or self._last_step()

    def _text_step(self, now: float) -> Step | Frame | Wait | None:
        change = self._flow.next(now, flush=bool(self._draft.asides))
        if not isinstance(change, Change):
            return sooner(change, self._next_frame(now))
        kind = CallKind.SEND if change.new else CallKind.EDIT
        return Step(kind, Grade.MUST if change.urgent else Grade.COSMETIC, change)

    def _next_frame(self, now: float) -> Frame | Wait | None:
        if self._draft.done or self._draft.asides or self._flow.streaming is not Streaming.DRAFTS:
            return None
        return self._frames.next(self._flow.preview or (THINKING if self._thinking else None), now)

    def _last_step(self) -> Step | Wait | None:
        return self._besides.last() if self._draft.done else Wait(None)

    async def _show(self, frame: Frame) -> None:
        """Frames come one at a time and before the message that ends them, so that none comes late."""
        shown = await self._frames.show(frame, self._seat.interval(self._draft.length))
        self._flow.postpone(self._frames.earliest)
        if shown and frame.part != THINKING:
            self._seat.join()
            self._be_seen()
        elif self._frames.refused and self._first_visible_at is None:
            self._signal.start()

    async def _perform(self, step: Step) -> None:
        try:
            granted = await self._room(step)
        except PlatformError as error:
            self._stop(error)
            return
        if granted is None:
            return
        step, permit = granted
        try:
            with permit:
                ref = await self._call(step)
        except PlatformError as error:
            self._trouble(step, error)
        else:
            self._arrived(step, ref)

    async def _room(self, step: Step) -> tuple[Step, Permit] | None:
        """Room for the call, and the newest form of it; None to plan anew."""
        lane = self._seat.lane()
        if step.grade is not Grade.MUST:
            permit = self._limiter.may(lane, step.kind, step.grade)
            if permit is None:
                now = self._clock()
                self._flow.postpone(max(lane.free_at(step.kind, step.grade, now), now + LOOK_AGAIN))
            return None if permit is None else (step, permit)
        permit = await self._limiter.must(lane, step.kind)
        newest = self._plan()
        if isinstance(newest, Step) and newest.kind is step.kind:
            return newest, permit
        permit.discard()
        return None

    # --- one call ---------------------------------------------------------------------------------

    async def _call(self, step: Step) -> MessageRef:
        self._courier.calls += 1
        match step.work:
            case Change() as change if change.new:
                return await self._courier.send(change, self._flow.number(change))
            case Change() as change:
                return await self._courier.edit(self._flow.ref(change), change)
            case errand:
                return await self._courier.run(errand, step.buttons)

    def _arrived(self, step: Step, ref: MessageRef) -> None:
        self._attempts = 0
        work = step.work
        if step.kind is CallKind.SEND:
            self._frames.gone()
        if isinstance(work, Change):
            first = work.new or self._flow.is_adopted(work)
            self._flow.shown(work, ref, self._clock() + self._seat.interval(self._draft.length))
            if first:
                self._seat.join()
                self._record(ref)
            return
        self._besides.arrived(step)
        if isinstance(work, Album):
            self._files |= shown_files(work, ref)
        if is_answer(work):
            self._record(ref)

    def _record(self, ref: MessageRef) -> None:
        self._courier.replied = True
        self._refs.append(ref)
        self._be_seen()
        if self._on_ref is not None:
            self._on_ref(ref)

    def _be_seen(self) -> None:
        if self._first_visible_at is None:
            self._first_visible_at = self._clock()
            self._signal.stop()
            self._be_visible()

    def _be_visible(self) -> None:
        self._visible.set()
        self._seat.seen()

    # --- trouble ----------------------------------------------------------------------------------

    def _trouble(self, step: Step, error: PlatformError) -> None:
        match error.failure:
            case PlatformFailure.RATE_LIMITED:
                self._penalty(step, error)
            case PlatformFailure.UNCHANGED if isinstance(step.work, Change) and not step.work.new:
                self._arrived(step, self._flow.ref(step.work))
            case PlatformFailure.BAD_FORMAT:
                self._refused(step, error)
            case PlatformFailure.MOVED if error.moved_to and self._moves < MOVES:
                self._move(error.moved_to)
            case PlatformFailure.UNAVAILABLE:
                self._again(step, error)
            case PlatformFailure.AMBIGUOUS:
                self._doubtful(step, error)
            case _:
                self._denied(step, error)

    def _penalty(self, step: Step, error: PlatformError) -> None:
        self._limiter.penalise(self._seat.lane(), error.retry_after or DEFAULT_PENALTY)
        self._penalties += step.grade is Grade.MUST
        if self._penalties > PENALTIES:
            self._stop(error)

    def _refused(self, step: Step, error: PlatformError) -> None:
        work = step.work
        if isinstance(work, Change):
            if not self._flow.refused(work):
                self._fail(error)
                self._flow.give_up(work)
        elif (plain := plain_errand(work)) != work:
            self._besides.exchange(plain)
        else:
            self._denied(step, error)

    def _move(self, channel: str) -> None:
        self._moves += 1
        self._flow.moved(self._courier.move(channel))
        self._seat.moved()

    def _doubtful(self, step: Step, error: PlatformError) -> None:
        """The call may have taken effect. An edit is repeated; a send only where a nonce makes that safe."""
        repeatable = self._door.capabilities.repeatable_sends and not error.unrepeatable
        if step.kind is CallKind.EDIT or repeatable:
            self._again(step, error)
            return
        self._fail(error)
        self._attempts = 0
        self._courier.replied = self._courier.replied or is_answer(step.work)
        if isinstance(step.work, Change):
            self._flow.unknown(step.work)
        else:
            self._besides.doubted(step.work)

    def _again(self, step: Step, error: PlatformError) -> None:
        now = self._clock()
        if step.grade is not Grade.MUST:
            self._flow.postpone(now + max(COSMETIC_BACKOFF, error.retry_after or 0.0))
            return
        self._attempts += 1
        if self._attempts >= ATTEMPTS:
            self._abandon(step, error)
            return
        pause = FIRST_BACKOFF * 2 ** (self._attempts - 1)
        self._not_before = now + max(pause, error.retry_after or 0.0)
        if isinstance(step.work, Change) and step.work.new:
            self._flow.repeat(step.work)

    def _abandon(self, step: Step, error: PlatformError) -> None:
        """The platform stayed away: the text ends here, an errand is left out."""
        if isinstance(step.work, Change):
            self._stop(error)
        else:
            self._fail(error)
            self._attempts = 0
            self._besides.doubted(step.work)

    def _denied(self, step: Step, error: PlatformError) -> None:
        work = step.work
        if isinstance(work, Change):
            left_behind = self._moves and error.failure is PlatformFailure.GONE and not work.new
            if left_behind or self._flow.is_adopted(work):
                # The messages stayed behind in the old chat, or an earlier answer is out of reach.
                self._flow.start_over()
            else:
                self._stop(error)
            return
        self._fail(error)
        self._attempts = 0
        self._besides.denied(work)

    def _fail(self, error: PlatformError) -> None:
        """Note what went wrong; the answer goes on."""
        self._failure = self._failure or error

    def _stop(self, error: PlatformError) -> None:
        self._failure = error
        self._stopped = True
