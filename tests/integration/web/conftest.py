"""A running page on a free loopback port, and browsers' manners for httpx."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import httpx
import pytest

from adapters.web.adapter import WebAdapter
from bot.dashboard import Desk
from bot.sealedfiles import FileCipher
from tests.integration.web.front import PracticeFront


class ShownMedia(TypedDict):
    url: str
    kind: str
    mime: str
    name: str
    spoiler: bool


class Shown(TypedDict):
    """A message as the page's script reads it; `typing` has a type only."""

    type: str
    kind: str
    id: str
    mine: bool
    html: str
    text: str
    recalled: bool
    buttons: list[list[dict[str, str]]]
    media: list[ShownMedia]


@dataclass
class Web:
    """A running adapter and its front."""

    adapter: WebAdapter
    front: PracticeFront
    task: asyncio.Task[None]
    readiness: dict[str, bool]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.adapter.port}"


@dataclass
class Tab:
    """One browser: cookies, the page's token, and the headers a browser sends."""

    client: httpx.AsyncClient
    origin: str
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    async def open(self, path: str = "/") -> httpx.Response:
        page = await self.client.get(path)
        found = re.search(r'name="gondola-token" content="(\w+)"', page.text)
        self.token = found[1] if found else ""
        return page

    @property
    def post_headers(self) -> dict[str, str]:
        return {"origin": self.origin, "sec-fetch-site": "same-origin", "x-gondola-token": self.token}

    async def post(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(path, data=fields, headers=self.post_headers)

    async def say(self, text: str, event: str = "") -> httpx.Response:
        files = [("text", (None, text)), ("id", (None, event))]
        return await self.client.post("/messages", files=files, headers=self.post_headers)

    async def attach(self, text: str, *files: tuple[str, bytes, str]) -> httpx.Response:
        parts = [("file", one) for one in files]
        return await self.client.post(
            "/messages", data={"text": text}, files=parts, headers=self.post_headers
        )

    async def items(self) -> list[Shown]:
        """What the page shows when it is loaded now."""
        page = await self.client.get("/")
        found = re.search(r'id="state">(.*?)</script>', page.text)
        assert found is not None
        return json.loads(found[1])["items"]


@dataclass(frozen=True)
class Event:
    """One Server-Sent Event."""

    id: str
    data: Shown


async def read_events(response: httpx.Response, opened: asyncio.Event | None) -> AsyncIterator[Event]:
    """Events as they come; `opened` is set once the server follows the conversation."""
    event_id, data = "", ""
    async for line in response.aiter_lines():
        if opened is not None:
            opened.set()
        if line.startswith("id: "):
            event_id = line[4:]
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and data:
            yield Event(event_id, json.loads(data))
            event_id, data = "", ""


async def collect(
    tab: Tab, until: Callable[[Event], bool], last: str = "", opened: asyncio.Event | None = None
) -> list[Event]:
    """Events of a new stream until one fits."""
    seen: list[Event] = []
    headers = {"last-event-id": last} if last else {}
    async with asyncio.timeout(10), tab.client.stream("GET", "/events", headers=headers) as response:
        assert response.status_code == 200
        async for event in read_events(response, opened):
            seen.append(event)
            if until(event):
                break
    return seen


Starter = Callable[..., AbstractAsyncContextManager[Web]]


@pytest.fixture
def start_web(tmp_path: Path) -> Starter:
    """`async with start_web(host=..., sign_in_code=...) as web:`"""

    @contextlib.asynccontextmanager
    async def start(
        host: str = "127.0.0.1",
        port: int = 0,
        front: PracticeFront | None = None,
        sign_in_code: str = "",
        public_url: str = "",
        demo: bool = False,
        clock: Callable[[], float] = time.time,
        desk: Desk | None = None,
        cipher: FileCipher | None = None,
        trusted_proxies: Sequence[str] = (),
    ) -> AsyncGenerator[Web]:
        front = front or PracticeFront()
        readiness = {"database": True}
        adapter = WebAdapter(
            front,
            host=host,
            port=port,
            data_dir=tmp_path,
            clock=clock,
            demo=demo,
            public_url=public_url,
            sign_in_code=sign_in_code,
            ready=lambda: readiness,
            desk=desk,
            cipher=cipher,
            trusted_proxies=trusted_proxies,
        )
        front.door = adapter.door
        task = asyncio.create_task(adapter.run())
        started = asyncio.create_task(adapter.started.wait())
        await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if task.done():
            await task
        try:
            yield Web(adapter, front, task, readiness)
        finally:
            await front.settle()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return start


@pytest.fixture
async def web(start_web: Starter) -> AsyncIterator[Web]:
    async with start_web() as running:
        yield running


@contextlib.asynccontextmanager
async def browse(web: Web) -> AsyncGenerator[Tab]:
    """A browser of its own, with no cookies yet."""
    async with httpx.AsyncClient(base_url=web.base, timeout=10) as client:
        yield Tab(client, web.base)


@pytest.fixture
async def tab(web: Web) -> AsyncIterator[Tab]:
    """A browser with the page open."""
    async with browse(web) as opened:
        await opened.open()
        yield opened
