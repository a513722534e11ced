"""Looking at orders that Venice makes, until they are there, have failed or are gone."""

from __future__ import annotations

import asyncio

import structlog

from bot.engine.making import words
from bot.engine.making.board import Board
from bot.engine.making.ends import Ends, brief_of, retry
from bot.engine.making.pacing import Pacer
from bot.engine.making.results import Result, Results
from bot.errors import Fault, VeniceError, VeniceFailure
from bot.orders import Advance, Order, Orders, OrderState, Slip
from bot.ports import Clock
from bot.venice import VeniceClient
from bot.venice.jobs import KEPT_SECONDS, POLL_SECONDS, Done, Failed, Gone, Job, Processing

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EDIT_SECONDS = 8.0
"""Least time between two edits that show progress."""
PATIENT = 3
"""So many looks in a row that fail are not mentioned."""
LONGEST_PAUSE = 60.0


class Watcher:
    """Looks at orders. `poll` is the time between two looks at one."""

    def __init__(
        self,
        orders: Orders,
        client: VeniceClient,
        board: Board,
        ends: Ends,
        results: Results,
        clock: Clock,
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._orders = orders
        self._client = client
        self._board = board
        self._ends = ends
        self._results = results
        self._clock = clock
        self._poll = poll
        self._edit_after = min(EDIT_SECONDS, poll * 2)
        self._pacer = Pacer()

    async def watch(self, order: Order, nudge: asyncio.Event) -> Order | None:
        """Look until there is news; `nudge` says that somebody else took the order a step further."""
        screen = _Screen(self._board, order, self._edit_after)
        await screen.show(words.progress(None))
        failures = 0
        while self._clock() < order.updated_at + KEPT_SECONDS:
            await self._pacer.look()
            try:
                state = await self._client.jobs.retrieve(job_of(order.slip))
            except VeniceError as error:
                failures += 1
                log.info("order.unheard", order=order.id, reason=error.detail, times=failures)
                if failures >= PATIENT:
                    await screen.show(words.UNHEARD)
                await self._pause(nudge, min(LONGEST_PAUSE, self._poll * 2**failures))
            else:
                failures = 0
                if not isinstance(state, Processing):
                    return await self._over(order, state)
                await screen.show(words.progress(state))
                await self._pause(nudge, self._poll)
            if nudge.is_set():
                nudge.clear()
                return await self._orders.get(order.id)
        return await self._lost(order, words.OVERDUE)

    async def clear(self, order: Order) -> Order | None:
        """Have the media deleted at Venice, however long that takes; after a day it forgets them itself."""
        tries = 0
        while self._clock() < order.updated_at + KEPT_SECONDS and not await self._discarded(order):
            tries += 1
            await asyncio.sleep(min(LONGEST_PAUSE, self._poll * 2**tries))
        step = Advance(order.id, frozenset({order.state}), order.state, mine=True, uncleared=False)
        return await self._orders.advance(step)

    async def _discarded(self, order: Order) -> bool:
        await self._pacer.look()
        try:
            return await self._client.jobs.discard(job_of(order.slip))
        except VeniceError as error:
            log.info("order.uncleared", order=order.id, reason=error.detail)
            return False

    async def _pause(self, nudge: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(nudge.wait(), seconds)
        except TimeoutError:
            return

    async def _over(self, order: Order, state: Done | Failed | Gone) -> Order | None:
        match state:
            case Done():
                return await self._arrived(order, state)
            case Failed():
                return await self._failed(order, state)
            case Gone():
                log.warning("order.gone", order=order.id, reason=state.detail)
                return await self._lost(order, words.EXPIRED)

    async def _arrived(self, order: Order, done: Done) -> Order | None:
        """First into the vault, then the money: whatever happens between, it is only fetched again."""
        result = Result(done.data, done.mime, f"{order.medium}-{order.id[:6]}.{done.ext}")
        kept = await self._results.keep(order, result)
        settlement = self._ends.settlement(order, order.quote)
        step = Advance(
            order.id,
            frozenset({OrderState.QUEUED}),
            OrderState.READY,
            mine=True,
            kept=kept,
            settlement=settlement,
        )
        ready = await self._orders.advance(step)
        if ready is not None:
            return ready
        found = await self._orders.get(order.id)
        if found is None or found.kept != kept:
            await self._results.unwanted(order)
        self._results.let_go(order)
        return found

    async def _failed(self, order: Order, state: Failed) -> Order | None:
        log.warning("order.failed", order=order.id, reason=state.detail, refunded=state.refunded)
        cost = 0 if state.refunded else order.quote
        asked = retry(order)
        if state.suggestion:
            asked = retry(order, "Use these words", prompt=state.suggestion)
        if state.other_model:
            asked = (*asked, *retry(order, f"Try {state.other_model[:40]}", model=state.other_model))
        return await self._ends.end(
            order,
            OrderState.FAILED,
            words.failed(state, order.quote),
            *asked,
            cost=cost,
            uncertain=state.refunded is None,
            because=_error(order, state.failure, state.detail),
        )

    async def _lost(self, order: Order, text: str) -> Order | None:
        return await self._ends.end(
            order,
            OrderState.LOST,
            self._ends.sentence(text, order),
            *retry(order),
            cost=order.quote,
            uncertain=True,
            because=_error(order, VeniceFailure.GONE, "it was not to be had in time"),
        )


class _Screen:
    """What the order's message shows: edited when the words change, and not too often."""

    def __init__(self, board: Board, order: Order, pause: float) -> None:
        self._board = board
        self._order = order
        self._pause = pause
        self._shown = ""
        self._next = 0.0

    async def show(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if text == self._shown or (self._shown and now < self._next):
            return
        self._shown, self._next = text, now + self._pause
        brief = brief_of(self._order)
        await self._board.show(self._order, f"{words.quoted(brief)}\n\n{text}" if brief is not None else text)


def _error(order: Order, failure: VeniceFailure, detail: str) -> VeniceError:
    """What went wrong, under the id by which Venice knows the order."""
    fault = Fault.USER if failure is VeniceFailure.CONTENT_POLICY else Fault.VENICE
    return VeniceError(failure, fault=fault, detail=detail, request_id=order.slip.queue_id or None)


def job_of(slip: Slip) -> Job:
    """The order as the client knows it."""
    return Job("video" if slip.kind == "video" else "audio", slip.model, slip.queue_id, slip.download_url)
