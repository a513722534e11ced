"""Wires engine, commands, delivery and Venice around a store, for the program and for tests alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands import Services, build_registry
from bot.delivery import Delivery
from bot.engine.access import Doorkeeper
from bot.engine.alarm import Alarm
from bot.engine.ambient import Gate
from bot.engine.amends import Amends
from bot.engine.answerbook import AnswerBook
from bot.engine.asking import Asker
from bot.engine.botloops import BotLoops
from bot.engine.caps import DEFAULT_CAP, CapsBook
from bot.engine.cashier import Cashier
from bot.engine.choosing import Chooser
from bot.engine.cloning import Cloner
from bot.engine.compacting import Compactor
from bot.engine.conduct import Conductor
from bot.engine.drawing import Drawer
from bot.engine.easel import Easel
from bot.engine.embedding import Embedder
from bot.engine.engine import Engine
from bot.engine.fetching import Fetcher
from bot.engine.finding import Finder
from bot.engine.gallery import Gallery
from bot.engine.gathering import Gatherer
from bot.engine.groups import Groups
from bot.engine.hashing import Hasher
from bot.engine.hearing import Hearer
from bot.engine.learning import Learner
from bot.engine.links import Links
from bot.engine.lobby import PATIENCE
from bot.engine.lost import Losses
from bot.engine.minutes import Secretary
from bot.engine.models import ModelBook
from bot.engine.overheard import Overheard
from bot.engine.privacy import PrivacyRule
from bot.engine.recall import Recall
from bot.engine.remembering import LongMemory
from bot.engine.reminders import ReminderBook
from bot.engine.replies import Replies
from bot.engine.research import Researcher
from bot.engine.retouching import Retoucher
from bot.engine.settings import SettingsBook
from bot.engine.sidecalls import Background, SideCalls
from bot.engine.speaking import Speaker
from bot.engine.stopping import Stopper
from bot.engine.tab import Payments
from bot.engine.talking import Talker
from bot.engine.threads import Threads
from bot.engine.tokens import TokenGauge
from bot.engine.tools.remind import time_tools
from bot.engine.tools.rounds import Rounds
from bot.engine.tools.speak import speak_tools
from bot.engine.tools.toolbox import Toolbox
from bot.engine.voicebook import VoiceBook
from bot.ports import Clock, Door
from bot.storing import Store
from bot.venice import VeniceClient


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
    side_calls: SideCalls
    toolbox: Toolbox
    alarm: Alarm

    async def load(self) -> None:
        """Read settings, caps and access; set the default cap once in the life of a database."""
        await self.settings.load()
        await self.caps.load()
        await self.doorkeeper.load()
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
    clock: Clock = time.time,
    patience: float = PATIENCE,
) -> Assembly:
    """`doors` may fill later; `key` is the secret behind hashes; `owners` are person keys.
    A question that has waited `patience` seconds behind another one is told so."""
    hasher = Hasher(key)
    settings = SettingsBook(store.settings)
    caps = CapsBook(store.money)
    doorkeeper = Doorkeeper(store.access, hasher, is_open=is_open, owners=owners)
    models = ModelBook(client, clock)
    rule = PrivacyRule(settings, models)
    cashier = Cashier(store.money, caps, clock, rule.check)
    payments, fetcher = Payments(client, cashier), Fetcher(doors)
    voices, hearer = VoiceBook(store.own_voices, clock), Hearer(client, models, payments, fetcher)
    speaker = Speaker(client, models, payments, voices)
    gallery = Gallery(store.vault, store.buttons, fetcher, clock)
    easel = Easel(client, cashier)
    drawer = Drawer(easel, models, gallery)
    delivery = Delivery(doors)
    answers = AnswerBook(store.buttons, clock, delivery.clear_buttons)
    stopper = Stopper(answers)
    background, gauge, overheard = Background(), TokenGauge(), Overheard()
    side_calls = SideCalls(client, models, cashier, store.turns, rule)
    compactor = Compactor(store.memory, side_calls, gauge, background, clock)
    recall = Recall(store, compactor)
    long_memory = LongMemory(
        store, settings, Embedder(client, models, cashier, store.turns, clock), delivery.clear_buttons
    )
    learner = Learner(long_memory, settings, side_calls, delivery, background, clock)
    gatherer = Gatherer(fetcher, hearer)
    chooser = Chooser(models, clock)
    reminders = ReminderBook(store)
    toolbox = Toolbox([*speak_tools(speaker), *time_tools(reminders)])
    rounds = Rounds(Asker(client, models, cashier), toolbox)
    talker = Talker(
        chooser,
        rounds,
        gatherer,
        speaker,
        recall,
        compactor,
        gauge,
        overheard,
        answers,
        long_memory,
        learner,
    )
    groups = Groups(
        settings, hasher, overheard, Threads(doors, store.marks), Gate(side_calls, clock), BotLoops(clock)
    )
    services = Services(
        store=store,
        client=client,
        models=models,
        settings=settings,
        caps=caps,
        cashier=cashier,
        doorkeeper=doorkeeper,
        talker=talker,
        chooser=chooser,
        speaker=speaker,
        drawer=drawer,
        retoucher=Retoucher(easel, models),
        gallery=gallery,
        finder=Finder(gallery, fetcher),
        fetcher=fetcher,
        hearer=hearer,
        secretary=Secretary(side_calls, models),
        answers=answers,
        stopper=stopper,
        reminders=reminders,
        researcher=Researcher(client, cashier),
        long_memory=long_memory,
        links=Links(doors),
        voices=voices,
        cloner=Cloner(client, models, cashier, fetcher, store.own_voices),
        hasher=hasher,
    )
    amends = Amends(store.buttons, clock)
    engine = Engine(
        store=store,
        delivery=delivery,
        doorkeeper=doorkeeper,
        settings=settings,
        caps=caps,
        conductor=Conductor(store.turns, delivery, doorkeeper, settings, hasher, clock, amends),
        registry=build_registry(services),
        talk=talker.talk,
        hasher=hasher,
        clock=clock,
        patience=patience,
        amends=amends,
        background=background,
        groups=groups,
        stopper=stopper,
        losses=Losses(doors),
        answers=answers,
        replies=Replies(store.vault, clock),
    )
    alarm = Alarm(store.reminders, reminders, delivery, doors, doorkeeper, clock)
    return Assembly(
        engine, delivery, settings, caps, doorkeeper, models, store, clock, side_calls, toolbox, alarm
    )
