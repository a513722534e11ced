"""The demo Venice with a stopwatch: when each question arrived, and when its words left."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.demo.desk import Desk
from bot.demo.state import DemoState

FIRST_CHARS = 24
FIRST_SECONDS = 0.25
"""An answer is worth showing at 24 characters or after 250 ms of tokens, whichever comes first."""

CHAT = "/api/v1/chat/completions"
_NUMBER = re.compile(rb"no\. (\d{4})")
_TOKENS = re.compile(rb'"(prompt_tokens|cached_tokens)":\s*(\d+)')
_CONTENT = re.compile(rb'"content":("(?:[^"\\]|\\.)+")')


@dataclass(slots=True)
class Stream:
    """One answer. Times are monotonic seconds; `called` is when the request's headers had arrived. The token
    counts are those of its bill."""

    called: float
    first: float | None = None
    last: float | None = None
    text: str = ""
    worth_showing: float | None = None
    ended: bool = False
    prompt_tokens: int = 0
    cached_tokens: int = 0

    def wrote(self, body: bytes, now: float) -> None:
        """Note a piece of the stream that was handed to the socket at `now`."""
        for name, tokens in _TOKENS.findall(body):
            setattr(self, name.decode(), int(tokens))
        pieces = _CONTENT.findall(body)
        if not pieces:
            return
        if self.first is None:
            self.first = now
        self.last = now
        self.text += "".join(json.loads(piece) for piece in pieces)
        if self.worth_showing is None and (
            len(self.text) >= FIRST_CHARS or now >= self.first + FIRST_SECONDS
        ):
            self.worth_showing = min(now, self.first + FIRST_SECONDS)


@dataclass(slots=True)
class _Watched:
    """One chat call: finds out which question it is, then times what goes out."""

    streams: dict[int, Stream]
    receive: Receive
    send: Send
    stream: Stream
    body: bytearray = field(default_factory=bytearray)

    async def read(self) -> Message:
        message = await self.receive()
        self.body += message.get("body", b"")
        if not message.get("more_body") and (numbers := _NUMBER.findall(self.body)):
            self.streams[int(numbers[-1])] = self.stream
        return message

    async def write(self, message: Message) -> None:
        await self.send(message)
        if message["type"] == "http.response.body":
            self.stream.wrote(message.get("body", b""), time.monotonic())
            self.stream.ended = not message.get("more_body")


class _Protocol(H11Protocol):
    """The demo asks for the transport of its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class TimedVenice:
    """`async with TimedVenice(...) as venice:` serves at `venice.base_url`.

    `pace` is tokens a second; `thinking` the seconds between a question and its first token, in which the
    calls of all others arrive, so that the demo's own work does not delay the stopwatch.
    `streams` is by the number in the question ("no. 0017").
    """

    def __init__(self, pace: float, thinking: float) -> None:
        self.streams: dict[int, Stream] = {}
        self._thinking = thinking
        self._desk = Desk(DemoState(pace, None))
        self._listener = socket.socket()
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            backlog=4096,
        )
        self._server = uvicorn.Server(config)
        self._serving: asyncio.Task[None] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    async def __aenter__(self) -> TimedVenice:
        self._listener.bind(("127.0.0.1", 0))
        self._serving = asyncio.create_task(self._server.serve([self._listener]))
        while not self._server.started:
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        if self._serving is not None:
            await self._serving

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != CHAT:
            await self._desk(scope, receive, send)
            return
        watched = _Watched(self.streams, receive, send, Stream(time.monotonic()))
        await asyncio.sleep(self._thinking)
        await self._desk(scope, watched.read, watched.write)
