"""The life of the Discord door."""

from __future__ import annotations

import re

import aiohttp
import discord
import structlog

from adapters.discord.client import GatewayClient, invite_link
from adapters.discord.connection import Connection
from adapters.discord.endpoints import point_rest
from adapters.discord.outbound import DiscordDoor
from bot.errors import OperatorError
from bot.ports import Front

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CONTENT_MARK = "discord:message_content"
"""What Discord said of the MESSAGE_CONTENT intent when it was last asked: "granted" or "refused"."""

_TOKEN = re.compile(r"[A-Za-z0-9_.=-]+")
_BAD_TOKEN = 4004


class DiscordAdapter:
    """Implements bot.ports.Adapter.

    `base_url` is the REST base of a server (…/api/v10), which also names its gateway; Discord's own without
    one. Making an adapter calls nobody. Raises OperatorError for a token with impossible characters.
    """

    def __init__(self, front: Front, token: str, *, base_url: str = "") -> None:
        if not _TOKEN.fullmatch(token):
            raise OperatorError(
                "DISCORD_TOKEN is not a bot token: copy it anew from Discord's developer portal."
            )
        self._front = front
        self._token = token
        self._connection = Connection(base_url)
        self._door = DiscordDoor(self._connection)
        self._announced = False

    @property
    def door(self) -> DiscordDoor:
        """Usable while `run` runs."""
        return self._door

    async def run(self) -> None:
        """Serve until cancelled. Raises OperatorError when Discord refuses the token, and whatever else
        ended the client, which only a new one mends."""
        try:
            await self._serve(content=True)
        except discord.PrivilegedIntentsRequired:
            log.warning(
                "discord.message_content_refused",
                lost="replies to me and other messages in servers that do not mention me come without text",
                works="mentions, direct messages, slash commands and buttons",
                mend="switch on the Message Content Intent under Bot in Discord's developer portal",
            )
            await self._serve(content=False)

    async def _serve(self, *, content: bool) -> None:
        point_rest(self._connection.base_url)
        try:
            async with self._session() as session, self._client(content) as client:
                await self._served(client, session)
        except discord.LoginFailure:
            raise refused_token() from None
        except discord.ConnectionClosed as error:
            if error.code == _BAD_TOKEN:
                raise refused_token() from None
            raise

    async def _served(self, client: GatewayClient, session: aiohttp.ClientSession) -> None:
        self._connection.open(client, session)
        try:
            await client.serve(self._token)
        finally:
            self._connection.close()

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )

    def _client(self, content: bool) -> GatewayClient:
        return GatewayClient(
            self._front, self._door, self._connection.base_url, content=content, announce=self._announce
        )

    async def _announce(self, client: discord.Client) -> None:
        if self._announced or client.user is None or client.application_id is None:
            return
        self._announced = True
        log.info("discord.ready", bot=client.user.name, invite=invite_link(client.application_id))
        state = "granted" if client.intents.message_content else "refused"
        if await self._front.recall_mark(CONTENT_MARK) != state:
            await self._front.set_mark(CONTENT_MARK, state)


def refused_token() -> OperatorError:
    """Discord does not know the token."""
    return OperatorError(
        "Discord refuses DISCORD_TOKEN: copy the bot's token anew from Discord's developer portal."
    )
