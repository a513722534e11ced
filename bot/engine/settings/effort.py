"""How long a model can be told to think, and what a level comes to with a model that lacks it."""

from __future__ import annotations

from bot.errors import UserError
from bot.venice import Model, Reasoning
from bot.venice.bodies import EFFORT_ORDER, effort

OFF, ON = "off", "on"
"""Not at all, and as long as the model itself thinks fit."""
LEVELS: dict[str, Reasoning] = {
    "off": "off",
    "on": "on",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}


def levels(model: Model) -> tuple[str, ...]:
    """The levels a model takes, the least first."""
    can = model.capabilities
    if not can.reasoning:
        return (OFF,)
    own = [one for one in EFFORT_ORDER if one in can.efforts and one != "none"]
    return (OFF, ON, *own)


def always_thinks(model: Model) -> bool:
    """Whether `off` may only hide its thinking: it offers levels, and none of them is none."""
    can = model.capabilities
    return can.reasoning and bool(can.efforts) and "none" not in can.efforts


def used(level: str, model: Model) -> str:
    """The level a model thinks at when `level` is set."""
    if not model.capabilities.reasoning or level not in LEVELS or level == OFF:
        return OFF
    sent = effort(LEVELS[level], model)
    return sent if sent is not None and level != ON else ON


def check_level(level: str, model: Model) -> str:
    """The level as it is called, where the model takes it; a UserError names those it takes."""
    wanted = level.strip().casefold()
    wanted = OFF if wanted == "none" else wanted
    takes = levels(model)
    if wanted in takes:
        return wanted
    if takes == (OFF,):
        raise UserError(
            f"{model.name} cannot think before it answers. Choose another with `/model thinking`."
        )
    offered = ", ".join(f"`{one}`" for one in takes)
    raise UserError(f"{model.name} cannot think at `{level[:20]}`. It takes {offered}.")
