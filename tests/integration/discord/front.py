"""A small engine for the door's tests: records what comes in, and answers where a test says how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.declarations import Choice, Command, Option, OptionKind
from bot.messages import Incoming, Place
from bot.records import HistoryItem, ReadMark

MODELS = ("llama-large", "llama-small", "qwen-coder")
COMMANDS = (
    Command("help", "Show what I can do", private_reply=True),
    Command(
        "image",
        "Draw a picture from words",
        (
            Option("count", "How many", OptionKind.INTEGER, choices=(Choice("1", "One"), Choice("2", "Two"))),
            Option("prompt", "What to draw", required=True, rest=True, maximum=7500),
            Option("model", "Image model", completer="models"),
            Option("seed", "Seed", OptionKind.INTEGER, minimum=1, maximum=999),
            Option("strength", "Strength", OptionKind.NUMBER, minimum=0.5, maximum=2),
            Option("hide", "Blur it until pressed", OptionKind.BOOLEAN),
        ),
        takes_file=True,
    ),
    Command("voice", "Read a text aloud", (Option("text", "What to say", required=True, rest=True),)),
    Command(
        "style",
        "Choose a style",
        (Option("name", "Style", choices=tuple(Choice(f"s{n}", f"Style {n}") for n in range(30))),),
        private_reply=True,
    ),
)

Answering = Callable[[Incoming], Awaitable[None]]


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate


@dataclass
class PracticeFront:
    """bot.ports.Front. `answer` is run, beside the way in, for each event that was not seen before.
    `strangers` are servers and people the door keeps out, `owners` the only ones it lets in if there are
    any; `read` is how far channels were read. What comes in waits while `gate` is not set."""

    answer: Answering | None = None
    events: list[Incoming] = field(default_factory=list[Incoming])
    redelivered: list[str] = field(default_factory=list[str])
    asked: list[tuple[Incoming, str, str]] = field(default_factory=list[tuple[Incoming, str, str]])
    welcomed: list[tuple[Place, str]] = field(default_factory=list[tuple[Place, str]])
    memberships: list[tuple[Place, bool]] = field(default_factory=list[tuple[Place, bool]])
    deleted: list[tuple[Place, tuple[str, ...]]] = field(default_factory=list[tuple[Place, tuple[str, ...]]])
    known: list[Place] = field(default_factory=list[Place])
    marks: dict[str, str] = field(default_factory=dict[str, str])
    read: dict[str, ReadMark] = field(default_factory=dict[str, ReadMark])
    strangers: set[str] = field(default_factory=set[str])
    owners: set[str] = field(default_factory=set[str])
    gate: asyncio.Event = field(default_factory=_open_gate)
    waiting: int = 0
    kept: int = 0
    handled_count: int = 0
    complete_seconds: float = 0.0
    trouble: Exception | None = None
    commands: Sequence[Command] = COMMANDS
    tasks: set[asyncio.Future[None]] = field(default_factory=set[asyncio.Future[None]])

    async def submit(self, events: Sequence[Incoming]) -> None:
        self.waiting += len(events)
        await self.gate.wait()
        self.waiting -= len(events)
        if self.trouble is not None:
            raise self.trouble
        for event in events:
            if any(known.event_id == event.event_id for known in self.events):
                self.redelivered.append(event.event_id)
                continue
            self.events.append(event)
            if self.answer is not None:
                task = asyncio.ensure_future(self.answer(event))
                self.tasks.add(task)

    async def complete(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]:
        self.asked.append((incoming, option, typed))
        await asyncio.sleep(self.complete_seconds)
        return [Choice(name, name.title()) for name in MODELS if typed in name]

    def off_record(self, incoming: Incoming) -> bool:
        return False

    async def history(self, place: Place, limit: int) -> Sequence[HistoryItem]:
        return []

    async def welcome(self, place: Place, title: str) -> None:
        self.welcomed.append((place, title))

    async def membership(self, place: Place, *, member: bool) -> None:
        self.memberships.append((place, member))

    async def known_servers(self, platform: str) -> Sequence[Place]:
        return self.known

    async def moved(self, platform: str, old_channel: str, new_channel: str) -> None:
        raise AssertionError("Discord moves nothing")

    async def forgotten(self, place: Place, message_ids: Sequence[str]) -> None:
        self.deleted.append((place, tuple(message_ids)))

    def admits(self, incoming: Incoming) -> bool:
        if self.owners:
            return incoming.author.id in self.owners
        return not {incoming.place.space, incoming.author.id} & self.strangers

    async def read_marks(self, platform: str, limit: int) -> Sequence[ReadMark]:
        return sorted(self.read.values(), key=lambda mark: mark.active_at, reverse=True)[:limit]

    async def keep_read(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str]) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.kept += 1
        self.read |= {mark.channel: mark for mark in marks}
        for channel in gone:
            self.read.pop(channel, None)

    async def recall_mark(self, name: str) -> str:
        return self.marks.get(name, "")

    async def set_mark(self, name: str, value: str) -> None:
        self.marks[name] = value

    def handled(self, platform: str) -> None:
        assert platform == "discord"
        self.handled_count += 1

    async def settle(self) -> None:
        """Wait for the answers; what went wrong in one is raised here."""
        while self.tasks:
            await self.tasks.pop()
