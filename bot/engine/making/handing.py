"""Handing a result over: whole, once, and kept where the platform does not take it."""

from __future__ import annotations

import asyncio

import structlog

from bot.capabilities import Capabilities
from bot.delivery import Delivery
from bot.engine.doors.access import Doorkeeper
from bot.engine.making import words
from bot.engine.making.board import Board, craft_of, place_of
from bot.engine.making.ends import Ends, brief_of, retry
from bot.engine.making.links import PublicLinks
from bot.engine.making.results import Result, Results, shrunk
from bot.errors import GondolaError, PlatformError, PlatformFailure
from bot.media.fitting import Look, Unfit, look
from bot.messages import Button, ButtonRows, Media, MediaKind
from bot.orders import Advance, Order, Orders, OrderState
from bot.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DOOR_PAUSE = 1.0
"""Seconds between two looks for a door that is not there yet."""


class Hander:
    """Delivers results."""

    def __init__(
        self,
        orders: Orders,
        delivery: Delivery,
        doorkeeper: Doorkeeper,
        board: Board,
        ends: Ends,
        results: Results,
        links: PublicLinks,
        clock: Clock,
    ) -> None:
        self._orders = orders
        self._delivery = delivery
        self._doorkeeper = doorkeeper
        self._board = board
        self._ends = ends
        self._results = results
        self._links = links
        self._clock = clock

    async def hand_over(self, order: Order) -> Order | None:
        """Deliver what is ready. The media at Venice stay until the order's last step is stored."""
        if self._doorkeeper.shuts_out(place_of(order), order.person):
            return await self._withheld(order)
        if not self._board.reaches(order):
            await asyncio.sleep(DOOR_PAUSE)
            return order
        if order.state is OrderState.SENDING and not self._may_repeat(order):
            unsure = PlatformError(PlatformFailure.AMBIGUOUS, detail="a process ended while it sent")
            return await self._ends.keep(order, self._sentence(words.UNSURE, order), unsure)
        result = await self._results.find(order)
        if result is None:
            # Venice has it as long as it is not cleared away there.
            again = order.uncleared and await self._step(order, OrderState.QUEUED)
            return again or await self._missing(order)
        capabilities = self._delivery.capabilities(place_of(order).platform)
        try:
            media = await asyncio.to_thread(fitted, result, capabilities)
        except Unfit as error:
            log.warning("order.unfit", order=order.id, reason=str(error), size=len(result.data))
            return await self._too_large(order, len(result.data), capabilities)
        sending = await self._step(order, OrderState.SENDING)
        return await self._sent(sending, media, result) if sending is not None else None

    async def _sent(self, order: Order, media: Media, result: Result) -> Order | None:
        failure = await self._board.send(order, media)
        if failure is not None:
            log.warning("order.undelivered", order=order.id, reason=failure.detail)
            self._results.let_go(order)
            return await self._ends.keep(order, self._sentence(_said(failure), order), failure)
        self._results.let_go(order)
        delivered = await self._delivered(order)
        if delivered is not None:
            log.info("order.delivered", order=order.id, size=len(media.data), made=len(result.data))
            rows = await self._board.asking(order, *retry(order, "Once more"))
            whole = media.data is result.data
            rows += () if whole else _button("As it was made", await self._links.make(order))
            await self._board.show(order, self._receipt(order), rows)
        return delivered

    async def _delivered(self, order: Order) -> Order | None:
        step = Advance(order.id, frozenset({order.state}), OrderState.DELIVERED, mine=True, request="")
        return await self._orders.advance(step)

    def _receipt(self, order: Order) -> str:
        brief = brief_of(order)
        said = words.done(order.quote, self._clock() - order.created_at)
        return f"{words.quoted(brief)}\n\n{said}" if brief is not None else said

    def _may_repeat(self, order: Order) -> bool:
        """Whether a send that a dead process began may be repeated without being seen twice."""
        return self._delivery.repeats(place_of(order).platform, self._clock() - order.updated_at)

    async def _step(self, order: Order, state: OrderState) -> Order | None:
        return await self._orders.advance(Advance(order.id, frozenset({order.state}), state, mine=True))

    async def _withheld(self, order: Order) -> Order | None:
        self._results.let_go(order)
        text = self._ends.sentence(words.SHUT_OUT, order)
        return await self._ends.end(order, OrderState.CANCELLED, text, uncleared=None)

    async def _missing(self, order: Order) -> Order | None:
        text = self._ends.sentence(words.MISSING, order)
        because = GondolaError(detail="the result is in the vault no longer")
        return await self._ends.end(
            order, OrderState.LOST, text, *retry(order), uncleared=None, because=because
        )

    async def _too_large(self, order: Order, size: int, capabilities: Capabilities) -> Order | None:
        """What cannot be sent is linked where there is a public page."""

        def said(text: str) -> str:
            name, limit = capabilities.display_name, capabilities.upload_limit
            return words.filled(text, craft_of(order), platform=name, size=size, limit=limit)

        self._results.let_go(order)
        url = await self._links.make(order)
        if not url:
            asked = retry(order, "Ask for the price again")
            text = said(words.TOO_LARGE)
            because = PlatformError(PlatformFailure.TOO_LARGE, detail="it cannot be sent, nor linked")
            return await self._ends.end(
                order, OrderState.FAILED, text, *asked, uncleared=None, because=because
            )
        delivered = await self._delivered(order)
        if delivered is not None:
            await self._ends.say(order, said(words.LINKED), _button("Open it", url))
        return delivered

    def _sentence(self, text: str, order: Order) -> str:
        name = self._delivery.capabilities(place_of(order).platform).display_name
        brief = brief_of(order)
        return words.filled(text, brief.craft if brief is not None else craft_of(order), platform=name)


def fitted(result: Result, limits: Capabilities) -> Media:
    """The result as the platform takes it: whole, made smaller where it must be. Takes a while. Raises
    Unfit."""
    seen = look(result.data)
    unplayable = not seen.film and limits.audio_mimes and result.mime not in limits.audio_mimes
    if len(result.data) <= limits.upload_limit and not unplayable:
        return _media(result, seen)
    return _media(shrunk(result, limits.upload_limit, film=seen.film), seen)


def _media(result: Result, seen: Look) -> Media:
    kind = MediaKind.VIDEO if seen.film else MediaKind.AUDIO
    return Media(kind, result.data, result.mime, result.name, seen.seconds or None)


def _button(label: str, url: str) -> ButtonRows:
    return ((Button(label, url=url),),) if url else ()


def _said(failure: PlatformError) -> str:
    return words.UNSURE if failure.failure is PlatformFailure.AMBIGUOUS else words.REFUSED
