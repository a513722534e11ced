"""Telegram as a stage."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from benchmarks.stand.question import QUESTION
from tests.fakes.telegram import FakeTelegram, Message
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.updates import UpdateQueue


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
    """Private chats, or one group that all are in."""

    KINDS: ClassVar[Mapping[str, str]] = {
        "send": "sendMessage",
        "edit": "editMessageText",
        "typing": "sendChatAction",
    }

    def __init__(self, fake: FakeTelegram, count: int, *, shared: bool) -> None:
        self._fake = fake
        self._shared = shared
        self._queue = _TimedQueue()
        fake.world.queue = self._queue
        self._people = [fake.user(f"Person {number}") for number in range(count)]
        if shared:
            self._chats = [fake.group("Benchmark", self._people, supergroup=True)] * count
        else:
            self._chats = [fake.private(person) for person in self._people]
        self._asked: dict[int, Message] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"TELEGRAM_TOKEN": self._fake.token, "TELEGRAM_BASE_URL": self._fake.base_url}

    @property
    def calls(self) -> int:
        return sum(call.method in self.KINDS.values() for call in self._fake.calls)

    @property
    def refused(self) -> int:
        return sum(call.status == 429 for call in self._fake.calls)

    @property
    def connected(self) -> bool:
        return bool(self._fake.calls) and self._fake.calls[-1].method == "getUpdates"

    def ask(self, number: int, paragraphs: int = 5) -> None:
        text = QUESTION.format(paragraphs=paragraphs, number=number)
        if self._shared:
            text = f"@{self._fake.bot.username} {text}"
        self._asked[number] = self._fake.say(self._chats[number], self._people[number], text)

    def conversation(self, number: int) -> str:
        """Under which key Gondola keeps what is said there."""
        chat = self._chats[number].id
        return f"telegram:{chat if self._shared else ''}:{chat}:"

    def received(self, number: int) -> float:
        update = self._asked[number].update
        assert update is not None
        return self._queue.given[_update_id(update)]

    def shown(self, number: int) -> list[float]:
        return sorted(version.time for message in self._answers(number) for version in message.history)

    def text(self, number: int) -> str:
        return "".join(message.content.text for message in self._answers(number))

    def times(self, *kinds: str) -> list[float]:
        methods = [self.KINDS[kind] for kind in kinds]
        return [call.time for call in self._fake.calls if call.method in methods and call.status != 429]

    def _answers(self, number: int) -> list[Message]:
        answers = self._fake.replies(self._chats[number])
        if not self._shared:
            return answers
        return [message for message in answers if message.reply_to is self._asked.get(number)]
