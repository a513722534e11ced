"""Every layer of a house, for what stands in front of them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.assembly.beside import PeopleParts, RoundParts
from bot.assembly.layers import DoorParts, Ground, MediaParts, MoneyParts, TalkParts
from bot.engine.making.shop import Shop
from bot.engine.oversight.signin import SignInLinks
from bot.engine.turns.stopping import Stopper


@dataclass(frozen=True, slots=True)
class House:
    """Every layer, from the ground up."""

    ground: Ground
    media: MediaParts
    talk: TalkParts
    money: MoneyParts
    door: DoorParts
    shop: Shop
    people: PeopleParts
    rounds: RoundParts
    sign_in: SignInLinks
    stopper: Stopper
