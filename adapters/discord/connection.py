"""The line to Discord while the adapter runs."""

from __future__ import annotations

import aiohttp
import discord
from discord.http import HTTPClient

from bot.errors import PlatformError, PlatformFailure


class Connection:
    """Holds the client of this run. A call without one raises PlatformError UNAVAILABLE."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client: discord.Client | None = None
        self._session: aiohttp.ClientSession | None = None

    def open(self, client: discord.Client, session: aiohttp.ClientSession) -> None:
        self._client, self._session = client, session

    def close(self) -> None:
        self._client = self._session = None

    @property
    def connected(self) -> bool:
        """Whether calls can be made just now."""
        return self._client is not None and self._client.user is not None

    @property
    def is_open(self) -> bool:
        """Whether the library knows who the bot is."""
        return self._client is not None and self._client.user is not None

    @property
    def client(self) -> discord.Client:
        """The library's client, with what it knows of servers."""
        if self._client is None or self._client.user is None:
            raise _closed()
        return self._client

    @property
    def http(self) -> HTTPClient:
        """The library's REST interface, with its rate limits."""
        return self.client.http

    @property
    def session(self) -> aiohttp.ClientSession:
        """For what the bot's own limits do not count: answers to interactions, and downloads."""
        if self._session is None:
            raise _closed()
        return self._session


def _closed() -> PlatformError:
    return PlatformError(PlatformFailure.UNAVAILABLE, detail="discord is not connected")
