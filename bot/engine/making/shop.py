"""The parts of making, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery import Delivery
from bot.engine.account.thrift import Thrift
from bot.engine.doors.access import Doorkeeper
from bot.engine.making.allowance import Allowance
from bot.engine.making.board import Board
from bot.engine.making.counter import Counter
from bot.engine.making.dropping import Dropping
from bot.engine.making.ends import Ends, Trouble
from bot.engine.making.frugal import Frugal
from bot.engine.making.handing import Hander
from bot.engine.making.links import PublicLinks
from bot.engine.making.ordering import Ordering
from bot.engine.making.quoting import Quoter
from bot.engine.making.results import Results
from bot.engine.making.watching import Watcher
from bot.engine.making.workshop import Workshop
from bot.engine.models.book import ModelBook
from bot.engine.money.caps import CapsBook
from bot.engine.money.cashier import Cashier
from bot.engine.money.keybook import KeyBook
from bot.ports import Clock
from bot.storing import Store
from bot.venice import VeniceClient


@dataclass(frozen=True, slots=True)
class Shop:
    """The counter in front, the workshop behind."""

    counter: Counter
    workshop: Workshop
    links: PublicLinks
    dropping: Dropping


def open_shop(
    store: Store,
    client: VeniceClient,
    models: ModelBook,
    cashier: Cashier,
    caps: CapsBook,
    thrift: Thrift,
    delivery: Delivery,
    doorkeeper: Doorkeeper,
    keys: KeyBook,
    clock: Clock,
    *,
    poll: float,
    public_url: str,
    trouble: Trouble,
) -> Shop:
    """`poll` is the time in seconds between two looks at one order; `public_url` is where people reach the
    web page, "" for nowhere; `trouble` hears of what went wrong."""
    board, quoter = Board(delivery, store.buttons, clock), Quoter(client, models)
    ends, results = Ends(store.orders, board, clock, trouble), Results(store.vault, clock)
    allowance = Allowance(store, caps)
    links = PublicLinks(store.buttons, store.vault, clock, public_url)
    workshop = Workshop(
        store.orders,
        Ordering(store, client, quoter, cashier, allowance, doorkeeper, board, ends, clock),
        Watcher(store.orders, client, board, ends, results, clock, poll=poll),
        Hander(store.orders, delivery, doorkeeper, board, ends, results, links, clock),
        ends,
        keys,
    )
    counter = Counter(
        store.orders, quoter, Frugal(quoter, allowance, thrift), allowance, board, ends, workshop
    )
    return Shop(counter, workshop, links, Dropping(store.orders, ends, workshop))
