"""Which model writes about a long text for somebody."""

from __future__ import annotations

from bot.engine.models.book import ModelBook
from bot.engine.side.sidecalls import SideCalls
from bot.engine.turns.turn import Turn
from bot.venice import Model


async def roomy_model(calls: SideCalls, models: ModelBook, turn: Turn, room: int) -> Model | None:
    """The place's own model, or the cheapest no less private one with a context of at least `room` tokens;
    None where there is none."""
    own = await models.pick_for(turn, "text")
    if own.context_tokens is None or own.context_tokens >= room:
        return own
    return await calls.cheap_model(private=own.private, room=room, place=turn.incoming.place)
