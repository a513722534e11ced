"""Commands used and answered over the fake Discord."""

from __future__ import annotations

from adapters.discord.outbound import DiscordDoor
from bot.messages import (
    Button,
    Incoming,
    Part,
    Target,
)
from tests.integration.discord.conftest import House

BUTTONS = ((Button("Again", id="again-1"),),)


def target_of(event: Incoming, *, private: bool = False) -> Target:
    return Target(event.place, event.message_id, event.reply_handle, private)


def answering(house: House, door: DiscordDoor, *texts: str) -> None:
    """Each event is answered with these messages."""

    async def answer(event: Incoming) -> None:
        for number, text in enumerate(texts):
            await door.send(target_of(event), Part(text), nonce=f"{event.event_id[-8:]}t{number}")

    house.front.answer = answer


async def settled(house: House, count: int = 1) -> None:
    await house.events(count)
    await house.front.settle()
