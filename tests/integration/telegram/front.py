"""A small engine for the Telegram door: it writes down what comes in and answers through the door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.polling import Timing
from bot.declarations import Choice, Command, Option, OptionKind, Permission
from bot.messages import Incoming, Place
from bot.records import HistoryItem, ReadMark
from tests.fakes.telegram import FakeTelegram

COMMANDS: tuple[Command, ...] = (
    Command("help", "List what I can do."),
    Command("claim", "Become the owner.", (Option("code", "The code.", required=True, rest=True),)),
    Command(
        "image",
        "Draw a picture.",
        (
            Option("prompt", "What to draw.", required=True, rest=True),
            Option("size", "Shape.", choices=(Choice("square", "Square"), Choice("wide", "Wide"))),
            Option("count", "How many.", OptionKind.INTEGER, minimum=1, maximum=4),
        ),
    ),
    Command("ask-twice", "A name with a hyphen."),
    Command("settings", "Change how I behave.", permission=Permission.MODERATOR),
    Command("allow", "Let somebody in.", permission=Permission.OWNER),
)

QUICK = Timing(poll=5, first_pause=0.05, longest_pause=0.2, conflict_pause=0.3)


class RecordingFront:
    """Implements bot.ports.Front. Like the engine it drops event ids it has seen."""

    def __init__(self) -> None:
        self.commands: Sequence[Command] = COMMANDS
        self.events: list[Incoming] = []
        self.duplicates: list[Incoming] = []
        self.batches: list[int] = []
        self.welcomed: list[tuple[Place, str]] = []
        self.memberships: list[tuple[Place, bool]] = []
        self.moves: list[tuple[str, str, str]] = []
        self.journal: list[str] = []
        self.deleted: list[tuple[Place, tuple[str, ...]]] = []
        self.known: list[Place] = []
        self.marks: dict[str, str] = {}
        self.polls = 0
        self._news = asyncio.Condition()

    async def submit(self, events: Sequence[Incoming]) -> None:
        self.batches.append(len(events))
        known = {event.event_id for event in self.events}
        for event in events:
            (self.duplicates if event.event_id in known else self.events).append(event)
            known.add(event.event_id)
            self.journal.append(f"said in {event.place.channel}")
        await self._tell()

    async def complete(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]:
        return ()

    def off_record(self, incoming: Incoming) -> bool:
        return False

    async def history(self, place: Place, limit: int) -> Sequence[HistoryItem]:
        return ()

    async def welcome(self, place: Place, title: str) -> None:
        self.welcomed.append((place, title))
        await self._tell()

    async def membership(self, place: Place, *, member: bool) -> None:
        self.memberships.append((place, member))
        await self._tell()

    async def known_servers(self, platform: str) -> Sequence[Place]:
        return self.known

    async def moved(self, platform: str, old_channel: str, new_channel: str) -> None:
        self.moves.append((platform, old_channel, new_channel))
        self.journal.append(f"moved to {new_channel}")
        await self._tell()

    async def forgotten(self, place: Place, message_ids: Sequence[str]) -> None:
        self.deleted.append((place, tuple(message_ids)))
        await self._tell()

    def admits(self, incoming: Incoming) -> bool:
        raise AssertionError("Telegram itself keeps what was missed")

    async def read_marks(self, platform: str, limit: int) -> Sequence[ReadMark]:
        raise AssertionError("Telegram itself keeps what was missed")

    async def keep_read(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str]) -> None:
        raise AssertionError("Telegram itself keeps what was missed")

    async def recall_mark(self, name: str) -> str:
        return self.marks.get(name, "")

    async def set_mark(self, name: str, value: str) -> None:
        self.marks[name] = value

    def handled(self, platform: str) -> None:
        assert platform == "telegram"
        self.polls += 1

    async def until(self, done: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something is true after news came in."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(done)

    async def event(self, count: int = 1) -> Incoming:
        """The count-th event."""
        await self.until(lambda: len(self.events) >= count)
        return self.events[count - 1]

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def serving(
    front: RecordingFront, tg: FakeTelegram, timing: Timing = QUICK
) -> AsyncGenerator[TelegramAdapter]:
    """The adapter at work, polling."""
    adapter = TelegramAdapter(front, tg.token, base_url=tg.base_url, timing=timing)
    polls = len(tg.calls_of("getUpdates"))
    running = asyncio.create_task(adapter.run())
    try:
        await tg.wait_for(lambda: len(tg.calls_of("getUpdates")) > polls or running.done() or None)
        yield adapter
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
