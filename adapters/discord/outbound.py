"""The door to Discord: messages, edits, files and the typing sign."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from adapters.discord.backlog import read_back
from adapters.discord.calls import ORIGINAL, Calls
from adapters.discord.capabilities import DISCORD, PLATFORM
from adapters.discord.connection import Connection
from adapters.discord.download import download
from adapters.discord.errors import HandleGone
from adapters.discord.format import compose
from adapters.discord.handles import Handle, Handles, Opening
from adapters.discord.losses import hidden_command
from adapters.discord.payloads import (
    NO_FILES,
    NONCE,
    Body,
    Files,
    for_one,
    message_body,
    no_buttons,
    voice_body,
    with_mention,
    with_nonce,
    with_reply,
)
from bot.backlog import Said
from bot.capabilities import Capabilities
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Attachment,
    ButtonRows,
    Incoming,
    Media,
    MediaKind,
    MessageRef,
    Part,
    Person,
    Place,
    Target,
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FETCH_PAUSES = (0.5, 1.5)
"""Seconds between the tries of a download, which can be repeated without harm."""

VOICE_BUTTONS = "What next?"
"""Carries the buttons of a voice message, which cannot have any."""

_PASSING = (PlatformFailure.UNAVAILABLE, PlatformFailure.AMBIGUOUS)
_MESSAGES = "https://discord.com/channels"
_BELOW = "-b"
_THREAD_NAME = 100


def _nothing_read(numbers: frozenset[str]) -> None:
    """No client runs."""


class DiscordDoor:
    """Implements bot.ports.Door.

    Where a target has a reply handle that still works, messages are answers to the interaction; afterwards
    they go to the channel. What only the asker was to see is never put there: GONE.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls = Calls(connection)
        self.handles = Handles()
        self.unread: Callable[[frozenset[str]], None] = _nothing_read
        """Forgets how far direct chats with people (numbers) were read; the client of this run sets it."""

    async def forget_people(self, speakers: frozenset[str]) -> None:
        """See bot.ports.ForgetsPeople."""
        pairs = [one.partition(":") for one in sorted(speakers)]
        self.unread(frozenset(number for platform, _, number in pairs if platform == PLATFORM))

    def servers(self) -> Sequence[Place]:
        """See bot.ports.NamesPlaces. One that cannot be reached just now counts."""
        if not self._connection.connected:
            return ()
        return [Place(PLATFORM, str(guild.id), "") for guild in self._connection.client.guilds]

    def title(self, place: Place) -> str:
        """See bot.ports.NamesPlaces. What the library knows of servers it is told by Discord."""
        if not self._connection.connected or not place.space.isdecimal():
            return ""
        guild = self._connection.client.get_guild(int(place.space))
        if guild is None or not place.channel:
            return guild.name if guild is not None else ""
        channel = guild.get_channel_or_thread(int(place.channel)) if place.channel.isdecimal() else None
        return channel.name if channel is not None else ""

    def roles(self, place: Place) -> Mapping[str, str]:
        """See bot.ports.NamesPlaces."""
        if not self._connection.connected or not place.space.isdecimal():
            return {}
        guild = self._connection.client.get_guild(int(place.space))
        found = sorted(guild.roles, reverse=True) if guild is not None else []
        return {f"{PLATFORM}:{role.id}": role.name for role in found if not role.is_default()}

    def link(self, place: Place, message_id: str) -> str:
        """See bot.ports.LinksMessages. An interaction is no message."""
        if not message_id.isdecimal():
            return ""
        return f"{_MESSAGES}/{place.space or '@me'}/{place.thread or place.channel}/{message_id}"

    async def read_back(self, place: Place, reader: Person, limit: int) -> Sequence[Said]:
        """See bot.backlog.ReadsBack."""
        return await read_back(self._connection, channel_of(place), reader, limit)

    def has_role(self, place: Place, role: str) -> bool:
        """See bot.ports.KnowsRoles."""
        if not place.space or not role.isdecimal() or not self._connection.is_open:
            return False
        guild = self._connection.client.get_guild(int(place.space))
        return guild is not None and guild.get_role(int(role)) is not None

    @property
    def capabilities(self) -> Capabilities:
        return DISCORD

    def compose(self, markdown: str) -> list[Part]:
        return compose(markdown)

    async def send(self, target: Target, part: Part, *, nonce: str, buttons: ButtonRows = ()) -> MessageRef:
        body = with_mention(message_body(part.text, buttons), target.notify)
        return await self._send(target, body, NO_FILES, nonce)

    async def edit(self, ref: MessageRef, part: Part, *, buttons: ButtonRows = ()) -> None:
        body = message_body(part.text, buttons)
        handle = self.handles.usable(ref.reply_handle)
        if handle is not None:
            try:
                await self._calls.edit_answer(handle, ref.message_id, body)
            except HandleGone:
                self.handles.gone(handle)
            else:
                return
        await self._calls.edit(channel_of(ref.place), int(ref.message_id), body)

    async def clear_buttons(self, ref: MessageRef) -> None:
        await self._calls.edit(channel_of(ref.place), int(ref.message_id), no_buttons())

    async def send_media(
        self,
        target: Target,
        items: Sequence[Media],
        *,
        caption: Part | None,
        nonce: str,
        buttons: ButtonRows = (),
    ) -> MessageRef:
        if len(items) == 1 and is_voice(items[0]):
            ref = await self._send_voice(target, items[0], nonce)
            if ref is not None:
                await self._below_voice(target, caption, nonce, buttons)
                return ref
        body = message_body(caption.text if caption else "", buttons)
        return await self._send(target, body, Files(items), nonce)

    async def open_thread(self, place: Place, message_id: str, name: str) -> Place:
        """See bot.ports.OpensThreads."""
        thread = await self._calls.open_thread(channel_of(place), int(message_id), name[:_THREAD_NAME])
        return replace(place, thread=thread)

    async def typing(self, target: Target) -> None:
        """Nothing to do for an interaction: Discord shows by itself that it waits."""
        if self.handles.usable(target.reply_handle) is None:
            await self._calls.typing(channel_of(target.place))

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        for pause in FETCH_PAUSES:
            try:
                return await self._fetch(attachment, max_bytes)
            except PlatformError as error:
                if error.failure not in _PASSING:
                    raise
            await asyncio.sleep(pause)
        return await self._fetch(attachment, max_bytes)

    async def _fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        connection = self._connection
        return await download(connection.session, attachment.ref, connection.base_url, max_bytes)

    # --- where a message goes ---

    async def _send(self, target: Target, body: Body, files: Files, nonce: str) -> MessageRef:
        handle = self.handles.usable(target.reply_handle)
        if handle is not None:
            try:
                return await self._answer(handle, target, body, files, nonce)
            except HandleGone:
                self.handles.gone(handle)
        self._refuse_to_expose(target)
        return await self._post(target, body, files, nonce)

    async def _answer(
        self, handle: Handle, target: Target, body: Body, files: Files, nonce: str
    ) -> MessageRef:
        if self.handles.fills_waiting(handle, nonce):
            message = await self._calls.edit_answer(handle, ORIGINAL, body, files)
        else:
            private = target.private or handle.opening is Opening.PRIVATE
            message = await self._calls.answer(handle, for_one(body) if private else body, files)
        return MessageRef(target.place, message, target.reply_handle)

    async def _post(self, target: Target, body: Body, files: Files, nonce: str) -> MessageRef:
        channel = channel_of(target.place)
        whole = with_reply(with_nonce(body, nonce), target, channel)
        return MessageRef(target.place, await self._calls.create(channel, whole, files))

    def lost(self, incoming: Incoming) -> str:
        """See bot.missed.NamesLost."""
        target = Target(incoming.place, reply_handle=incoming.reply_handle)
        if incoming.command is None or self.handles.usable(target.reply_handle) is not None:
            return ""
        return hidden_command(incoming.author, incoming.command.name) if _only_for_asker(target) else ""

    def _refuse_to_expose(self, target: Target) -> None:
        if _only_for_asker(target):
            raise PlatformError(PlatformFailure.GONE, detail="discord interaction is over")

    # --- voices ---

    async def _send_voice(self, target: Target, item: Media, nonce: str) -> MessageRef | None:
        """A native voice message, None where it must be sent as a file.

        An interaction cannot be answered with one, so it goes to the channel, and the message that was
        still waiting for the answer is taken away.
        """
        handle = self.handles.usable(target.reply_handle)
        if target.private or (handle is not None and handle.opening is Opening.PRIVATE):
            return None
        try:
            ref = await self._post(target, voice_body(), Files([item], voice=True), nonce)
        except PlatformError as error:
            if error.failure in (*_PASSING, PlatformFailure.RATE_LIMITED, PlatformFailure.TOO_LARGE):
                raise
            log.info("discord.voice_as_file", reason=error.detail)
            return None
        if handle is not None and self.handles.is_waiting(handle):
            await self._remove_waiting(handle)
        return ref

    async def _remove_waiting(self, handle: Handle) -> None:
        try:
            await self._calls.remove_original(handle)
        except HandleGone:
            self.handles.gone(handle)
        except PlatformError as error:
            log.info("discord.waiting_message_left", reason=error.detail)
        self.handles.settled(handle)

    async def _below_voice(
        self, target: Target, caption: Part | None, nonce: str, buttons: ButtonRows
    ) -> None:
        """The voice is out, so whatever happens here must not make anybody send it again."""
        if caption is None and not buttons:
            return
        below = caption or Part(VOICE_BUTTONS)
        try:
            await self.send(
                Target(target.place, reply_handle=target.reply_handle),
                below,
                nonce=nonce[: NONCE - len(_BELOW)] + _BELOW,
                buttons=buttons,
            )
        except PlatformError as error:
            log.warning("discord.caption_lost", reason=error.detail)


def _only_for_asker(target: Target) -> bool:
    if not target.reply_handle or target.place.direct:
        return False
    return target.private or target.reply_handle.startswith(f"{Opening.PRIVATE}.")


def channel_of(place: Place) -> int:
    """The channel to write to: a thread is one."""
    return int(place.thread or place.channel)


def is_voice(item: Media) -> bool:
    """Whether Discord takes it as a voice message."""
    return item.kind is MediaKind.VOICE and item.mime in DISCORD.voice_mimes and bool(item.duration)
