"""From an accepted card to an order at Venice: price, money, and the one call that is never repeated."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

import structlog

from bot.engine.doors.access import Doorkeeper
from bot.engine.making import words
from bot.engine.making.allowance import Allowance
from bot.engine.making.board import Board, card_rows, place_of
from bot.engine.making.brief import Craft
from bot.engine.making.ends import Ends, brief_of, retry
from bot.engine.making.quoting import Offer, Quoter
from bot.engine.money.cashier import Cashier, Payer
from bot.errors import CapReached, GondolaError, UserError, VeniceError, VeniceFailure
from bot.media.pictures import to_data_url
from bot.orders import Advance, Order, OrderState, Slip
from bot.ports import Clock
from bot.records import Closing, TurnState
from bot.storing import Store
from bot.venice import VeniceClient
from bot.venice.errors import Refused
from bot.venice.jobs import Job

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DOUBTFUL = frozenset({VeniceFailure.TIMEOUT, VeniceFailure.TRUNCATED, VeniceFailure.BAD_ANSWER})
"""After these the order may be at Venice, and charged."""
GATEWAY = frozenset({502, 504})
"""Answers of a gateway, which cannot know whether Venice took the order either."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that is needed to order."""

    offer: Offer
    picture: str
    end: str


class Ordering:
    """Orders at Venice what was accepted."""

    def __init__(
        self,
        store: Store,
        client: VeniceClient,
        quoter: Quoter,
        cashier: Cashier,
        allowance: Allowance,
        doorkeeper: Doorkeeper,
        board: Board,
        ends: Ends,
        clock: Clock,
    ) -> None:
        self._store = store
        self._orders = store.orders
        self._client = client
        self._quoter = quoter
        self._cashier = cashier
        self._allowance = allowance
        self._doorkeeper = doorkeeper
        self._board = board
        self._ends = ends
        self._clock = clock

    async def start(self, order: Order) -> Order | None:
        """Take an accepted order to Venice, or back to its card with the reason. Nothing was asked of Venice
        before, so this may be begun again by another process."""
        brief = brief_of(order)
        if brief is None:
            return await self._ends.end(order, OrderState.FAILED, words.CANCELLED, cost=0)
        if self._doorkeeper.shuts_out(place_of(order), order.person):
            text = words.filled(words.SHUT_OUT, brief.craft)
            return await self._ends.end(order, OrderState.CANCELLED, text, cost=0)
        await self._board.show(order, f"{words.quoted(brief)}\n\n{words.ORDERING}")
        try:
            ready = await self._prepared(order)
        except UserError as error:
            return await self._ends.end(order, OrderState.FAILED, error.reader_text, cost=0)
        except VeniceError as error:
            self._ends.blame(order, error)
            return await self._back(order, f"{error.reader_text} Nothing was ordered.")
        if ready.offer.quote > order.quote:
            return await self._back(order, words.dearer(order.quote, ready.offer.quote), ready.offer)
        return await self._paid(order, ready)

    async def interrupted(self, order: Order) -> Order | None:
        """Another process died while it ordered: it may have been charged, and is not ordered again."""
        text = self._ends.sentence(words.INTERRUPTED, order)
        return await self._ends.end(
            order,
            OrderState.LOST,
            text,
            *retry(order),
            cost=order.quote,
            uncertain=True,
            because=GondolaError(detail="a process ended while it ordered"),
        )

    async def _prepared(self, order: Order) -> _Ready:
        brief = brief_of(order)
        if brief is None:
            raise UserError(words.CANCELLED)
        offer = await self._quoter.priced(brief, await self._quoter.model(brief), order.person)
        return _Ready(offer, await self._picture(brief.picture), await self._picture(brief.end))

    async def _picture(self, file_id: str) -> str:
        if not file_id:
            return ""
        kept = await self._store.vault.get(file_id, self._clock())
        if kept is None:
            raise UserError(words.NO_PICTURE)
        return await asyncio.to_thread(to_data_url, kept.data)

    async def _paid(self, order: Order, ready: _Ready) -> Order | None:
        """Reserve the price, then order."""
        held = await self._reserved(order, ready.offer.quote)
        if held is None:
            return await self._orders.get(order.id)
        try:
            payer = Payer(order.id, place_of(order), order.person)
            await self._cashier.hold(
                payer, order.medium, order.model, held.quote, reservation_id=held.reservation
            )
        except CapReached as error:
            return await self._back(held, error.reader_text)
        async with self._client.limits.turn(order.model, order.person, 0):
            called = await self._orders.advance(
                Advance(order.id, frozenset({OrderState.ACCEPTED}), OrderState.CALLED, mine=True)
            )
            if called is None:  # dropped at the last moment
                await self._free(held)
                return await self._orders.get(order.id)
            try:
                job = await self._queue(ready, order.person)
            except VeniceError as error:
                return await self._refused(called, error)
        return await self._queued(called, job)

    async def _reserved(self, order: Order, quote: int) -> Order | None:
        """Note which reservation is to come. One of a process that died before it called is given back."""
        before = self._ends.settlement(order, 0) if order.reservation else None
        return await self._orders.advance(
            Advance(
                order.id,
                frozenset({OrderState.ACCEPTED}),
                OrderState.ACCEPTED,
                mine=True,
                quote=quote,
                reservation=secrets.token_hex(8),
                settlement=before,
            )
        )

    async def _queue(self, ready: _Ready, person: str) -> Job:
        brief, model = ready.offer.brief, ready.offer.model
        if brief.craft is Craft.FILM:
            return await self._client.jobs.queue_video(
                brief.film(ready.picture, ready.end), model, user=person
            )
        return await self._client.jobs.queue_audio(brief.sound(), model, user=person)

    async def _queued(self, order: Order, job: Job) -> Order | None:
        slip = Slip(job.kind, job.model_id, job.queue_id, job.download_url)
        step = Advance(
            order.id, frozenset({order.state}), OrderState.QUEUED, mine=True, slip=slip, uncleared=True
        )
        queued = await self._orders.advance(step)
        if queued is None:
            log.error("order.stray", order=order.id, model=job.model_id)
            return await self._orders.get(order.id)
        log.info("order.queued", order=order.id, model=job.model_id, cost=order.quote)
        return queued

    async def _refused(self, order: Order, error: VeniceError) -> Order | None:
        log.warning("order.refused", order=order.id, reason=error.detail, request_id=error.request_id)
        if error.failure in DOUBTFUL or error.status in GATEWAY:
            text = self._ends.sentence(words.UNANSWERED, order)
            return await self._ends.end(
                order,
                OrderState.LOST,
                text,
                *retry(order),
                cost=order.quote,
                uncertain=True,
                because=error,
            )
        asked = retry(order) if error.retryable else ()
        if isinstance(error, Refused) and error.told.suggestion:
            asked = retry(order, "Use these words", prompt=error.told.suggestion)
        text = f"{error.reader_text} It cost nothing."
        return await self._ends.end(order, OrderState.FAILED, text, *asked, cost=0, because=error)

    async def _back(self, order: Order, news: str, offer: Offer | None = None) -> Order | None:
        """Show the card again, and say why."""
        quote = offer.quote if offer is not None else order.quote
        step = Advance(
            order.id,
            frozenset({OrderState.ACCEPTED}),
            OrderState.QUOTED,
            mine=True,
            quote=quote,
            new_version=order.version + 1,
            settlement=self._ends.settlement(order, 0) if order.reservation else None,
            reservation="",
        )
        shown = await self._orders.advance(step)
        brief = brief_of(order)
        if shown is None or brief is None:
            return shown
        left = await self._allowance.left(place_of(order), order.person, order.medium, self._clock())
        try:
            model = await self._quoter.model(brief)
        except GondolaError:
            await self._ends.say(shown, news)
            return shown
        text = words.card(Offer(brief, model, quote), left, news)
        await self._board.show(shown, text, card_rows(shown, payable=left.pays(quote)), must=True)
        return shown

    async def _free(self, order: Order) -> None:
        closing = Closing(order.id, TurnState.SETTLED, settlements=(self._ends.settlement(order, 0),))
        await self._store.turns.close([closing])
