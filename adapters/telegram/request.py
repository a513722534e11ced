"""The wire: how the bot reaches Telegram, and which failures never got there."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import httpx
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.errors import PlatformError, PlatformFailure

CLOUD = "https://api.telegram.org"

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
UPLOAD_SECONDS = 60.0
"""How long a call may take. A call given up too early may still have happened."""

_KEEP_ALIVE = 30.0
_CONNECTIONS = 256

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    RuntimeError,  # the client was closed already
)


def never_sent(error: TelegramError) -> bool:
    """True if the call cannot have reached Telegram."""
    return isinstance(error.__cause__, _NEVER_SENT)


def broke_off(error: TelegramError) -> bool:
    """True if the connection failed in whatever way, as opposed to an answer that says no."""
    return error.__cause__ is not None and not isinstance(error.__cause__, TelegramError)


class _Request(HTTPXRequest):
    """The library's own client, except that it never logs a body it cannot read: it may hold messages."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        try:
            return json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise TelegramError("Invalid server response") from None


class Connection:
    """One bot's connections. Making one calls nobody; `close` it in the end."""

    def __init__(self, token: str, base_url: str = "") -> None:
        root = (base_url or CLOUD).rstrip("/")
        self._trust_env = not _is_loopback(root)
        # Reading the certificates takes longer than all the rest, so the clients share them.
        self._certificates = httpx.create_ssl_context(trust_env=self._trust_env)
        self._files = f"{root}/file/bot{token}/"
        self._polling = self._request(1)
        self.bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._request(_CONNECTIONS),
            get_updates_request=self._polling,
        )
        self._downloads = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            headers={"Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=self._trust_env,
            verify=self._certificates,
        )

    def _request(self, connections: int) -> _Request:
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=_KEEP_ALIVE)
        return _Request(
            read_timeout=ANSWER_SECONDS,
            write_timeout=ANSWER_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            pool_timeout=CONNECT_SECONDS,
            media_write_timeout=UPLOAD_SECONDS,
            httpx_kwargs={
                "limits": limits,
                "trust_env": self._trust_env,
                "verify": self._certificates,
            },
        )

    async def close(self) -> None:
        """Close every connection; later calls fail as never sent."""
        await self.bot.shutdown()
        await self._downloads.aclose()

    async def get_updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[object]:
        """Unconfirmed updates as plain data; waits up to `seconds` for one. Asking from an offset confirms
        everything before it. Raises TelegramError."""
        query: dict[str, str | int] = {"timeout": seconds, "allowed_updates": json.dumps(list(kinds))}
        if offset is not None:
            query["offset"] = offset
        answer = await self._polling.post(
            f"{self.bot.base_url}/getUpdates?{urlencode(query)}", read_timeout=seconds + ANSWER_SECONDS
        )
        return list(answer) if isinstance(answer, list) else []

    async def download(self, address: str, max_bytes: int) -> bytes:
        """A file by the address Telegram gave for it. Raises PlatformError, which never holds the address:
        it contains the token."""
        if not address.startswith(self._files):
            raise PlatformError(PlatformFailure.FORBIDDEN, detail="download: not on the configured server")
        try:
            async with self._downloads.stream("GET", address) as response:
                _check_status(response.status_code)
                return await _limited(response, max_bytes)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformError(
                PlatformFailure.UNAVAILABLE, detail=f"download: {type(error).__name__}"
            ) from None


async def _limited(response: httpx.Response, max_bytes: int) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > max_bytes:
            raise PlatformError(PlatformFailure.TOO_LARGE, detail="download: more bytes than allowed")
    return bytes(data)


def _check_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    gone = status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    failure = PlatformFailure.GONE if gone else PlatformFailure.UNAVAILABLE
    raise PlatformError(failure, detail=f"download: status {status}")


def _is_loopback(root: str) -> bool:
    """A proxy named in the environment must not see traffic that stays on this machine."""
    host = urlsplit(root).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
