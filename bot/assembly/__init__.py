"""Wires engine, commands, delivery and Venice around a store, for the program and for tests alike.

In layers: the ground (who may what, and who pays), the media upon it, the talk upon both, then commands and
the engine's front.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.assembly.beside import people_parts, round_parts
from bot.assembly.front import open_conductor, open_desk, open_groups, open_router
from bot.assembly.house import House
from bot.assembly.layers import (
    Ground,
    door_parts,
    lay_ground,
    media_parts,
    money_parts,
    open_counter,
    talk_parts,
)
from bot.commands import Services, build_registry
from bot.dashboard import PlatformHealth
from bot.delivery import Delivery
from bot.desk import HouseDesk
from bot.engine.account.balance import BalanceWatch
from bot.engine.account.book import AccountWatch
from bot.engine.account.capwatch import CapWatch
from bot.engine.account.creditbook import CreditBook
from bot.engine.account.minting import Mint
from bot.engine.account.reconciler import Reconciler
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.identities import Identities
from bot.engine.doors.permits import PermitBook
from bot.engine.doors.roles import Roles
from bot.engine.doors.standing import Standing
from bot.engine.engine import Engine
from bot.engine.flow.amends import Amends
from bot.engine.flow.intake import Intakes
from bot.engine.flow.lobby import PATIENCE
from bot.engine.flow.lost import Losses
from bot.engine.flow.moving import Mover
from bot.engine.groups.groups import HEARD
from bot.engine.making.allowance import Allowance
from bot.engine.making.links import PublicLinks
from bot.engine.making.workshop import Workshop
from bot.engine.models.book import ModelBook
from bot.engine.models.radar import Radar
from bot.engine.money.acquaintance import Acquaintance
from bot.engine.money.caplevels import CapLevels
from bot.engine.money.caps import DEFAULT_CAP, CapsBook
from bot.engine.money.keybook import KeyBook
from bot.engine.oversight.bookwatch import BookWatch
from bot.engine.oversight.chores import Chores
from bot.engine.oversight.pulse import Pulse
from bot.engine.oversight.signin import SignInLinks
from bot.engine.people.doorfiles import DoorFiles
from bot.engine.people.erasing import Eraser
from bot.engine.people.retention import Retention
from bot.engine.pictures.finding import Finder
from bot.engine.pictures.replies import Replies
from bot.engine.pictures.retouching import Retoucher
from bot.engine.reminding.alarm import Alarm
from bot.engine.research.digest import Digester
from bot.engine.research.inquiry import Inquirer
from bot.engine.settings.book import SettingsBook
from bot.engine.side.sidecalls import SideCalls
from bot.engine.talk.backlog import Backlog
from bot.engine.talk.catchup import Messenger
from bot.engine.tools.toolbox import Toolbox
from bot.engine.turns.aside import Aside
from bot.engine.turns.bulletin import Bulletin
from bot.engine.turns.links import Links
from bot.engine.turns.registry import Registry
from bot.engine.turns.stopping import Stopper
from bot.engine.voice.cloning import Cloner
from bot.engine.voice.minutes import Secretary
from bot.messages import Person, Place
from bot.ports import Clock, Door
from bot.safekeeping import BACKUP_DAYS
from bot.sealing import Sealer
from bot.storing import Store
from bot.venice import VeniceClient
from bot.venice.jobs import POLL_SECONDS


@dataclass(frozen=True, slots=True)
class Assembly:
    """The platform-free part of a house."""

    engine: Engine
    delivery: Delivery
    settings: SettingsBook
    caps: CapsBook
    doorkeeper: Doorkeeper
    models: ModelBook
    store: Store
    clock: Clock
    bulletin: Bulletin
    radar: Radar
    side_calls: SideCalls
    toolbox: Toolbox
    alarm: Alarm
    workshop: Workshop
    links: PublicLinks
    keys: KeyBook
    permits: PermitBook
    balance: BalanceWatch
    cap_watch: CapWatch
    levels: CapLevels
    account: AccountWatch
    identities: Identities
    eraser: Eraser
    reconciler: Reconciler
    desk: HouseDesk
    pulse: Pulse
    chores: Chores
    retention: Retention
    books: BookWatch

    async def load(self) -> None:
        """Read every book; set the default cap once in the life of a database."""
        await self.identities.load()
        if await self.store.marks.claim("directs-hidden", "1"):
            await self.store.people.hide_directs(self.identities.channel)
        await self.books.look()
        await self.balance.load()
        await self.bulletin.load()
        if await self.store.marks.claim("default-cap", "set"):
            await self.caps.put(DEFAULT_CAP, self.clock())


def _nowhere() -> str:
    return ""


def _no_platforms() -> Sequence[PlatformHealth]:
    return ()


def assemble(
    store: Store,
    client: VeniceClient,
    doors: Mapping[str, Door],
    *,
    key: bytes,
    is_open: bool = False,
    owners: frozenset[str] = frozenset(),
    sealer: Sealer | None = None,
    admin: VeniceClient | None = None,
    clock: Clock = time.time,
    patience: float = PATIENCE,
    poll: float = POLL_SECONDS,
    public_url: str = "",
    backup_days: int = BACKUP_DAYS,
    local_url: Callable[[], str] = _nowhere,
    health: Callable[[], Sequence[PlatformHealth]] = _no_platforms,
) -> Assembly:
    """`doors` may fill later; `key` is the secret behind hashes and, without `sealer`, encryption; `owners`
    are person keys; `admin` is a client with an admin key.
    A question that has waited `patience` seconds behind another one is told so; orders at Venice are looked
    at every `poll` seconds. `public_url` is where people reach the web page, "" for nowhere, and `local_url`
    where this machine does; backups are kept for `backup_days`; `health` is how the platforms are."""
    hasher, sealer = Identities(key, store.people), sealer or Sealer([key])
    doorkeeper = Doorkeeper(store, hasher, is_open=is_open, owners=owners, clock=clock)
    ground = lay_ground(store, client, doors, clock, hasher, doorkeeper, sealer)
    media = media_parts(ground)
    talk = talk_parts(ground, media)
    money = money_parts(ground, admin)
    door = door_parts(ground, money.directs, sealer)
    shop = open_counter(ground, poll, public_url)
    people = people_parts(ground, money, shop)
    rounds = round_parts(ground, talk, money, door)
    sign_in = SignInLinks(
        store.sign_ins, doorkeeper, hasher, clock, public_url, local_url, sealer, Standing(doors, clock)
    )
    house = House(ground, media, talk, money, door, shop, people, rounds, sign_in, Stopper(talk.answers))
    services = _services(house, backup_days)
    registry = build_registry(services)
    engine = _engine(house, registry, patience)
    return _assembly(house, engine, open_desk(house, engine, registry, services.credits, health))


def _assembly(house: House, engine: Engine, desk: HouseDesk) -> Assembly:
    """What the program and the tests reach by name."""
    ground, talk, money, rounds = house.ground, house.talk, house.money, house.rounds
    return Assembly(
        engine=engine,
        delivery=ground.delivery,
        settings=ground.settings,
        caps=ground.caps,
        doorkeeper=ground.doorkeeper,
        models=ground.models,
        store=ground.store,
        clock=ground.clock,
        bulletin=ground.bulletin,
        radar=rounds.radar,
        side_calls=ground.side_calls,
        toolbox=talk.toolbox,
        alarm=rounds.alarm,
        workshop=house.shop.workshop,
        links=house.shop.links,
        keys=ground.keys,
        permits=house.door.permits,
        balance=money.balance,
        cap_watch=money.cap_watch,
        levels=ground.levels,
        account=rounds.account,
        identities=ground.hasher,
        eraser=house.people.eraser,
        reconciler=rounds.reconciler,
        desk=desk,
        pulse=ground.pulse,
        chores=rounds.chores,
        retention=rounds.retention,
        books=rounds.books,
    )


def _services(house: House, backup_days: int) -> Services:
    """What command handlers work with."""
    ground, media, talk, money = house.ground, house.media, house.talk, house.money
    door, people = house.door, house.people
    links = Links(ground.doors)
    return Services(
        store=ground.store,
        client=ground.client,
        models=ground.models,
        settings=ground.settings,
        caps=ground.caps,
        cashier=ground.cashier,
        doorkeeper=ground.doorkeeper,
        delivery=ground.delivery,
        talker=talk.talker,
        chooser=ground.chooser,
        speaker=media.speaker,
        drawer=media.drawer,
        retoucher=Retoucher(media.easel, ground.models, ground.chooser, ground.thrift),
        gallery=media.gallery,
        finder=Finder(media.gallery, media.fetcher),
        fetcher=media.fetcher,
        hearer=media.hearer,
        secretary=Secretary(ground.side_calls, ground.models),
        answers=talk.answers,
        stopper=house.stopper,
        researcher=talk.researcher,
        long_memory=talk.long_memory,
        links=links,
        voices=media.voices,
        cloner=Cloner(ground.client, ground.models, ground.cashier, media.fetcher, ground.store.own_voices),
        hasher=ground.hasher,
        shop=house.shop,
        keys=ground.keys,
        account=money.account,
        mint=Mint(money.account, ground.keys, ground.clock),
        own_keys=money.own_keys,
        reminders=talk.reminders,
        pairing_desk=door.desk,
        permits=door.permits,
        adults=door.adults,
        inquirer=Inquirer(
            talk.researcher, ground.side_calls, ground.thrift, Allowance(ground.store, ground.caps)
        ),
        digester=Digester(talk.researcher, media.fetcher, ground.side_calls),
        backlog=Backlog(ground.doors, ground.store.memory, talk.overheard, _unread(ground)),
        messenger=Messenger(ground.side_calls, ground.models, links),
        aside=Aside(ground.doors, ground.delivery),
        roles=Roles(ground.doors),
        door_files=DoorFiles(ground.doors),
        exporter=people.exporter,
        eraser=people.eraser,
        linker=people.linker,
        backup_days=backup_days,
        credits=CreditBook(ground.store, ground.bulletin, ground.hasher),
        sign_in=house.sign_in,
    )


def _unread(ground: Ground) -> Callable[[Place, Person], bool]:
    """Says whose lines in a place are not read, by their own wish or the door's."""

    def unread(place: Place, person: Person) -> bool:
        wishes_so = ground.settings.of_person(place, person, HEARD) == "off"
        return wishes_so or ground.doorkeeper.silenced(place, person)

    return unread


def _engine(house: House, registry: Registry, patience: float) -> Engine:
    """The front, with what it hands letters to."""
    ground, door, rounds = house.ground, house.door, house.rounds
    store, clock, hasher = ground.store, ground.clock, ground.hasher
    amends = Amends(store.buttons, clock)
    intakes = Intakes(store.turns, hasher, clock)
    conductor = open_conductor(house, amends)
    router = open_router(house, conductor, registry, intakes, patience)
    books = (ground.settings, ground.caps, ground.doorkeeper, door.permits, ground.keys)
    return Engine(
        store=store,
        delivery=ground.delivery,
        doorkeeper=ground.doorkeeper,
        settings=ground.settings,
        conductor=conductor,
        registry=registry,
        router=router,
        intakes=intakes,
        clock=clock,
        amends=amends,
        background=ground.background,
        groups=open_groups(house),
        losses=Losses(ground.doors),
        acquaintance=Acquaintance(ground.caps, ground.free_owners, ground.settings, hasher),
        mover=Mover(store, ground.keys, [book.load for book in books]),
        replies=Replies(store.vault, clock),
        unseen=house.media.gallery.unseen,
        eraser=house.people.eraser,
        retention=rounds.retention,
        threshold=door.threshold,
    )
