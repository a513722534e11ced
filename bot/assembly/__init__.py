"""Wires engine, commands, delivery and Venice around a store, for the program and for tests alike.

In layers: the ground (who may what, and who pays), the media upon it, the talk upon both, then commands and
the engine's front.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.assembly.layers import (
    DoorParts,
    Ground,
    MediaParts,
    MoneyParts,
    TalkParts,
    door_parts,
    lay_ground,
    media_parts,
    money_parts,
    talk_parts,
)
from bot.commands import Services, build_registry
from bot.dashboard import PlatformHealth
from bot.delivery import Delivery
from bot.desk import HouseDesk
from bot.engine.access import Doorkeeper
from bot.engine.account import AccountWatch
from bot.engine.alarm import Alarm
from bot.engine.ambient import Gate
from bot.engine.amends import Amends
from bot.engine.aside import Aside
from bot.engine.backlog import Backlog
from bot.engine.balance import BalanceWatch
from bot.engine.botloops import BotLoops
from bot.engine.bulletin import Bulletin
from bot.engine.caplevels import CapLevels
from bot.engine.caps import DEFAULT_CAP, CapsBook
from bot.engine.capwatch import CapWatch
from bot.engine.catchup import Messenger
from bot.engine.chores import Chores
from bot.engine.cloning import Cloner
from bot.engine.conduct import Conductor
from bot.engine.creditbook import CreditBook
from bot.engine.digest import Digester
from bot.engine.engine import Engine
from bot.engine.erasing import Eraser
from bot.engine.exporting import Exporter
from bot.engine.finding import Finder
from bot.engine.groups import Groups
from bot.engine.identities import Identities
from bot.engine.inquiry import Inquirer
from bot.engine.keybook import KeyBook
from bot.engine.linking import Linker
from bot.engine.links import Links
from bot.engine.lobby import PATIENCE
from bot.engine.lost import Losses
from bot.engine.making.links import PublicLinks
from bot.engine.making.shop import Shop, open_shop
from bot.engine.making.workshop import Workshop
from bot.engine.minting import Mint
from bot.engine.minutes import Secretary
from bot.engine.models import ModelBook
from bot.engine.permits import PermitBook
from bot.engine.pulse import Pulse
from bot.engine.radar import Radar
from bot.engine.reconciler import Reconciler
from bot.engine.registry import Registry
from bot.engine.replies import Replies
from bot.engine.retention import Retention
from bot.engine.retouching import Retoucher
from bot.engine.roles import Roles
from bot.engine.settings import SettingsBook
from bot.engine.sidecalls import SideCalls
from bot.engine.signin import SignInLinks
from bot.engine.standing import Standing
from bot.engine.stopping import Stopper
from bot.engine.threads import Threads
from bot.engine.tools.toolbox import Toolbox
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

    async def load(self) -> None:
        """Read settings, caps, access and keys; set the default cap once in the life of a database."""
        await self.identities.load()
        if await self.store.marks.claim("directs-hidden", "1"):
            await self.store.people.hide_directs(self.identities.channel)
        await self.settings.load()
        await self.caps.load()
        await self.doorkeeper.load()
        await self.permits.load()
        await self.keys.load()
        await self.balance.load()
        await self.bulletin.load()
        await self.retention.load()
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
    hasher = Identities(key, store.people)
    doorkeeper = Doorkeeper(store, hasher, is_open=is_open, owners=owners, clock=clock)
    sealer = sealer or Sealer([key])
    ground = lay_ground(store, client, doors, clock, hasher, doorkeeper, sealer)
    media = media_parts(ground)
    talk = talk_parts(ground, media)
    money = money_parts(ground, talk, admin)
    door = door_parts(ground, money.directs, sealer)
    shop = open_shop(
        store,
        client,
        ground.models,
        ground.cashier,
        ground.caps,
        ground.delivery,
        doorkeeper,
        ground.keys,
        clock,
        poll=poll,
        public_url=public_url,
        trouble=ground.pulse.trouble,
    )
    stopper = Stopper(talk.answers)
    retention = Retention(store, ground.settings, ground.keys, doorkeeper, clock)
    people = _people_parts(ground, talk, money, shop)
    sign_in = SignInLinks(
        store.sign_ins, doorkeeper, hasher, clock, public_url, local_url, sealer, Standing(doors, clock)
    )
    services = _services(ground, media, talk, money, door, shop, stopper, people, sign_in, backup_days)
    registry = build_registry(services)
    engine = _engine(ground, media, talk, money, door, stopper, registry, retention, patience, people.eraser)
    chores = Chores(clock)
    return Assembly(
        engine=engine,
        delivery=ground.delivery,
        settings=ground.settings,
        caps=ground.caps,
        doorkeeper=doorkeeper,
        models=ground.models,
        store=store,
        clock=clock,
        bulletin=ground.bulletin,
        radar=Radar(store, client, ground.models, ground.settings, ground.bulletin, money.directs, clock),
        side_calls=ground.side_calls,
        toolbox=talk.toolbox,
        alarm=Alarm(store.reminders, talk.reminders, ground.delivery, doors, doorkeeper, clock),
        workshop=shop.workshop,
        links=shop.links,
        keys=ground.keys,
        permits=door.permits,
        balance=money.balance,
        cap_watch=money.cap_watch,
        levels=talk.levels,
        account=AccountWatch(money.account, money.balance, ground.keys),
        identities=hasher,
        eraser=people.eraser,
        reconciler=Reconciler(store, money.account, ground.settings, money.directs, clock),
        desk=HouseDesk(
            store,
            ground.settings,
            ground.caps,
            doorkeeper,
            hasher,
            client,
            ground.models,
            doors,
            ground.pulse,
            sign_in,
            chores,
            services.credits,
            door.permits,
            door.desk,
            registry.commands,
            clock,
            workload=engine.workload,
            health=health,
        ),
        pulse=ground.pulse,
        chores=chores,
        retention=retention,
    )


@dataclass(frozen=True, slots=True)
class _PeopleParts:
    """What people do with their own data."""

    exporter: Exporter
    eraser: Eraser
    linker: Linker


def _people_parts(ground: Ground, talk: TalkParts, money: MoneyParts, shop: Shop) -> _PeopleParts:
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
    return _PeopleParts(Exporter(store, identities, clock), eraser, Linker(store, identities, clock, books))


def _services(
    ground: Ground,
    media: MediaParts,
    talk: TalkParts,
    money: MoneyParts,
    door: DoorParts,
    shop: Shop,
    stopper: Stopper,
    people: _PeopleParts,
    sign_in: SignInLinks,
    backup_days: int,
) -> Services:
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
        retoucher=Retoucher(media.easel, ground.models, ground.chooser),
        gallery=media.gallery,
        finder=Finder(media.gallery, media.fetcher),
        fetcher=media.fetcher,
        hearer=media.hearer,
        secretary=Secretary(ground.side_calls, ground.models),
        answers=talk.answers,
        stopper=stopper,
        researcher=talk.researcher,
        long_memory=talk.long_memory,
        links=links,
        voices=media.voices,
        cloner=Cloner(ground.client, ground.models, ground.cashier, media.fetcher, ground.store.own_voices),
        hasher=ground.hasher,
        shop=shop,
        keys=ground.keys,
        account=money.account,
        mint=Mint(money.account, ground.keys, ground.clock),
        own_keys=money.own_keys,
        reminders=talk.reminders,
        pairing_desk=door.desk,
        permits=door.permits,
        adults=door.adults,
        inquirer=Inquirer(talk.researcher, ground.side_calls),
        digester=Digester(talk.researcher, media.fetcher, ground.side_calls),
        backlog=Backlog(ground.doors, ground.store.memory, talk.overheard),
        messenger=Messenger(ground.side_calls, ground.models, links),
        aside=Aside(ground.doors, ground.delivery),
        roles=Roles(ground.doors),
        exporter=people.exporter,
        eraser=people.eraser,
        linker=people.linker,
        backup_days=backup_days,
        credits=CreditBook(ground.store, ground.bulletin, ground.hasher),
        sign_in=sign_in,
    )


def _engine(
    ground: Ground,
    media: MediaParts,
    talk: TalkParts,
    money: MoneyParts,
    door: DoorParts,
    stopper: Stopper,
    registry: Registry,
    retention: Retention,
    patience: float,
    eraser: Eraser,
) -> Engine:
    store, clock, hasher = ground.store, ground.clock, ground.hasher
    amends = Amends(store.buttons, clock)
    groups = Groups(
        ground.settings,
        hasher,
        talk.overheard,
        Threads(ground.doors, store.marks),
        Gate(ground.side_calls, clock),
        BotLoops(clock),
    )
    conductor = Conductor(
        store.turns,
        ground.delivery,
        ground.doorkeeper,
        ground.settings,
        hasher,
        clock,
        amends,
        ground.keys,
        money.directs,
        ground.pulse,
        door.permits,
        door.adults,
    )
    return Engine(
        store=store,
        delivery=ground.delivery,
        doorkeeper=ground.doorkeeper,
        settings=ground.settings,
        caps=ground.caps,
        free_owners=ground.free_owners,
        conductor=conductor,
        registry=registry,
        talk=talk.talker.talk,
        hasher=hasher,
        clock=clock,
        patience=patience,
        amends=amends,
        background=ground.background,
        groups=groups,
        stopper=stopper,
        losses=Losses(ground.doors),
        answers=talk.answers,
        keys=ground.keys,
        replies=Replies(store.vault, clock),
        unseen=media.gallery.unseen,
        eraser=eraser,
        retention=retention,
        threshold=door.threshold,
        permits=door.permits,
    )
