"""A room with the whole engine in it: real SQLite, the demo Venice over a socket, and a door in memory."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.assembly import Assembly, assemble
from bot.capabilities import Capabilities, Pacing
from bot.demo import DemoVenice
from bot.engine.doors.hashing import Hasher
from bot.messages import (
    Addressed,
    Attachment,
    ButtonRows,
    CommandUse,
    Incoming,
    Media,
    MessageRef,
    OptionValue,
    Part,
    Person,
    Place,
    Target,
)
from bot.venice import Timeouts, VeniceClient
from storage import SqlStore, open_store
from tests.furnished import furnish

CAPABILITIES = Capabilities(
    platform="test",
    display_name="Testgram",
    text_limit=4000,
    caption_limit=1000,
    upload_limit=10_000_000,
    download_limit=1_000_000,
    media_per_message=10,
    pacing=Pacing(edit_interval=0.02, first_delay=0.02, group_edit_interval=0.02),
)
KEY = b"key"
PLACE = Place("test", "", "c1")
ADA = Person("test", "1", "Ada")


@dataclass(slots=True)
class Message:
    """What stands in the chat."""

    text: str = ""
    media: tuple[Media, ...] = ()
    buttons: ButtonRows = ()
    target: Target = field(default_factory=lambda: Target(PLACE))


class MemoryDoor:
    """Shows everything in memory, without limits."""

    def __init__(self) -> None:
        self.capabilities = CAPABILITIES
        self.messages: dict[str, Message] = {}
        self.files: dict[str, bytes] = {}

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages.values()]

    def compose(self, markdown: str) -> list[Part]:
        text = markdown.strip()
        return [Part(text[i : i + 4000]) for i in range(0, len(text), 4000)]

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        return self._show(Message(part.text, (), buttons, target))

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        message = self.messages[ref.message_id]
        message.text, message.buttons = part.text, buttons

    async def clear_buttons(self, ref: MessageRef) -> None:
        self.messages[ref.message_id].buttons = ()

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        return self._show(Message(caption.text if caption else "", tuple(items), buttons, target))

    async def typing(self, target: Target) -> None:
        await asyncio.sleep(0)

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        return self.files[attachment.ref]

    def _show(self, message: Message) -> MessageRef:
        key = str(len(self.messages) + 1)
        self.messages[key] = message
        return MessageRef(message.target.place, key)


class Room:
    """Says things and waits for the answers."""

    def __init__(
        self, parts: Assembly, demo: DemoVenice, door: MemoryDoor, store: SqlStore, client: VeniceClient
    ) -> None:
        self.parts = parts
        self.demo = demo
        self.door = door
        self.store = store
        self.client = client
        self._events = 1000 * len(door.messages)  # another life of a room has other events
        self.hasher = Hasher(KEY)
        self.ahead = 0.0
        """Seconds that the room's clock is ahead of the real one."""

    def event(self, text: str = "", *, author: Person = ADA, place: Place = PLACE, **fields: Any) -> Incoming:
        self._events += 1
        incoming = Incoming(
            f"e{self._events}", place, author, Addressed.DIRECT, text=text, message_id=f"m{self._events}"
        )
        return replace(incoming, **fields)

    async def say(self, text: str, **fields: Any) -> list[Message]:
        """Say something; returns the messages that came of it."""
        return await self.send(self.event(text, **fields))

    async def command(self, name: str, /, **options: OptionValue) -> list[Message]:
        """Use a command; returns the messages that came of it."""
        return await self.send(self.event(addressed=Addressed.COMMAND, command=CommandUse(name, options)))

    async def send(self, *events: Incoming) -> list[Message]:
        before = len(self.door.messages)
        await self.parts.engine.submit(events)
        await self.parts.engine.idle()
        return list(self.door.messages.values())[before:]

    async def spent(self) -> int:
        """Micro-USD in the ledger."""
        return sum(row.cost for row in await self.store.money.usage(since=0))


@asynccontextmanager
async def open_room(
    folder: Path,
    *,
    is_open: bool = True,
    owner: bool = True,
    long_memory: bool = False,
    owner_free: bool = False,
    door: MemoryDoor | None = None,
    admin_key: str = "",
    keys: frozenset[str] | None = None,
) -> AsyncGenerator[Room]:
    """A room where everybody may come in and Ada is the owner. Only with `long_memory` are facts kept, which
    takes calls of its own; only with `owner_free` is Ada's use free of all caps but the bot's. With `keys`
    Venice knows no others besides "demo", which answers, and those made there."""
    door = door or MemoryDoor()
    known = None if keys is None else keys | {"demo"}
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(DemoVenice(pace=math.inf, keys=known))
        await furnish(folder)
        store = await open_store("", folder, instance="room", clock=time.time)
        timeouts = Timeouts(connect=1.0, answer=4.0, idle=0.5, quiet=1.0)
        admin = VeniceClient(admin_key, demo.base_url, timeouts=timeouts) if admin_key else None
        if admin is not None:
            stack.push_async_callback(admin.aclose)
        async with store, VeniceClient("demo", demo.base_url, timeouts=timeouts) as client:
            owners = frozenset({ADA.key}) if owner else frozenset[str]()

            def clock() -> float:
                return time.time() + room.ahead

            parts = assemble(
                store,
                client,
                {"test": door},
                key=KEY,
                is_open=is_open,
                owners=owners,
                admin=admin,
                clock=clock,
                patience=0.05,
                poll=0.05,
                local_url=lambda: "http://127.0.0.1:8080",
            )
            room = Room(parts, demo, door, store, client)
            await parts.load()
            if not long_memory:
                await parts.settings.put("bot", "long_memory", "off", by="test", at=clock())
            if not owner_free:
                await parts.settings.put("bot", "owner_free", "off", by="test", at=clock())
            yield room
            await parts.engine.drain(2)
            await parts.workshop.close(0)
            await parts.delivery.close()
