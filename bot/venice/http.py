"""The wire to Venice: the only module that knows httpx. Every trouble leaves here as a VeniceError."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from httpx_sse import EventSource

from bot.errors import VeniceError, VeniceFailure
from bot.venice.addresses import is_private
from bot.venice.data import as_object
from bot.venice.errors import failure, response_error, stream_error
from bot.venice.notices import read_notices
from bot.venice.tally import Tally
from bot.venice.types import Notices

MAX_ERROR_BYTES = 64 * 1024
PIECE = 256 * 1024
"""Larger bodies are written piece by piece."""
MAX_BODY_BYTES = 96 * 1024 * 1024
"""Four large pictures in base64 fit; anything beyond is not an answer."""
MAX_MEDIA_BYTES = 256 * 1024 * 1024
"""Half a minute of film at the highest resolution."""

DRAIN_SECONDS = 0.25

Params = Sequence[tuple[str, str]]
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `idle` is the longest silence inside a stream, `quiet` the longest time without a real
    event even when keep-alive comments arrive, `answer` the wait for a whole (non-streamed) answer."""

    connect: float = 8.0
    write: float = 60.0
    answer: float = 300.0
    listing: float = 30.0
    idle: float = 120.0
    quiet: float = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; `mime` is without parameters, lower case. The body may hold a new API key, so
    it is never printed."""

    body: bytes = field(repr=False)
    mime: str
    notices: Notices

    def json(self) -> object:
        """The decoded body. An `error` member under status 200 is raised as VeniceError."""
        try:
            decoded: object = json.loads(self.body)
        except ValueError as broken:
            raise failure(
                VeniceFailure.BAD_ANSWER,
                detail=f"no JSON ({self.mime})",
                request_id=self.notices.request_id,
            ) from broken
        error = as_object(decoded).get("error")
        if error:
            raise stream_error(error, self.notices.request_id)
        return decoded


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """An open answer whose bytes still arrive."""

    mime: str
    notices: Notices
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Upload:
    """The file part of a form."""

    filename: str
    data: bytes
    mime: str


class Wire:
    """One connection pool without a connection limit. Use as an async context manager."""

    def __init__(
        self,
        base_url: str,
        bearer: Callable[[], str],
        timeouts: Timeouts | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`base_url` ends in /api/v1; `bearer` gives the key of each request. `wall_clock` gives Unix
        seconds, for reset headers."""
        self.timeouts = timeouts or Timeouts()
        self._bearer = bearer
        self._wall_clock = wall_clock
        self.tally = Tally()
        # 0 means unlimited to aiohttp; None would silently mean its default of 100.
        limits = httpx.Limits(max_connections=0, keepalive_expiry=30)
        self._origin = str(httpx.URL(base_url).join("/"))
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            transport=AiohttpTransport(limits=limits),
            headers={"User-Agent": "gondola"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def get(self, path: str, params: Params = (), accept: str = "*/*") -> Answer:
        """A listing."""
        request = self._keyed(
            "GET",
            path,
            params=params,
            headers={"Accept": accept},
            timeout=self._timeout(self.timeouts.listing),
        )
        return await self._whole(request)

    async def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Send JSON, wait for the whole answer."""
        return await self._whole(self._json_request(path, body, self.timeouts.answer))

    async def change(
        self, method: Literal["PATCH", "DELETE"], path: str, *, body: Json | None = None, params: Params = ()
    ) -> Answer:
        """Change or delete something of the account."""
        request = self._keyed(
            method,
            path,
            params=params,
            content=None if body is None else encode(body),
            headers={} if body is None else {"Content-Type": "application/json"},
            timeout=self._timeout(self.timeouts.listing),
        )
        return await self._whole(request)

    async def media(self, path: str, body: Json) -> Answer:
        """Ask for the result of a job: a word on its state, or the film or sound itself."""
        request = self._json_request(path, body, self.timeouts.idle)
        return await self._whole(request, MAX_MEDIA_BYTES)

    async def elsewhere(self, method: Literal["GET", "DELETE"], url: str) -> Answer:
        """Fetch or delete a finished film at its own address. The key does not travel along, and only
        Venice itself may be asked without encryption, or on a private address (a stand-in on loopback is). A
        public name that leads to one gets no further than its certificate."""
        if not url.startswith(self._origin) and not _is_public(url):
            raise failure(
                VeniceFailure.BAD_ANSWER,
                detail="address of a private host, or without https",
                retryable=False,
            )
        timeout = self._timeout(self.timeouts.idle).as_dict()
        with _translated():
            # Not made by `_keyed`, whose requests carry the key in a header.
            request = httpx.Request(method, url, extensions={"timeout": timeout})
        return await self._whole(request, MAX_MEDIA_BYTES)

    async def post_form(
        self, path: str, fields: Mapping[str, str], file: Upload, name: str = "file"
    ) -> Answer:
        """Send a form with one file under `name`."""
        request = self._keyed(
            "POST",
            path,
            data=dict(fields),
            files={name: (file.filename, file.data, file.mime)},
            timeout=self._timeout(self.timeouts.answer),
        )
        return await self._whole(request)

    @asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, object]) -> AsyncGenerator[StreamAnswer]:
        """Send JSON and read the answer as it comes; leaving the block hangs up."""
        request = self._json_request(path, body, self.timeouts.idle)
        request.headers["Accept"] = "text/event-stream, application/json"
        # A compressed stream may sit in a proxy's compressor; text this small gains nothing.
        request.headers["Accept-Encoding"] = "identity"
        async with self._send(request) as response:
            chunks = _chunks(response)
            yield StreamAnswer(_mime(response), self._notices(response), chunks)
            await _drain(chunks)

    def _keyed(
        self,
        method: str,
        path: str,
        *,
        timeout: httpx.Timeout,
        headers: Mapping[str, str] | None = None,
        params: Params = (),
        content: bytes | AsyncIterator[bytes] | None = None,
        data: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> httpx.Request:
        return self._client.build_request(
            method,
            path,
            timeout=timeout,
            headers={**(headers or {}), "Authorization": f"Bearer {self._bearer().strip()}"},
            params=tuple(params) or None,
            content=content,
            data=data,
            files=files,
        )

    def _json_request(self, path: str, body: Mapping[str, object], read: float) -> httpx.Request:
        data = encode(body)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        # Written at once, a body with films and files in it would hold up every other turn.
        content = data if len(data) < PIECE else _pieces(data)
        return self._keyed("POST", path, content=content, headers=headers, timeout=self._timeout(read))

    def _timeout(self, read: float) -> httpx.Timeout:
        # The transport counts connecting as part of waiting for the pool.
        connect = self.timeouts.connect
        return httpx.Timeout(connect=connect, read=read, write=self.timeouts.write, pool=connect)

    def _notices(self, response: httpx.Response) -> Notices:
        return read_notices(response.headers, self._wall_clock())

    async def _whole(self, request: httpx.Request, limit: int = MAX_BODY_BYTES) -> Answer:
        async with self._send(request) as response:
            body = await _read(response, limit)
            return Answer(body, _mime(response), self._notices(response))

    @asynccontextmanager
    async def _send(self, request: httpx.Request) -> AsyncGenerator[httpx.Response]:
        response: httpx.Response | None = None
        try:
            with self.tally.counting(request.url.path):
                with _translated():
                    response = await self._client.send(request, stream=True)
                if not response.is_success:
                    body = await _read(response, MAX_ERROR_BYTES, cut=True)
                    raise response_error(response.status_code, body, self._notices(response))
            yield response
        finally:
            if response is not None:
                await _closed(response)


async def _closed(response: httpx.Response) -> None:
    with _translated():
        await response.aclose()


def encode(body: Mapping[str, object]) -> bytes:
    """JSON as UTF-8. Lone surrogates, which chat platforms do deliver, become question marks."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), PIECE):
        yield data[at : at + PIECE]


def event_source(chunks: AsyncIterator[bytes]) -> EventSource:
    """Server-sent events over plain bytes."""
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    return EventSource(httpx.Response(200, headers=headers, content=chunks))


def _mime(response: httpx.Response) -> str:
    declared: str = response.headers.get("content-type", "")
    return declared.partition(";")[0].strip().lower()


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    with _translated():
        async for chunk in response.aiter_bytes():
            yield chunk


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read what is left after the last event, so that the connection can serve the next call."""
    with suppress(VeniceError, TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in chunks:
                pass


async def _read(response: httpx.Response, limit: int, *, cut: bool = False) -> bytes:
    body = bytearray()
    async for chunk in _chunks(response):
        body += chunk
        if len(body) > limit:
            if cut:
                break
            raise failure(
                VeniceFailure.BAD_ANSWER,
                detail="answer too large",
                status=response.status_code,
                retryable=False,
            )
    return bytes(body)


@contextmanager
def _translated() -> Generator[None]:
    """Library errors become VeniceErrors.

    The transport reports a dropped connection as a connect timeout, so the cause decides: CONNECTION means
    that Venice cannot have seen the request, TRUNCATED that it may have.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError) as error:
        raise _translate(error) from error


def _translate(error: Exception) -> VeniceError:
    cause = error.__cause__ or error
    named = type(cause).__name__
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return failure(VeniceFailure.CONNECTION, detail=named)
    if isinstance(cause, aiohttp.SocketTimeoutError):
        return failure(VeniceFailure.TIMEOUT, detail=named)
    if isinstance(error, httpx.DecodingError | httpx.InvalidURL | httpx.UnsupportedProtocol):
        return failure(VeniceFailure.BAD_ANSWER, detail=named)
    return failure(VeniceFailure.TRUNCATED, detail=named)


def _is_public(url: str) -> bool:
    """Whether an address is encrypted and, by its looks, of a public host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme == "https" and parts.username is None and bool(host) and not is_private(host)
