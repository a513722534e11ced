"""The counter: where cards are shown, and their buttons pressed."""

from __future__ import annotations

import secrets

from bot.engine.making import words
from bot.engine.making.allowance import Allowance
from bot.engine.making.board import Board, button_id, card_rows, place_of
from bot.engine.making.brief import Brief, from_request, to_request
from bot.engine.making.ends import Ends, brief_of
from bot.engine.making.frugal import Frugal
from bot.engine.making.quoting import Offer, Quoter, Wish
from bot.engine.making.workshop import Workshop
from bot.engine.models.book import allowed
from bot.engine.money.caps import dollars
from bot.engine.turns.turn import Turn
from bot.errors import UserError
from bot.messages import Button, ButtonRows, ButtonsReady, MessageRef
from bot.orders import WORKING, Advance, Order, Orders, OrderState

CARD_SECONDS = 3600.0
"""How long a price on a card is good for."""
LISTED = 8
GONE = "This card is no longer good. Please ask again for today's price."
UNDER_WAY = "This is under way already; its message shows how far it has come. `/jobs` lists what I make."
OVER = "This is over already."


class Counter:
    """Takes wishes, shows prices, and passes on what is accepted."""

    def __init__(
        self,
        orders: Orders,
        quoter: Quoter,
        frugal: Frugal,
        allowance: Allowance,
        board: Board,
        ends: Ends,
        workshop: Workshop,
    ) -> None:
        self._orders = orders
        self._quoter = quoter
        self._frugal = frugal
        self._allowance = allowance
        self._board = board
        self._ends = ends
        self._workshop = workshop

    async def quote(self, turn: Turn, brief: Brief) -> None:
        """Show what it costs, with buttons; near a cap of a cheaper way, and that is said. Nothing is
        ordered."""
        turn.require_record()
        turn.answer.typing()
        offer, news = await self._frugal.first(turn, brief, wish_of(turn, brief))
        order = Order(
            id=secrets.token_urlsafe(12),
            state=OrderState.QUOTED,
            conversation=turn.incoming.place.conversation,
            person=turn.person,
            medium=brief.craft.medium.value,
            model=offer.model.id,
            request=to_request(offer.brief),
            quote=offer.quote,
            created_at=turn.now,
            expires_at=turn.now + CARD_SECONDS,
        )
        await self._orders.add(order)
        await self._board.keep_row(order)
        await self._show_card(turn, order, offer, news)

    # --- buttons of a card ---

    async def make(self, turn: Turn, order_id: str, version: int) -> None:
        """Accept a card. The order's message says the rest."""
        order = await self._carded(turn, order_id, version)
        accepted = await self._orders.advance(
            Advance(
                order.id,
                frozenset({OrderState.QUOTED}),
                OrderState.ACCEPTED,
                version=version,
                message_id=_message_id(turn),
            )
        )
        if accepted is None:
            raise UserError(UNDER_WAY)
        self._workshop.take(accepted)

    async def cheaper(self, turn: Turn, order_id: str, version: int) -> None:
        """Show the card of a cheaper way to make it, in the place of this one."""
        order = await self._carded(turn, order_id, version)
        brief = from_request(order.request)
        before = Offer(brief, await self._quoter.model(brief), order.quote)
        offer = await self._quoter.cheaper(before, wish_of(turn, brief))
        step = Advance(
            order.id,
            frozenset({OrderState.QUOTED}),
            OrderState.QUOTED,
            version=version,
            new_version=version + 1,
            model=offer.model.id if offer is not None else None,
            request=to_request(offer.brief) if offer is not None else None,
            quote=offer.quote if offer is not None else None,
        )
        shown = await self._orders.advance(step)
        if shown is None:
            raise UserError(UNDER_WAY)
        _adopt(turn)
        if offer is not None:
            await self._show_card(turn, shown, offer)
        else:
            await self._show_card(turn, shown, before, words.NOTHING_CHEAPER, cheaper=False)

    async def cancel(self, turn: Turn, order_id: str, version: int) -> None:
        """Drop a card nobody accepted."""
        order = await self._carded(turn, order_id, version)
        step = Advance(
            order.id, frozenset({OrderState.QUOTED}), OrderState.CANCELLED, version=version, request=""
        )
        if await self._orders.advance(step) is None:
            raise UserError(UNDER_WAY)
        _adopt(turn)
        turn.say(words.CANCELLED)
        turn.answer.push(ButtonsReady(()))

    # --- buttons of orders under way ---

    async def drop(self, turn: Turn, order_id: str) -> None:
        """Give up an order: free before Venice has it, paid afterwards."""
        order = await self._orders.get(order_id)
        if order is None:
            raise UserError(OVER)
        free = await self._dropped(order, OrderState.ACCEPTED, 0)
        if free is not None:
            await self._said(turn, free, order, words.CANCELLED)
            return
        paid = await self._dropped(order, OrderState.QUEUED, order.quote)
        if paid is None:
            raise UserError(OVER)
        await self._said(turn, paid, order, self._ends.sentence(words.DROPPED, order))

    async def send(self, turn: Turn, order_id: str, version: int) -> None:
        """Send a kept result once more."""
        step = Advance(
            order_id,
            frozenset({OrderState.KEPT}),
            OrderState.READY,
            version=version,
            new_version=version + 1,
        )
        ready = await self._orders.advance(step)
        if ready is None:
            raise UserError(OVER)
        turn.beside(self._board.clear(ready))
        self._workshop.take(ready)

    async def listed(self, turn: Turn) -> tuple[str, ButtonRows]:
        """Somebody's orders under way or kept: in a direct chat all of them, elsewhere those of the room."""
        place = turn.incoming.place
        found = [
            order
            for order in await self._orders.of_person(turn.person, LISTED * 4)
            if place.direct or place_of(order).room == place.room
        ][:LISTED]
        lines = [f"{number}. {self._line(order)}" for number, order in enumerate(found, 1)]
        buttons = [_button(number, order) for number, order in enumerate(found, 1)]
        return "\n".join(lines), tuple((one,) for one in buttons if one is not None)

    def _line(self, order: Order) -> str:
        brief = brief_of(order)
        about = words.short(brief) if brief is not None else order.medium
        return f"{about}: {words.state(order.state)} ({dollars(order.quote)})"

    async def _dropped(self, order: Order, state: OrderState, cost: int) -> Order | None:
        return await self._orders.advance(
            Advance(
                order.id,
                frozenset({state}),
                OrderState.CANCELLED,
                settlement=self._ends.settlement(order, cost) if order.reservation else None,
                request="",
            )
        )

    async def _said(self, turn: Turn, dropped: Order, before: Order, text: str) -> None:
        self._workshop.take(dropped)
        await self._ends.say(before, text)
        turn.notice(text, private=True)

    async def _carded(self, turn: Turn, order_id: str, version: int) -> Order:
        """The order whose card was pressed, as long as that card is good."""
        order = await self._orders.get(order_id)
        if order is not None and order.state in WORKING:
            raise UserError(UNDER_WAY)
        good = order is not None and order.state is OrderState.QUOTED and order.expires_at > turn.now
        if order is None or not good or order.version != version:
            raise UserError(GONE)
        return order

    async def _show_card(
        self, turn: Turn, order: Order, offer: Offer, news: str = "", *, cheaper: bool = True
    ) -> None:
        left = await self._allowance.left(place_of(order), order.person, order.medium, turn.now)
        turn.say(words.card(offer, left, news))
        rows = card_rows(order, payable=left.pays(offer.quote), cheaper=cheaper)
        turn.answer.push(ButtonsReady(rows))


def wish_of(turn: Turn, brief: Brief) -> Wish:
    """What the place allows and which model is usual here."""
    usual = turn.settings.text(f"{brief.craft.medium.value}_model")
    return Wish(allowed(turn), turn.person, usual)


def _button(number: int, order: Order) -> Button | None:
    match order.state:
        case OrderState.QUEUED | OrderState.ACCEPTED:
            return Button(f"Drop {number}", button_id(order, "drop"))
        case OrderState.KEPT:
            return Button(f"Send {number} again", button_id(order, "send"))
        case _:
            return None


def _message_id(turn: Turn) -> str:
    press = turn.incoming.press
    return press.message_id if press is not None else ""


def _adopt(turn: Turn) -> None:
    """What is said next takes the place of the card."""
    turn.answer.adopt([MessageRef(turn.incoming.place, _message_id(turn))])
