"""The layers of a house without platforms: the ground, the media upon it, the talk upon both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.delivery import Delivery
from bot.engine.account.balance import BalanceWatch
from bot.engine.account.book import AccountBook
from bot.engine.account.capwatch import CapWatch
from bot.engine.account.ownkeys import OwnKeys
from bot.engine.account.saving import Saver
from bot.engine.account.thrift import Thrift
from bot.engine.answering.asking import Asker
from bot.engine.doors.access import Doorkeeper
from bot.engine.doors.adults import AdultRule
from bot.engine.doors.identities import Identities
from bot.engine.doors.permits import PermitBook
from bot.engine.files.fetching import Fetcher
from bot.engine.files.gathering import Gatherer
from bot.engine.files.hearing import Hearer
from bot.engine.flow.pairingdesk import PairingDesk
from bot.engine.flow.threshold import Threshold
from bot.engine.groups.overheard import Overheard
from bot.engine.making.shop import Shop, open_shop
from bot.engine.memory.compacting import Compactor
from bot.engine.memory.embedding import Embedder
from bot.engine.memory.learning import Learner
from bot.engine.memory.recall import Recall
from bot.engine.memory.remembering import LongMemory
from bot.engine.models.book import ModelBook
from bot.engine.models.choosing import Chooser
from bot.engine.models.privacy import PrivacyRule
from bot.engine.money.caplevels import CapLevels
from bot.engine.money.caps import CapsBook
from bot.engine.money.cashier import Cashier
from bot.engine.money.freeowners import FreeOwners
from bot.engine.money.keybook import KeyBook
from bot.engine.oversight.pulse import Pulse
from bot.engine.pictures.drawing import Drawer
from bot.engine.pictures.easel import Easel
from bot.engine.pictures.gallery import Gallery
from bot.engine.reminding.reminders import ReminderBook
from bot.engine.research.research import Researcher
from bot.engine.settings.book import SettingsBook
from bot.engine.side.sidecalls import Background, SideCalls
from bot.engine.talk.talking import Talker
from bot.engine.text.tokens import TokenGauge
from bot.engine.tools.draw import draw_tools
from bot.engine.tools.look_up import look_up_tools
from bot.engine.tools.remember import remember_tools
from bot.engine.tools.remind import time_tools
from bot.engine.tools.rounds import Rounds
from bot.engine.tools.speak import speak_tools
from bot.engine.tools.toolbox import Toolbox
from bot.engine.turns.answerbook import AnswerBook
from bot.engine.turns.aside import Aside
from bot.engine.turns.bulletin import Bulletin
from bot.engine.turns.directs import Directs
from bot.engine.turns.tab import Payments
from bot.engine.voice.speaking import Speaker
from bot.engine.voice.voicebook import VoiceBook
from bot.ports import Clock, Door
from bot.sealing import Sealer
from bot.storing import Store
from bot.venice import VeniceClient


@dataclass(frozen=True, slots=True)
class Ground:
    """Who may do what, with which model, and who pays for it."""

    store: Store
    client: VeniceClient
    doors: Mapping[str, Door]
    clock: Clock
    hasher: Identities
    settings: SettingsBook
    caps: CapsBook
    levels: CapLevels
    thrift: Thrift
    free_owners: FreeOwners
    doorkeeper: Doorkeeper
    keys: KeyBook
    models: ModelBook
    cashier: Cashier
    bulletin: Bulletin
    chooser: Chooser
    side_calls: SideCalls
    delivery: Delivery
    background: Background
    pulse: Pulse


@dataclass(frozen=True, slots=True)
class MediaParts:
    """What pictures, sound and files are made and read with."""

    fetcher: Fetcher
    hearer: Hearer
    voices: VoiceBook
    speaker: Speaker
    gallery: Gallery
    easel: Easel
    drawer: Drawer


@dataclass(frozen=True, slots=True)
class TalkParts:
    """What a question is answered with."""

    talker: Talker
    answers: AnswerBook
    overheard: Overheard
    long_memory: LongMemory
    reminders: ReminderBook
    researcher: Researcher
    toolbox: Toolbox


@dataclass(frozen=True, slots=True)
class MoneyParts:
    """Looking after the account and the keys at Venice."""

    account: AccountBook
    own_keys: OwnKeys
    directs: Directs
    balance: BalanceWatch
    cap_watch: CapWatch


@dataclass(frozen=True, slots=True)
class DoorParts:
    """Who comes in, and who may use what."""

    desk: PairingDesk
    permits: PermitBook
    adults: AdultRule
    threshold: Threshold


def lay_ground(
    store: Store,
    client: VeniceClient,
    doors: Mapping[str, Door],
    clock: Clock,
    hasher: Identities,
    doorkeeper: Doorkeeper,
    sealer: Sealer,
) -> Ground:
    """Settings, caps, doors, keys and models, and the one way to pay."""
    settings = SettingsBook(store.settings, hasher.scope)
    free_owners = FreeOwners(doorkeeper, hasher, settings)
    caps = CapsBook(store.money, hasher.channel, hasher.canonical, free_owners)
    keys = KeyBook(store.server_keys, sealer, client, settings, clock)
    models = ModelBook(client, clock)
    rule = PrivacyRule(settings, models)
    bulletin = Bulletin(store.announcements, clock)
    chooser = Chooser(models, bulletin, store.turns, clock)
    pulse = Pulse(store.figures, hasher, clock)
    cashier = Cashier(store.money, caps, clock, rule.check, pulse.paid)
    levels = CapLevels()
    cashier.drawn = levels.drawn
    return Ground(
        store=store,
        client=client,
        doors=doors,
        clock=clock,
        hasher=hasher,
        settings=settings,
        caps=caps,
        levels=levels,
        thrift=Thrift(caps, levels),
        free_owners=free_owners,
        doorkeeper=doorkeeper,
        keys=keys,
        models=models,
        cashier=cashier,
        bulletin=bulletin,
        chooser=chooser,
        side_calls=SideCalls(client, models, cashier, store.turns, rule, keys, chooser, settings),
        delivery=Delivery(doors),
        background=Background(),
        pulse=pulse,
    )


def media_parts(ground: Ground) -> MediaParts:
    """The media upon the ground."""
    store, client, models, clock = ground.store, ground.client, ground.models, ground.clock
    chooser, thrift = ground.chooser, ground.thrift
    payments, fetcher = Payments(client, ground.cashier), Fetcher(ground.doors)
    voices = VoiceBook(store.own_voices, clock)
    gallery = Gallery(store.vault, store.buttons, fetcher, clock)
    easel = Easel(client, ground.cashier)
    return MediaParts(
        fetcher,
        Hearer(client, models, chooser, thrift, payments, fetcher),
        voices,
        Speaker(client, models, chooser, thrift, payments, voices),
        gallery,
        easel,
        Drawer(easel, models, chooser, thrift, gallery),
    )


def talk_parts(ground: Ground, media: MediaParts) -> TalkParts:
    """The talk upon ground and media."""
    store, client, clock = ground.store, ground.client, ground.clock
    delivery, models, cashier = ground.delivery, ground.models, ground.cashier
    answers = AnswerBook(store.buttons, clock, delivery.clear_buttons, ground.hasher.text)
    gauge, overheard = TokenGauge(), Overheard()
    compactor = Compactor(store.memory, ground.side_calls, gauge, ground.background, clock)
    embedder = Embedder(client, models, cashier, store.turns, clock)
    long_memory = LongMemory(store, ground.settings, embedder, delivery.clear_buttons)
    reminders, researcher = ReminderBook(store), Researcher(client, cashier)
    toolbox = Toolbox(
        [
            *draw_tools(media.drawer),
            *look_up_tools(researcher),
            *remember_tools(long_memory),
            *speak_tools(media.speaker),
            *time_tools(reminders),
        ]
    )
    talker = Talker(
        ground.chooser,
        Rounds(Asker(client, models, cashier), toolbox),
        Gatherer(media.fetcher, media.hearer),
        media.speaker,
        Recall(store, compactor),
        compactor,
        gauge,
        overheard,
        answers,
        long_memory,
        Learner(long_memory, ground.settings, ground.side_calls, delivery, ground.background, clock),
        Saver(
            ground.chooser,
            ground.thrift,
            ground.caps,
            ground.levels,
            store.marks,
            Aside(ground.doors, delivery),
        ),
    )
    return TalkParts(talker, answers, overheard, long_memory, reminders, researcher, toolbox)


def money_parts(ground: Ground, admin: VeniceClient | None) -> MoneyParts:
    """What looks after the account, told of every answer's headers."""
    client, clock, marks = ground.client, ground.clock, ground.store.marks
    directs = Directs(marks, ground.delivery, ground.doorkeeper, ground.hasher)
    balance = BalanceWatch(marks, ground.settings, directs, ground.background, clock)
    client.keychain.listener = balance.hear
    own_keys = OwnKeys(ground.keys, client, clock)
    ground.doorkeeper.expected = own_keys.expects
    cap_watch = CapWatch(
        ground.store, ground.settings, ground.levels, ground.bulletin, directs, ground.caps, clock
    )
    return MoneyParts(AccountBook(client, admin, clock), own_keys, directs, balance, cap_watch)


def door_parts(ground: Ground, directs: Directs, sealer: Sealer) -> DoorParts:
    """The door, told of the settings that open it further."""
    store, settings, doorkeeper = ground.store, ground.settings, ground.doorkeeper
    doorkeeper.admins_open = lambda: settings.house("admin_enable").value is True
    doorkeeper.pairs = lambda: settings.house("pairing").value is True
    hasher, clock = ground.hasher, ground.clock
    desk = PairingDesk(
        store.pairings, store.audit, doorkeeper, directs, ground.delivery, sealer, hasher, clock
    )
    permits, adults = PermitBook(store.server_rules), AdultRule(settings, ground.doors)
    threshold = Threshold(doorkeeper, desk, permits, adults, settings, hasher, clock)
    return DoorParts(desk, permits, adults, threshold)


def open_counter(ground: Ground, poll: float, public_url: str) -> Shop:
    """Where films, music and sounds are ordered, upon the ground."""
    return open_shop(
        ground.store,
        ground.client,
        ground.models,
        ground.cashier,
        ground.caps,
        ground.thrift,
        ground.delivery,
        ground.doorkeeper,
        ground.keys,
        ground.clock,
        poll=poll,
        public_url=public_url,
        trouble=ground.pulse.trouble,
    )
