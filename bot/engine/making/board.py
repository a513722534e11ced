"""The one message of an order: its card, its progress and its receipt are edits of it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from bot.delivery import Answer, Delivered, Delivery
from bot.engine.making.brief import Brief, Craft
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Button,
    ButtonRows,
    ButtonsReady,
    ButtonStyle,
    Done,
    Media,
    MediaReady,
    MessageRef,
    Place,
    Target,
    TextReplaced,
)
from bot.orders import Order
from bot.ports import Clock
from bot.records import StoredButton
from bot.storing import Buttons

ORDER = "order"
"""Action of the stored row behind the buttons of an order; a button's id is the order's id, what to do and
the version of its card."""
ASK = "order-ask"
"""Action: ask for the price of something, as a command with its options would."""
LIFE = 8 * 86_400.0
"""Seconds; a little longer than a result is kept."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A button that asks for something else: what it says, and what it asks for."""

    label: str
    brief: Brief


class Board:
    """Shows orders. What cannot be shown is left: the order goes on without."""

    def __init__(self, delivery: Delivery, buttons: Buttons, clock: Clock) -> None:
        self._delivery = delivery
        self._buttons = buttons
        self._clock = clock

    def reaches(self, order: Order) -> bool:
        """Whether there is a door to the order's place now."""
        return self._delivery.reaches(place_of(order).platform)

    async def show(self, order: Order, text: str, rows: ButtonRows = (), *, must: bool = False) -> str:
        """Make the order's message read like this; returns the id of the message that does, "" for none.
        With `must` a message that is out of reach is replaced by a new one."""
        if not self.reaches(order):
            return ""
        place = place_of(order)
        known = [MessageRef(place, order.message_id)] if order.message_id else []
        if not known and not must:
            return ""
        answer = self._delivery.open(
            Target(place), f"{order.id}:{secrets.token_hex(4)}", known=() if must else known
        )
        if must:
            answer.adopt(known)
        answer.push(TextReplaced(text))
        answer.push(ButtonsReady(rows))
        delivered = await _finished(answer)
        return delivered.refs[-1].message_id if delivered.failure is None and delivered.refs else ""

    async def send(self, order: Order, media: Media) -> PlatformError | None:
        """Send the result as an answer to the order's message; what went wrong, None for nothing."""
        target = Target(place_of(order), reply_to=order.message_id)
        # The same send repeated after a crash has the same nonce; one asked for anew has another.
        answer = self._delivery.open(target, f"{order.id}:result:{order.version}")
        answer.push(MediaReady((media,)))
        delivered = await _finished(answer)
        if delivered.failure is None and not delivered.refs:
            return PlatformError(PlatformFailure.UNAVAILABLE, detail="nothing was sent")
        return delivered.failure

    async def clear(self, order: Order) -> None:
        """Take the buttons of an order's message away."""
        if order.message_id and self.reaches(order):
            await self._delivery.clear_buttons(MessageRef(place_of(order), order.message_id))

    async def keep_row(self, order: Order) -> None:
        """Store what is behind the buttons of an order."""
        await self._buttons.save([self._row(order, order.id, ORDER, "")])

    async def asking(self, order: Order, *asked: Asking) -> ButtonRows:
        """Buttons that ask for the price of something else."""
        stored = [self._row(order, secrets.token_urlsafe(9), ASK, payload(one.brief)) for one in asked]
        await self._buttons.save(stored)
        return tuple((Button(one.label, row.id),) for one, row in zip(asked, stored, strict=True))

    def _row(self, order: Order, button_id: str, action: str, told: str) -> StoredButton:
        place = place_of(order)
        return StoredButton(
            id=button_id,
            action=action,
            payload=told,
            person=order.person,
            channel=place.channel_key,
            expires_at=self._clock() + LIFE,
            member=place.member,
        )


def place_of(order: Order) -> Place:
    """Where an order was made."""
    return Place.of_conversation(order.conversation)


def card_rows(order: Order, *, payable: bool, cheaper: bool = True) -> ButtonRows:
    """Make it, Cheaper, Cancel."""
    make = Button("Make it", button_id(order, "make"), style=ButtonStyle.PRIMARY)
    less = Button("Cheaper", button_id(order, "cheaper"))
    row = (*((make,) if payable else ()), *((less,) if cheaper else ()))
    return ((*row, Button("Cancel", button_id(order, "cancel"))),)


def send_again(order: Order) -> ButtonRows:
    """For a result that is kept."""
    return ((Button("Send again", button_id(order, "send")),),)


def button_id(order: Order, verb: str) -> str:
    """The id of one of an order's buttons."""
    return f"{order.id}.{verb}.{order.version}"


def payload(brief: Brief) -> str:
    """What an asking button stores."""
    return json.dumps({"craft": brief.craft.value, "options": brief.options})


def craft_of(order: Order) -> Craft:
    """What an order makes, also when its words are forgotten."""
    return Craft.FILM if order.medium == Craft.FILM.medium.value else Craft.MUSIC


async def _finished(answer: Answer) -> Delivered:
    answer.push(Done())
    return await answer.finish()
