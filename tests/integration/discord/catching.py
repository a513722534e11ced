"""A front that listens, goes away and comes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.discord.catchup import SINCE_MARK
from adapters.discord.outbound import DiscordDoor
from tests.fakes.discord import Channel
from tests.integration.discord.conftest import House


def texts(house: House) -> list[str]:
    return [event.text for event in house.front.events]


def asked(house: House) -> list[str]:
    """The channels whose messages were fetched, once for each call."""
    return [call.path["channel_id"] for call in house.dc.calls_to("list_messages")]


@dataclass(frozen=True, slots=True)
class Session:
    """From a start of the adapter to its end."""

    house: House
    door: DiscordDoor
    before: str

    async def caught_up(self) -> None:
        """Until nothing is left to catch up."""
        marks = self.house.front.marks
        await self.house.dc.wait_for(lambda: marks.get(SINCE_MARK, "") != self.before)


@asynccontextmanager
async def session(house: House) -> AsyncGenerator[Session]:
    before = house.front.marks.get(SINCE_MARK, "")
    async with house.running() as door:
        yield Session(house, door, before)


async def heard(house: House, *channels: Channel) -> None:
    """A first session, in which something was said in these channels."""
    async with session(house) as now:
        before = len(house.front.events)
        for channel in channels:
            house.dc.say(channel, house.ann, "before")
        await house.events(before + len(channels))
        await now.caught_up()
    house.front.events.clear()
