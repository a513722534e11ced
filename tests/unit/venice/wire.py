"""A tiny Venice on loopback for the client's own tests: canned bytes, cut, delayed or dropped at will."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit

REASONS = {200: "OK", 400: "Bad Request", 429: "Too Many Requests", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """The JSON body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. Pieces are sent one by one, `gap` seconds apart.

    `end` is "close" (proper end), "cut" (connection dropped inside the chunked body), "reset" (TCP reset
    before any answer), "hang" (never end) or "deaf" (take the request, never answer).
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: Sequence[bytes] = ()
    gap: float = 0.0
    end: str = "close"


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(
        status, {"Content-Type": "application/json", **(headers or {})}, [json.dumps(value).encode()]
    )


def sse_reply(
    *chunks: object,
    done: bool = True,
    end: str = "close",
    gap: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """A stream of chunks; strings and bytes go out as they are."""
    pieces: list[bytes] = []
    for chunk in chunks:
        if isinstance(chunk, bytes):
            pieces.append(chunk)
        else:
            pieces.append(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    if done:
        pieces.append(b"data: [DONE]\n\n")
    fields = {"Content-Type": "text/event-stream", "CF-RAY": "ray-1", **(headers or {})}
    return Reply(200, fields, pieces, gap, end)


def delta(content: object = None, *, finish: str | None = None, **fields: object) -> dict[str, object]:
    """A chat chunk."""
    body: dict[str, object] = dict(fields) if content is None else {"content": content, **fields}
    return {
        "id": "chatcmpl-1",
        "model": "ran-model",
        "choices": [{"index": 0, "delta": body, "finish_reason": finish}],
    }


class CannedServer:
    """Answers requests in the order of `replies`; the last one repeats. Records what it saw."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.seen: list[Seen] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """The address to give the client."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/api/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while (seen := await _read_request(reader)) is not None:
                self.seen.append(seen)
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                if not await self._answer(reply, reader, writer):
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send the reply; False when the connection is over."""
        if reply.end == "reset":
            writer.transport.abort()
            return False
        if reply.end == "deaf":
            await self._wait_for_hang_up(reader)
            return False
        lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write(("\r\n".join([*lines, "Transfer-Encoding: chunked"]) + "\r\n\r\n").encode())
        for piece in reply.pieces:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            if reply.gap:
                await asyncio.sleep(reply.gap)
        if reply.end == "hang":
            await self._wait_for_hang_up(reader)
        if reply.end != "close":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _wait_for_hang_up(self, reader: asyncio.StreamReader) -> None:
        await reader.read()
        self.hung_up.set()


async def _read_request(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    parts = urlsplit(target)
    body = await _read_body(reader, headers)
    return Seen(method, parts.path, tuple(parse_qsl(parts.query)), headers, body)


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


@asynccontextmanager
async def canned(*replies: Reply) -> AsyncGenerator[CannedServer]:
    """A running server with these answers."""
    async with CannedServer(*replies) as server:
        yield server
