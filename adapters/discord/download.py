"""Files people sent, fetched from Discord's own hosts only."""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp
import yarl

from adapters.discord.errors import refusals
from bot.errors import PlatformError, PlatformFailure

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
SECONDS = 60.0
CHUNK = 64 * 1024

_STATUSES = {404: PlatformFailure.GONE, 410: PlatformFailure.GONE, 403: PlatformFailure.GONE}


async def download(session: aiohttp.ClientSession, url: str, base_url: str, max_bytes: int) -> bytes:
    """The bytes behind an address of Discord or of the server at `base_url`. Raises PlatformError:
    FORBIDDEN for any other address, TOO_LARGE, GONE once the address has lapsed."""
    if not is_allowed(url, base_url):
        raise PlatformError(PlatformFailure.FORBIDDEN, detail="file on a foreign host")
    async with refusals(SECONDS), session.get(yarl.URL(url, encoded=True), allow_redirects=False) as response:
        if response.status != 200:
            raise _unanswered(response.status)
        return await _read(response, max_bytes)


def is_allowed(url: str, base_url: str) -> bool:
    """Whether a file may be fetched from there."""
    try:
        parts, base = urlsplit(url), urlsplit(base_url)
        port = parts.port
    except ValueError:
        return False
    if any(char <= " " or char == "\x7f" for char in url):
        return False
    if parts.username or parts.password or not parts.hostname:
        return False
    if base.hostname and parts.hostname == base.hostname:
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and parts.hostname in HOSTS and port in (None, 443)


def _unanswered(status: int) -> PlatformError:
    failure = PlatformFailure.UNAVAILABLE if status >= 500 or status == 429 else PlatformFailure.FORBIDDEN
    return PlatformError(_STATUSES.get(status, failure), detail=f"discord file {status}")


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    data = bytearray()
    if (response.content_length or 0) > max_bytes:
        raise PlatformError(PlatformFailure.TOO_LARGE, detail=f"file of {response.content_length} bytes")
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > max_bytes:
            raise PlatformError(PlatformFailure.TOO_LARGE, detail=f"file above {max_bytes} bytes")
    return bytes(data)
