"""What goes on beside the turns: people's own data on request, and the rounds a house makes by itself."""

from __future__ import annotations

from dataclasses import dataclass

from bot.assembly.layers import DoorParts, Ground, MoneyParts, TalkParts
from bot.books import Book
from bot.engine.account.book import AccountWatch
from bot.engine.account.minting import Mint
from bot.engine.account.reconciler import Reconciler
from bot.engine.making.shop import Shop
from bot.engine.models.radar import Radar
from bot.engine.oversight.bookwatch import BookWatch
from bot.engine.oversight.chores import Chores
from bot.engine.people.doorfiles import DoorFiles
from bot.engine.people.erasing import Eraser
from bot.engine.people.exporting import Exporter
from bot.engine.people.linking import Linker
from bot.engine.people.retention import Retention
from bot.engine.people.revoking import Revoker
from bot.engine.reminding.alarm import Alarm


@dataclass(frozen=True, slots=True)
class PeopleParts:
    """What people do with their own data."""

    exporter: Exporter
    eraser: Eraser
    linker: Linker


@dataclass(frozen=True, slots=True)
class RoundParts:
    """What is done by itself, beside the turns, and the list of when it was done last."""

    chores: Chores
    alarm: Alarm
    radar: Radar
    account: AccountWatch
    reconciler: Reconciler
    retention: Retention
    books: BookWatch


def people_parts(ground: Ground, money: MoneyParts, shop: Shop) -> PeopleParts:
    """What takes out, joins and deletes what belongs to one person, and has every book read anew after it."""
    store, identities, clock = ground.store, ground.hasher, ground.clock

    async def directs() -> None:
        money.directs.forget()

    books = (ground.settings.load, ground.caps.load, ground.doorkeeper.load)
    eraser = Eraser(
        store,
        identities,
        shop.dropping,
        ground.delivery,
        ground.doors,
        ground.background,
        clock,
        (identities.load, *books, ground.bulletin.load, directs),
    )
    return PeopleParts(
        Exporter(store, identities, DoorFiles(ground.doors), clock),
        eraser,
        Linker(store, identities, clock, books),
    )


def round_parts(ground: Ground, talk: TalkParts, money: MoneyParts, door: DoorParts) -> RoundParts:
    """The rounds that a house makes upon everything below."""
    store, settings, doorkeeper, clock = ground.store, ground.settings, ground.doorkeeper, ground.clock
    revoker = Revoker(Mint(money.account, ground.keys, clock), ground.keys, money.directs)
    books = (settings.load, doorkeeper.load, door.permits.load)
    retention = Retention(store, settings, revoker, DoorFiles(ground.doors), clock, books)
    return RoundParts(
        Chores(clock),
        Alarm(store.reminders, talk.reminders, ground.delivery, ground.doors, doorkeeper, clock),
        Radar(store, ground.client, ground.models, settings, ground.bulletin, money.directs, clock),
        AccountWatch(money.account, money.balance, ground.keys),
        Reconciler(store, money.account, settings, money.directs, clock),
        retention,
        _book_watch(ground, door, retention),
    )


def _book_watch(ground: Ground, door: DoorParts, retention: Retention) -> BookWatch:
    """Every book in memory, followed in the database."""
    loads = {
        Book.PEOPLE: ground.hasher.load,
        Book.SETTINGS: ground.settings.load,
        Book.CAPS: ground.caps.load,
        Book.DOOR: ground.doorkeeper.load,
        Book.PERMITS: door.permits.load,
        Book.KEYS: ground.keys.load,
        Book.DEPARTURES: retention.load,
    }
    return BookWatch(ground.store.marks, loads)
