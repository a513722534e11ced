"""The calls that make and change messages, in a channel or as answers to an interaction."""

from __future__ import annotations

from typing import Any, Final

import discord
from discord.http import Route
from discord.webhook.async_ import async_context

from adapters.discord.connection import Connection
from adapters.discord.errors import (
    CALL_SECONDS,
    HANDLE_GONE,
    NO_HISTORY,
    UPLOAD_SECONDS,
    HandleGone,
    refusals,
)
from adapters.discord.handles import Handle
from adapters.discord.payloads import NO_FILES, Body, Files, without_reply
from bot.errors import PlatformError, PlatformFailure

ORIGINAL = "@original"
_DAY: Final = 1440
"""Minutes without a message after which a thread is put away."""
_HAS_THREAD = 160004
_ANSWERS = "/webhooks/{webhook_id}/{webhook_token}"
_ANSWER = _ANSWERS + "/messages/{message_id}"
_WAITING = f"{_ANSWERS}/messages/{ORIGINAL}"
"""A path of its own: as an argument its @ would be written in another way than the library writes it."""


class Calls:
    """Raw calls by id, which need nothing in the library's cache. They raise PlatformError, and HandleGone
    where an interaction can no longer be answered. Each returns the id of the message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, channel: int, body: Body, files: Files = NO_FILES) -> str:
        """A new message in a channel."""
        async with refusals(_seconds(files)):
            try:
                return await self._create(channel, body, files)
            except discord.HTTPException as error:
                if "message_reference" not in body or not _blames_reply(error):
                    raise
                return await self._create(channel, without_reply(body), files)

    async def _create(self, channel: int, body: Body, files: Files) -> str:
        with files.parameters(body) as parameters:
            sent = await self._connection.http.send_message(channel, params=parameters)
        return str(sent["id"])

    async def open_thread(self, channel: int, message: int, name: str) -> str:
        """A thread on a message, also one it has already; its id, which is the message's own."""
        async with refusals():
            try:
                thread = await self._connection.http.start_thread_with_message(
                    channel, message, name=name, auto_archive_duration=_DAY
                )
            except discord.HTTPException as error:
                if error.code == _HAS_THREAD:
                    return str(message)
                raise
        return str(thread["id"])

    async def edit(self, channel: int, message: int, body: Body) -> None:
        async with refusals():
            with NO_FILES.parameters(body) as parameters:
                await self._connection.http.edit_message(channel, message, params=parameters)

    async def typing(self, channel: int) -> None:
        async with refusals():
            await self._connection.http.send_typing(channel)

    async def answer(self, handle: Handle, body: Body, files: Files = NO_FILES) -> str:
        """A further answer to an interaction. Unlike a message to a channel it has no nonce (the API knows
        none for webhooks), so one that may have arrived must not be repeated."""
        try:
            return await self._on_handle("POST", _ANSWERS, handle, body, files)
        except PlatformError as error:
            if error.failure is not PlatformFailure.AMBIGUOUS:
                raise
            raise PlatformError(error.failure, detail=error.detail, unrepeatable=True) from None

    async def edit_answer(self, handle: Handle, message: str, body: Body, files: Files = NO_FILES) -> str:
        """Change an answer; ORIGINAL is the waiting message."""
        path = _WAITING if message == ORIGINAL else _ANSWER
        return await self._on_handle("PATCH", path, handle, body, files, message)

    async def remove_original(self, handle: Handle) -> None:
        """Take the waiting message away."""
        await self._on_handle("DELETE", _WAITING, handle, None, NO_FILES)

    async def _on_handle(
        self, method: str, path: str, handle: Handle, body: Body | None, files: Files, message: str = ""
    ) -> str:
        route = Route(
            method,
            path,
            webhook_id=handle.application,
            webhook_token=handle.token,
            **({"message_id": message} if message else {}),
        )
        async with refusals(_seconds(files)):
            try:
                return await self._request(route, body, files)
            except discord.HTTPException as error:
                if error.code in HANDLE_GONE:
                    raise HandleGone from None
                raise

    async def _request(self, route: Route, body: Body | None, files: Files) -> str:
        # Not through the bot's own REST interface: that counts against its limits, and names the whole
        # address, token included, when it warns of a refusal.
        with files.parameters(body or {}) as parameters:
            sent: Any = await async_context.get().request(
                route,
                self._connection.session,
                payload=parameters.payload if body is not None else None,
                multipart=parameters.multipart,
                files=parameters.files,
            )
        return str(sent["id"]) if sent else ""


def _seconds(files: Files) -> float:
    return CALL_SECONDS if files is NO_FILES else UPLOAD_SECONDS


def _blames_reply(error: discord.HTTPException) -> bool:
    return error.code == NO_HISTORY or "message_reference" in error.text
