"""A small engine for the page's tests: records what comes in and answers through the Door."""

from __future__ import annotations

import asyncio
import io
import math
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from bot.declarations import Choice, Command, Option, OptionKind
from bot.errors import GondolaError
from bot.messages import (
    Button,
    ButtonStyle,
    Incoming,
    Media,
    MediaKind,
    Place,
    Target,
)
from bot.ports import Door
from bot.records import HistoryItem, ReadMark

MODELS = ("llama-large", "llama-small", "qwen-coder", "venice-uncensored")
COMMANDS = (
    Command("help", "Show what I can do", (Option("topic", "A command to explain"),)),
    Command(
        "image",
        "Draw a picture from words",
        (
            Option("prompt", "What to draw", required=True, rest=True),
            Option(
                "size",
                "Shape of the picture",
                choices=(Choice("square", "Square"), Choice("wide", "Wide"), Choice("tall", "Tall")),
            ),
            Option("model", "Image model", completer="models"),
            Option("hide", "Blur it until pressed", OptionKind.BOOLEAN),
        ),
        takes_file=True,
    ),
    Command("voice", "Read a text aloud", (Option("text", "What to say", required=True, rest=True),)),
    Command(
        "search", "Answer with web sources", (Option("question", "What to find", required=True, rest=True),)
    ),
    Command("model", "Choose the model", (Option("name", "Model", required=True, completer="models"),)),
    Command("stop", "Stop the answer being written"),
)
ANSWER = (
    "The tide is the sea **breathing** in and out.\n\n"
    "The Moon pulls at the water, and the water follows. Twice a day it climbs, twice a day it falls:\n\n"
    "- high water when the Moon is overhead,\n- and again when it is on the far side.\n\n"
    "Try it with a bowl: tip it, and watch the rim."
)
SHOWCASE = """## Crossing the lagoon

A gondola is rowed by **one oar** from the *stern*, and it leans to starboard on
purpose.[1](https://example.org/a)[2](https://example.com/b)
See [the guide](https://example.org/guide) or `forcola`.

```python
def stroke(water: float, oar: float) -> float:
    return water * oar  # a long comment that runs on so that the line must scroll in a narrow window
```

| Boat | Length | Rowers |
|:-----|-------:|:------:|
| Gondola | 10.80 m | 1 |
| Sandolo | 7.50 m | 1 or 2 |
| Bragozzo | 14.00 m | 4 |

1. Push away from the quay
2. Find the rhythm
   - breathe
   - lean

> The lagoon forgives everything but haste.

||It sinks in the last chapter.||
"""


def picture(width: int = 768, height: int = 512) -> bytes:
    """A PNG of a sunset over water."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for row in range(height):
        share = row / height
        draw.line(
            (0, row, width, row), fill=(int(250 - 150 * share), int(170 - 60 * share), int(120 + 60 * share))
        )
    draw.ellipse((width // 2 - 60, height // 2 - 90, width // 2 + 60, height // 2 + 30), fill=(255, 230, 170))
    draw.rectangle((0, height * 3 // 5, width, height), fill=(20, 90, 110))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def tone(seconds: float = 1.0) -> bytes:
    """A WAV of one soft note."""
    rate = 8000
    samples = (int(6000 * math.sin(2 * math.pi * 440 * index / rate)) for index in range(int(rate * seconds)))
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return stream.getvalue()


@dataclass
class PracticeFront:
    """bot.ports.Front. Set `door` before anything comes in; `pace` is the wait between edits in seconds."""

    door: Door | None = None
    pace: float = 0.0
    silent: bool = False
    off: bool = False
    trouble: GondolaError | None = None
    events: list[Incoming] = field(default_factory=list[Incoming])
    asked: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    past: list[HistoryItem] = field(default_factory=list[HistoryItem])
    handled_on: list[str] = field(default_factory=list[str])
    marks: dict[str, str] = field(default_factory=dict[str, str])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def commands(self) -> Sequence[Command]:
        return COMMANDS

    async def submit(self, events: Sequence[Incoming]) -> None:
        if self.trouble:
            raise self.trouble
        for event in events:
            if any(known.event_id == event.event_id for known in self.events):
                continue
            self.events.append(event)
            if not self.silent:
                task = asyncio.create_task(self._answer(event, f"n{len(self.events)}"))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    async def complete(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]:
        command = incoming.command.name if incoming.command else ""
        self.asked.append((command, option, typed))
        return [Choice(name, name) for name in MODELS if typed in name]

    def off_record(self, incoming: Incoming) -> bool:
        return self.off or (incoming.command is not None and incoming.command.name == "offrecord")

    async def history(self, place: Place, limit: int) -> Sequence[HistoryItem]:
        return [item for item in self.past if item.conversation == place.conversation][-limit:]

    async def welcome(self, place: Place, title: str) -> None:
        raise AssertionError("a page is nothing one is added to")

    async def membership(self, place: Place, *, member: bool) -> None:
        raise AssertionError("a page is nothing one is in")

    async def known_servers(self, platform: str) -> Sequence[Place]:
        raise AssertionError("a page is in no server")

    async def moved(self, platform: str, old_channel: str, new_channel: str) -> None:
        raise AssertionError("a page does not move")

    async def forgotten(self, place: Place, message_ids: Sequence[str]) -> None:
        raise AssertionError("nothing is deleted on the page")

    def admits(self, incoming: Incoming) -> bool:
        raise AssertionError("nothing is missed on the page")

    async def read_marks(self, platform: str, limit: int) -> Sequence[ReadMark]:
        raise AssertionError("nothing is missed on the page")

    async def keep_read(self, platform: str, marks: Sequence[ReadMark], gone: Sequence[str]) -> None:
        raise AssertionError("nothing is missed on the page")

    async def recall_mark(self, name: str) -> str:
        return self.marks.get(name, "")

    async def set_mark(self, name: str, value: str) -> None:
        self.marks[name] = value

    def handled(self, platform: str) -> None:
        self.handled_on.append(platform)

    async def settle(self) -> None:
        """Wait until every answer is complete."""
        while self.tasks:
            await asyncio.gather(*self.tasks)

    async def _answer(self, event: Incoming, nonce: str) -> None:
        target = Target(event.place, event.message_id)
        name = event.command.name if event.command else ""
        if event.press:
            await self._say(target, f"You pressed `{event.press.button_id}`.", nonce)
        elif name == "image":
            await self._draw(target, event, nonce)
        elif name == "voice":
            sound = Media(MediaKind.VOICE, tone(), "audio/wav", "voice.wav", duration=1.0)
            await self._door.send_media(target, [sound], caption=None, nonce=nonce)
        elif name:
            await self._say(
                target, f"Command `/{name}` with {event.command and event.command.options}.", nonce
            )
        elif event.text == "buttons":
            await self._buttons(target, nonce)
        elif event.text == "showcase":
            await self._say(target, SHOWCASE, nonce)
        else:
            await self._stream(target, nonce)

    @property
    def _door(self) -> Door:
        assert self.door is not None
        return self.door

    async def _say(self, target: Target, text: str, nonce: str) -> None:
        await self._door.send(target, self._door.compose(text)[0], nonce=nonce)

    async def _draw(self, target: Target, event: Incoming, nonce: str) -> None:
        await self._door.typing(target)
        await asyncio.sleep(self.pace * 3)
        options = event.command.options if event.command else {}
        hidden = options.get("hide") is True
        image = Media(
            MediaKind.IMAGE, picture(), "image/png", "gondola.png", spoiler=hidden, fleeting=self.off
        )
        caption = self._door.compose(f"{options.get('prompt', 'A picture')}")[0]
        rows = ((Button("Again", id="again"), Button("Larger", id="larger")),)
        await self._door.send_media(target, [image], caption=caption, nonce=nonce, buttons=rows)

    async def _buttons(self, target: Target, nonce: str) -> None:
        rows = (
            (Button("Yes, go", id="yes", style=ButtonStyle.PRIMARY), Button("No", id="no")),
            (
                Button("Delete", id="delete", style=ButtonStyle.DANGER),
                Button("Read", url="https://example.org"),
            ),
        )
        await self._door.send(target, self._door.compose("Shall I?")[0], nonce=nonce, buttons=rows)

    async def _stream(self, target: Target, nonce: str) -> None:
        await self._door.typing(target)
        words = ANSWER.split(" ")
        ref = await self._door.send(target, self._door.compose(words[0])[0], nonce=nonce)
        for count in range(2, len(words) + 1):
            await asyncio.sleep(self.pace)
            await self._door.edit(ref, self._door.compose(" ".join(words[:count]))[0])
