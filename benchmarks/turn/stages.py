"""The platforms: people who ask, and what they get to see and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from tests.fakes.discord import DiscordLimits, FakeDiscord
from tests.fakes.telegram import FakeTelegram, TelegramLimits
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.updates import UpdateQueue

QUESTION = "Write 5 paragraphs about the early slow morning ferry, no. {number:04}."
"""Answered by the demo with 485 tokens: as near to 500 as one message on Discord allows."""


class Stage(Protocol):
    """One platform with numbered conversations. Times are monotonic seconds."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What points a bot at this platform."""
        ...

    @property
    def calls(self) -> int:
        """Sends, edits and typing signals so far."""
        ...

    @property
    def refused(self) -> int:
        """How many of them were answered with "too many"."""
        ...

    @property
    def connected(self) -> bool:
        """True when a bot listens."""
        ...

    def ask(self, number: int) -> None:
        """The person of this conversation asks."""
        ...

    def received(self, number: int) -> float:
        """When the question was handed to the bot."""
        ...

    def shown(self, number: int) -> list[float]:
        """When something of the answer appeared or changed, in order."""
        ...

    def text(self, number: int) -> str:
        """What is visible of the answer."""
        ...


class _TimedQueue(UpdateQueue):
    """Knows when each update was given out for the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[int, float] = {}

    async def poll(self, offset: int | None, limit: int, timeout: float) -> list[JsonObject]:
        batch = await super().poll(offset, limit, timeout)
        now = time.monotonic()
        for update in batch:
            self.given.setdefault(_update_id(update), now)
        return batch


def _update_id(update: JsonObject) -> int:
    number = update["update_id"]
    assert isinstance(number, int)
    return number


class TelegramStage:
    """Private chats."""

    ANSWERS = ("sendMessage", "editMessageText", "sendChatAction")

    def __init__(self, fake: FakeTelegram, count: int) -> None:
        self._fake = fake
        self._queue = _TimedQueue()
        fake.world.queue = self._queue
        self._people = [fake.user(f"Person {number}") for number in range(count)]
        self._chats = [fake.private(person) for person in self._people]
        self._asked: dict[int, int] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"TELEGRAM_TOKEN": self._fake.token, "TELEGRAM_BASE_URL": self._fake.base_url}

    @property
    def calls(self) -> int:
        return sum(call.method in self.ANSWERS for call in self._fake.calls)

    @property
    def refused(self) -> int:
        return sum(call.status == 429 for call in self._fake.calls)

    @property
    def connected(self) -> bool:
        return bool(self._fake.calls) and self._fake.calls[-1].method == "getUpdates"

    def ask(self, number: int) -> None:
        text = QUESTION.format(number=number)
        message = self._fake.say(self._chats[number], self._people[number], text)
        assert message.update is not None
        self._asked[number] = _update_id(message.update)

    def received(self, number: int) -> float:
        return self._queue.given[self._asked[number]]

    def shown(self, number: int) -> list[float]:
        replies = self._fake.replies(self._chats[number])
        return sorted(version.time for message in replies for version in message.history)

    def text(self, number: int) -> str:
        return "".join(message.content.text for message in self._fake.replies(self._chats[number]))


class DiscordStage:
    """Channels of one server, in which the bot is mentioned."""

    ANSWERS = ("create_message", "update_message", "trigger_typing_indicator")

    def __init__(self, fake: FakeDiscord, count: int) -> None:
        self._fake = fake
        self._guild = fake.guild("Benchmark")
        self._people = [fake.user(f"person{number}") for number in range(count)]
        for person in self._people:
            fake.member(self._guild, person)
        self._channels = [fake.channel(self._guild, f"room-{number}") for number in range(count)]
        self._asked: dict[int, float] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"DISCORD_TOKEN": self._fake.token, "DISCORD_BASE_URL": self._fake.base_url}

    @property
    def calls(self) -> int:
        return sum(call.operation in self.ANSWERS for call in self._fake.calls)

    @property
    def refused(self) -> int:
        return len(self._fake.rate_limited)

    @property
    def connected(self) -> bool:
        return self._fake.gateway.connected

    def ask(self, number: int) -> None:
        text = QUESTION.format(number=number)
        self._fake.say(self._channels[number], self._people[number], text, mention_bot=True)
        self._asked[number] = time.monotonic()

    def received(self, number: int) -> float:
        return self._asked[number]

    def shown(self, number: int) -> list[float]:
        answers = self._fake.answers(self._channels[number])
        times = [message.at for message in answers]
        return sorted(times + [edit.at for message in answers for edit in message.edits])

    def text(self, number: int) -> str:
        return "".join(message.content for message in self._fake.answers(self._channels[number]))


@asynccontextmanager
async def open_stage(platform: str, count: int, *, limits: bool) -> AsyncGenerator[Stage]:
    """A platform with `count` conversations; `limits` says whether it refuses calls as the real one does."""
    if platform == "telegram":
        allowed = TelegramLimits.real() if limits else TelegramLimits.off()
        async with FakeTelegram(limits=allowed) as telegram:
            yield TelegramStage(telegram, count)
    else:
        async with FakeDiscord(limits=DiscordLimits.real() if limits else DiscordLimits.off()) as discord:
            yield DiscordStage(discord, count)


async def until_connected(stage: Stage, seconds: float = 30.0) -> None:
    """Raises TimeoutError when no bot comes."""
    async with asyncio.timeout(seconds):
        while not stage.connected:
            await asyncio.sleep(0.05)
