"""What stands at the front of the layers: where letters go, who conducts them, and the dashboard's desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.assembly.house import House
from bot.dashboard import PlatformHealth
from bot.desk import HouseDesk
from bot.engine.account.creditbook import CreditBook
from bot.engine.engine import Engine
from bot.engine.flow.amends import Amends
from bot.engine.flow.conduct import Conductor
from bot.engine.flow.intake import Intakes
from bot.engine.flow.routing import Router
from bot.engine.groups.ambient import Gate
from bot.engine.groups.botloops import BotLoops
from bot.engine.groups.groups import Groups
from bot.engine.groups.threads import Threads
from bot.engine.turns.registry import Registry


def open_groups(house: House) -> Groups:
    """What decides which messages of a group are meant for the bot."""
    ground = house.ground
    return Groups(
        ground.settings,
        ground.hasher,
        house.talk.overheard,
        Threads(ground.doors, ground.store.marks),
        Gate(ground.side_calls, ground.clock),
        BotLoops(ground.clock),
    )


def open_conductor(house: House, amends: Amends) -> Conductor:
    """What opens and closes turns."""
    ground, door = house.ground, house.door
    return Conductor(
        ground.store.turns,
        ground.delivery,
        ground.doorkeeper,
        ground.settings,
        ground.hasher,
        ground.clock,
        amends,
        ground.keys,
        house.money.directs,
        ground.pulse,
        door.permits,
        door.adults,
    )


def open_router(
    house: House, conductor: Conductor, registry: Registry, intakes: Intakes, patience: float
) -> Router:
    """What puts letters in line; a question that has waited `patience` seconds is told so."""
    ground, talk = house.ground, house.talk
    return Router(
        ground.store,
        ground.delivery,
        conductor,
        registry,
        talk.answers,
        house.stopper,
        ground.background,
        ground.hasher,
        ground.clock,
        talk=talk.talker.talk,
        journal=intakes.take_in,
        patience=patience,
    )


def open_desk(
    house: House,
    engine: Engine,
    registry: Registry,
    credit_book: CreditBook,
    health: Callable[[], Sequence[PlatformHealth]],
) -> HouseDesk:
    """What answers the dashboard's questions; `health` is how the platforms are."""
    ground = house.ground
    return HouseDesk(
        ground.store,
        ground.settings,
        ground.caps,
        ground.doorkeeper,
        ground.hasher,
        ground.client,
        ground.models,
        ground.doors,
        ground.pulse,
        house.sign_in,
        house.rounds.chores,
        credit_book,
        house.door.permits,
        house.door.desk,
        registry.commands,
        ground.clock,
        workload=engine.workload,
        health=health,
    )
