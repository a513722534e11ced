"""The seams: what the engine asks of adapters and storage, and what adapters ask of the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Protocol, runtime_checkable

from bot.capabilities import Capabilities
from bot.declarations import Choice, Command
from bot.messages import Attachment, ButtonRows, Incoming, Media, MessageRef, Part, Place, Target
from bot.missed import FollowsReading
from bot.records import (
    HistoryItem,
)

# --- what the engine and delivery ask of an adapter ---------------------------------------------------


class Door(Protocol):
    """One chat platform, outgoing. Every call raises bot.errors.PlatformError and nothing else on
    trouble; calls may run at the same time, delivery orders those of one answer."""

    @property
    def capabilities(self) -> Capabilities: ...

    def compose(self, markdown: str) -> list[Part]:
        """CommonMark as messages within the platform's limits. Pure and total: any text, any prefix of
        a text. Joined, the parts carry the whole text. Empty for text without anything visible."""
        ...

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        """Send one message. `nonce` (at most 25 characters) is the same when the same send is repeated."""
        ...

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        """Make an own message look like this."""
        ...

    async def clear_buttons(self, ref: MessageRef) -> None:
        """Take the buttons away from an own message and leave it as it is otherwise."""
        ...

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        """Send files, together where the platform can; a voice as a native voice bubble."""
        ...

    async def typing(self, target: Target) -> None:
        """Show for a while that an answer is being written."""
        ...

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """The bytes of a file somebody sent, only from the platform's own hosts; TOO_LARGE above
        `max_bytes`."""
        ...


@runtime_checkable
class OpensThreads(Protocol):
    """A door that can open a thread from a message; `Capabilities.threads` says that it does."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def open_thread(self, place: Place, message_id: str, name: str) -> Place:
        """Open a thread on a message, or find the one it has; returns its place. Raises PlatformError."""
        ...


@runtime_checkable
class ShowsDrafts(Protocol):
    """A door that can show an answer as it is written, in direct chats; `Pacing.draft_lasts` says for how
    long a frame stays."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def draft(self, target: Target, part: Part, *, number: int) -> None:
        """Show this instead of the last frame of the same number (positive). Without text it says that
        something is being thought about. A message sent there takes its place. Raises PlatformError."""
        ...


@runtime_checkable
class WritesRich(Protocol):
    """A door with a rich form of messages; `Capabilities.rich_messages` says what it takes."""

    @property
    def capabilities(self) -> Capabilities: ...

    def rich(self, markdown: str) -> Part | None:
        """CommonMark as one part in the rich form (`Part.rich`), which `send` and `edit` take like any
        other and refuse as BAD_FORMAT. None for a text that gains nothing by it or is beyond the limits.
        Pure and total, like `compose`."""
        ...


@runtime_checkable
class LinksMessages(Protocol):
    """A door whose messages have addresses."""

    def link(self, place: Place, message_id: str) -> str:
        """The address of a message for those who may read it there, "" where it has none."""
        ...


@runtime_checkable
class ForgetsPeople(Protocol):
    """A door that keeps something of people by itself."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def forget_people(self, speakers: frozenset[str]) -> None:
        """Delete what it keeps of these people (keys, of any platform). Raises PlatformError."""
        ...


@runtime_checkable
class KnowsRoles(Protocol):
    """A door whose servers have roles."""

    def has_role(self, place: Place, role: str) -> bool:
        """Whether the server of a place has a role of that id, as far as is known now."""
        ...


@runtime_checkable
class NamesPlaces(Protocol):
    """A door that knows from memory where the bot is, and what places are called."""

    def servers(self) -> Sequence[Place]:
        """Every server the bot is in, as far as is known now, each as a place without a channel."""
        ...

    def title(self, place: Place) -> str:
        """What the channel is called, or with `channel` "" the server; "" where it does not know."""
        ...

    def roles(self, place: Place) -> Mapping[str, str]:
        """Names of a server's roles by key (`platform:id`), the highest first; the one of everybody is
        none."""
        ...


class Adapter(Protocol):
    """One platform's life. `run` serves until cancelled or until a failure that only a rebuild mends."""

    @property
    def door(self) -> Door: ...

    async def run(self) -> None: ...


Hook = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Takes what a platform posts to us: headers by lower-case name and the body, to an HTTP status."""

Hooks = MutableMapping[str, Hook]
"""Who takes the posts to /hooks/NAME, by name; the web door asks it, platforms enter themselves."""


# --- what adapters ask of the engine ------------------------------------------------------------------


class Front(FollowsReading, Protocol):
    """The engine as adapters see it."""

    @property
    def commands(self) -> Sequence[Command]:
        """Every command, in menu order."""
        ...

    async def submit(self, events: Sequence[Incoming]) -> None:
        """Take events in. Returns once all of them are journalled (or were ignored); the answers come
        later through the Door."""
        ...

    async def complete(self, incoming: Incoming, option: str, typed: str) -> Sequence[Choice]:
        """Suggestions (at most 25) for an option of `incoming.command` being typed."""
        ...

    async def history(self, place: Place, limit: int) -> Sequence[HistoryItem]:
        """The last remembered messages of a conversation, oldest first."""
        ...

    def off_record(self, incoming: Incoming) -> bool:
        """Whether nothing of an event that may come in now would be kept."""
        ...

    async def welcome(self, place: Place, title: str) -> None:
        """The bot was added somewhere: greet once with first steps."""
        ...

    async def membership(self, place: Place, *, member: bool) -> None:
        """The bot was removed from a server or group, or is in it (again). A server that cannot be reached is
        no removal."""
        ...

    async def known_servers(self, platform: str) -> Sequence[Place]:
        """The servers and groups of which anything is kept, as places without a channel. An adapter that can
        tell which of them the bot is in says so by `membership`: it may have been removed while it was
        stopped."""
        ...

    async def moved(self, platform: str, old_channel: str, new_channel: str) -> None:
        """A chat has a new id: settings, caps, access and memory go with it."""
        ...

    async def forgotten(self, place: Place, message_ids: Sequence[str]) -> None:
        """Messages were deleted: they leave memory, questions among them with their answers, and what is
        being answered of them stops."""
        ...

    async def recall_mark(self, name: str) -> str:
        """A small remembered value of an adapter, "" when never set."""
        ...

    async def set_mark(self, name: str, value: str) -> None:
        """Remember a small value (poll offset, hash of the synced commands)."""
        ...

    def handled(self, platform: str) -> None:
        """An event of the platform was handled just now; health is measured by this."""
        ...


Clock = Callable[[], float]
"""Unix time in seconds."""

Sleeper = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""
