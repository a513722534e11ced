"""The seam of orders: films, music and sounds that Venice makes in its own time, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.records import Settlement


class OrderState(StrEnum):
    """How far an order has come.

    QUOTED shows its price and costs nothing. ACCEPTED is wanted, and Venice has not heard of it. CALLED is
    being sent to Venice: who finds it so after a crash cannot know whether it arrived, and never sends it
    again. QUEUED is being made and charged. READY lies in the vault, its money settled. SENDING is on its
    way to the platform. KEPT is in the vault because the platform did not take it. The others are ends.
    """

    QUOTED = "quoted"
    ACCEPTED = "accepted"
    CALLED = "called"
    QUEUED = "queued"
    READY = "ready"
    SENDING = "sending"
    KEPT = "kept"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


WORKING = frozenset(
    {OrderState.ACCEPTED, OrderState.CALLED, OrderState.QUEUED, OrderState.READY, OrderState.SENDING}
)
"""States in which some process has to go on with an order."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What Venice gave for an order: all it takes to fetch the result. Whoever knows `download_url` gets
    it, so it is not printed."""

    kind: str = ""
    model: str = ""
    queue_id: str = ""
    download_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `request` is what was asked for as JSON, "" once it is over or forgotten; `quote` is in
    micro-USD; `message_id` shows the card; `reservation` holds the money; `kept` is the result's id in the
    vault; `uncleared` says that media may still lie at Venice. `version` counts the cards shown, so that a
    button of an older one is known. The card of a quoted order is good until `expires_at`."""

    id: str
    state: OrderState
    conversation: str
    person: str
    medium: str
    model: str
    request: str
    quote: int
    created_at: float
    expires_at: float
    version: int = 0
    message_id: str = ""
    reservation: str = ""
    slip: Slip = field(default_factory=Slip)
    kept: str = ""
    uncleared: bool = False
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Advance:
    """A step of an order from one of the states `expected` to `state`. None leaves a field as it is;
    `settlement` ends its reservation in the same transaction. `version` must be the order's where it is
    given. `mine` asks that this process still owns it."""

    order_id: str
    expected: frozenset[OrderState]
    state: OrderState
    mine: bool = False
    version: int | None = None
    new_version: int | None = None
    model: str | None = None
    request: str | None = None
    quote: int | None = None
    message_id: str | None = None
    reservation: str | None = None
    slip: Slip | None = None
    kept: str | None = None
    uncleared: bool | None = None
    settlement: Settlement | None = None


class Orders(Protocol):
    """Orders in storage."""

    async def add(self, order: Order) -> None:
        """A new one, in state QUOTED."""
        ...

    async def get(self, order_id: str) -> Order | None: ...

    async def advance(self, step: Advance) -> Order | None:
        """Take a step; None, and nothing changes, when the order is not where the step begins. Of two at
        once one gets through. Whoever takes an order into a state that needs work owns it."""
        ...

    async def claim_expired(self, limit: int) -> list[Order]:
        """Take over orders of instances that died, in states that need work or not yet cleared."""
        ...

    async def of_person(self, person: str, limit: int) -> list[Order]:
        """Somebody's orders under way or kept, newest first."""
        ...

    async def forget(self, conversation: str) -> int:
        """Drop the words of a conversation's orders; cards not accepted go with them. How many."""
        ...

    async def purge(self, now: float) -> int:
        """Delete cards past their time and orders long over; returns how many."""
        ...


class HasOrders(Protocol):
    """A store that keeps orders."""

    @property
    def orders(self) -> Orders: ...
