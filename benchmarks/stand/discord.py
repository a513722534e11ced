"""Discord as a stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from benchmarks.stand.question import QUESTION
from tests.fakes.discord import FakeDiscord, Message


class DiscordStage:
    """Channels of one server, or one channel that all are in, in which the bot is mentioned."""

    KINDS: ClassVar[Mapping[str, str]] = {
        "send": "create_message",
        "edit": "update_message",
        "typing": "trigger_typing_indicator",
    }

    def __init__(self, fake: FakeDiscord, count: int, *, shared: bool) -> None:
        self._fake = fake
        self._shared = shared
        self._guild = fake.guild("Benchmark")
        self._people = [fake.user(f"person{number}") for number in range(count)]
        for person in self._people:
            fake.member(self._guild, person)
        rooms = [fake.channel(self._guild, f"room-{number}") for number in range(1 if shared else count)]
        self._channels = rooms * count if shared else rooms
        self._asked: dict[int, Message] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"DISCORD_TOKEN": self._fake.token, "DISCORD_BASE_URL": self._fake.base_url}

    @property
    def calls(self) -> int:
        return sum(call.operation in self.KINDS.values() for call in self._fake.calls)

    @property
    def refused(self) -> int:
        return len(self._fake.rate_limited)

    @property
    def connected(self) -> bool:
        return self._fake.gateway.connected

    def ask(self, number: int, paragraphs: int = 5) -> None:
        text = QUESTION.format(paragraphs=paragraphs, number=number)
        channel, person = self._channels[number], self._people[number]
        self._asked[number] = self._fake.say(channel, person, text, mention_bot=True)

    def received(self, number: int) -> float:
        return self._asked[number].at

    def shown(self, number: int) -> list[float]:
        answers = self._answers(number)
        times = [message.at for message in answers]
        return sorted(times + [edit.at for message in answers for edit in message.edits])

    def text(self, number: int) -> str:
        return "".join(message.content for message in self._answers(number))

    def times(self, *kinds: str) -> list[float]:
        operations = [self.KINDS[kind] for kind in kinds]
        return [call.at for call in self._fake.calls if call.operation in operations and call.status != 429]

    def _answers(self, number: int) -> list[Message]:
        answers = self._fake.answers(self._channels[number])
        if not self._shared:
            return answers
        return [message for message in answers if message.reference is self._asked.get(number)]
