"""Wires engine, commands, delivery and Venice around a store, for the program and for tests alike.

In layers: the ground (who may what, and who pays), the media upon it, the talk upon both, then commands and
the engine's front.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
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
from bot.delivery import Delivery
from bot.engine.access import Doorkeeper
from bot.engine.account import AccountWatch
from bot.engine.alarm import Alarm
from bot.engine.ambient import Gate
from bot.engine.amends import Amends
from bot.engine.balance import BalanceWatch
from bot.engine.botloops import BotLoops
from bot.engine.bulletin import Bulletin
from bot.engine.caps import DEFAULT_CAP, CapsBook
from bot.engine.cloning import Cloner
from bot.engine.conduct import Conductor
from bot.engine.digest import Digester
from bot.engine.engine import Engine
from bot.engine.finding import Finder
from bot.engine.groups import Groups
from bot.engine.hashing import Hasher
from bot.engine.inquiry import Inquirer
from bot.engine.keybook import KeyBook
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
from bot.engine.radar import Radar
from bot.engine.registry import Registry
from bot.engine.replies import Replies
from bot.engine.retouching import Retoucher
from bot.engine.settings import SettingsBook
from bot.engine.sidecalls import SideCalls
from bot.engine.stopping import Stopper
from bot.engine.threads import Threads
from bot.engine.tools.toolbox import Toolbox
from bot.ports import Clock, Door
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
    account: AccountWatch

    async def load(self) -> None:
        """Read settings, caps, access and keys; set the default cap once in the life of a database."""
        await self.settings.load()
        await self.caps.load()
        await self.doorkeeper.load()
        await self.permits.load()
        await self.keys.load()
        await self.balance.load()
        await self.bulletin.load()
        if await self.store.marks.claim("default-cap", "set"):
            await self.caps.put(DEFAULT_CAP, self.clock())


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
) -> Assembly:
    """`doors` may fill later; `key` is the secret behind hashes and, without `sealer`, encryption; `owners`
    are person keys; `admin` is a client with an admin key.
    A question that has waited `patience` seconds behind another one is told so; orders at Venice are looked
    at every `poll` seconds. `public_url` is where people reach the web page, "" for nowhere."""
    hasher = Hasher(key)
    doorkeeper = Doorkeeper(store, hasher, is_open=is_open, owners=owners, clock=clock)
    sealer = sealer or Sealer([key])
    ground = lay_ground(store, client, doors, clock, hasher, doorkeeper, sealer)
    media = media_parts(ground)
    talk = talk_parts(ground, media)
    money = money_parts(ground, admin)
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
    )
    stopper = Stopper(talk.answers)
    registry = build_registry(_services(ground, media, talk, money, door, shop, stopper))
    return Assembly(
        engine=_engine(ground, media, talk, money, door, stopper, registry, patience),
        delivery=ground.delivery,
        settings=ground.settings,
        caps=ground.caps,
        doorkeeper=doorkeeper,
        models=ground.models,
        store=store,
        clock=clock,
        bulletin=talk.bulletin,
        radar=Radar(store, client, ground.models, ground.settings, talk.bulletin, clock),
        side_calls=ground.side_calls,
        toolbox=talk.toolbox,
        alarm=Alarm(store.reminders, talk.reminders, ground.delivery, doors, doorkeeper, clock),
        workshop=shop.workshop,
        links=shop.links,
        keys=ground.keys,
        permits=door.permits,
        balance=money.balance,
        account=AccountWatch(money.account, money.balance, ground.keys),
    )


def _services(
    ground: Ground,
    media: MediaParts,
    talk: TalkParts,
    money: MoneyParts,
    door: DoorParts,
    shop: Shop,
    stopper: Stopper,
) -> Services:
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
        chooser=talk.chooser,
        speaker=media.speaker,
        drawer=media.drawer,
        retoucher=Retoucher(media.easel, ground.models),
        gallery=media.gallery,
        finder=Finder(media.gallery, media.fetcher),
        fetcher=media.fetcher,
        hearer=media.hearer,
        secretary=Secretary(ground.side_calls, ground.models),
        answers=talk.answers,
        stopper=stopper,
        researcher=talk.researcher,
        long_memory=talk.long_memory,
        links=Links(ground.doors),
        voices=media.voices,
        cloner=Cloner(ground.client, ground.models, ground.cashier, media.fetcher, ground.store.own_voices),
        hasher=ground.hasher,
        shop=shop,
        keys=ground.keys,
        account=money.account,
        mint=Mint(money.account, ground.keys, ground.clock),
        own_keys=money.own_keys,
        reminders=talk.reminders,
        desk=door.desk,
        permits=door.permits,
        adults=door.adults,
        inquirer=Inquirer(talk.researcher, ground.side_calls),
        digester=Digester(talk.researcher, media.fetcher, ground.side_calls),
    )


def _engine(
    ground: Ground,
    media: MediaParts,
    talk: TalkParts,
    money: MoneyParts,
    door: DoorParts,
    stopper: Stopper,
    registry: Registry,
    patience: float,
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
        door.permits,
        door.adults,
    )
    return Engine(
        store=store,
        delivery=ground.delivery,
        doorkeeper=ground.doorkeeper,
        settings=ground.settings,
        caps=ground.caps,
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
        threshold=door.threshold,
        permits=door.permits,
    )
