"""The web page's life: bind, serve inside the program's loop, stop at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import structlog

from adapters.web.dashboard.routes import Dashboard
from adapters.web.gate import Gate, is_loopback
from adapters.web.media import MediaStore
from adapters.web.outbound import WebDoor
from adapters.web.pages import Pages
from adapters.web.peers import Peers
from adapters.web.routes import House, Linked, build_app
from adapters.web.server import STOP_SECONDS, WebServer, listen
from adapters.web.sessions import Sessions
from adapters.web.stream import Feed
from adapters.web.transcript import Transcripts
from bot.dashboard import Desk
from bot.errors import PlatformError
from bot.keeping import KeptFile
from bot.ports import Clock, Front, Hooks
from bot.sealedfiles import FileCipher

log: structlog.stdlib.BoundLogger = structlog.get_logger()

TIDY_SECONDS = 60.0
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - recognised, not bound


def _always_ready() -> dict[str, bool]:
    return {"web": True}


async def _nothing_linked(secret: str) -> KeptFile | None:
    return None


class WebAdapter:
    """bot.ports.Adapter for the page.

    `port` 0 takes a free one. `sign_in_code` "" makes one. `public_url` is where people reach the page
    through the operator's proxy, "" for none. `ready` says which parts of the program work, for /readyz;
    `metrics` makes the text of /metrics, which elsewhere than on this machine wants `metrics_token`; `hooks`
    are who takes what platforms post, `linked` finds the file behind the secret part of a link. `desk`
    answers the dashboard; without one there is none. `cipher` seals files; without one they lie as they are.
    Of `trusted_proxies` (addresses and networks) it is believed whom they heard from.
    """

    def __init__(
        self,
        front: Front,
        *,
        host: str,
        port: int,
        data_dir: Path,
        clock: Clock,
        demo: bool = False,
        public_url: str = "",
        sign_in_code: str = "",
        ready: Callable[[], dict[str, bool]] = _always_ready,
        metrics: Callable[[], Awaitable[str]] | None = None,
        metrics_token: str = "",
        hooks: Hooks | None = None,
        linked: Linked = _nothing_linked,
        desk: Desk | None = None,
        cipher: FileCipher | None = None,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        self.started = asyncio.Event()
        self.port = port
        self._host = host
        self._wanted_port = port
        self._public_url = public_url.rstrip("/")
        self._sessions = Sessions(data_dir / "web-sessions.json", clock, sign_in_code)
        self._gate = Gate(self._sessions, self._public_url, Peers(trusted_proxies))
        self._feed = Feed()
        self._media = media = MediaStore(data_dir, clock, cipher or FileCipher())
        self._door = WebDoor(front, Transcripts(), media, clock)
        self._dashboard: Dashboard | None = None
        if desk is not None:
            self._dashboard = Dashboard(
                desk, self._gate, self._sessions, data_dir=data_dir, clock=clock, demo=demo
            )
        house = House(
            front,
            self._door,
            self._gate,
            self._sessions,
            self._feed,
            media,
            Pages(demo),
            clock,
            ready,
            hooks if hooks is not None else {},
            linked,
            metrics,
            metrics_token,
            self._dashboard,
        )
        self._app = build_app(house)

    @property
    def door(self) -> WebDoor:
        return self._door

    @property
    def url(self) -> str:
        """Where to open the page; with the one-time sign-in where the door is not this machine's own.
        Holds a secret then: print it, never log it."""
        if self._public_url or not _local_name(self._host):
            return self.sign_in_url
        return f"{self._base}/"

    @property
    def sign_in_url(self) -> str:
        """The link that signs in once."""
        return f"{self._public_url or self._base}/sign-in?code={quote(self._sessions.code, safe='')}"

    @property
    def _base(self) -> str:
        host = "127.0.0.1" if self._host in _EVERYWHERE else self._host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def run(self) -> None:
        """Serve until cancelled. Raises OperatorError when the address cannot be had."""
        listener = await asyncio.to_thread(listen, self._host, self._wanted_port)
        address, self.port = listener.getsockname()[:2]
        self._gate.bound_to_loopback = is_loopback(address)
        self._feed.reopen()
        if self._dashboard is not None:
            self._dashboard.open()
        # Before anybody is let in: files from before the house had its key of today are sealed with it.
        await self._tidy()
        server = WebServer(self._app)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="web")
        tidying = asyncio.create_task(self._keep_tidy(), name="web files")
        try:
            await self._serve(server, serving)
        finally:
            self.started.clear()
            tidying.cancel()
            await self._stop(server, serving, listener)

    async def _keep_tidy(self) -> None:
        """Delete files whose time is over, until cancelled."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            await self._tidy()

    async def _tidy(self) -> None:
        try:
            await self._media.tidy()
        except PlatformError as error:  # the disk; it is tried again
            log.warning("web.files_untidy", reason=error.detail)

    async def _serve(self, server: WebServer, serving: asyncio.Task[None]) -> None:
        ready = asyncio.create_task(server.ready.wait())
        try:
            await asyncio.wait({ready, serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if server.ready.is_set():
            self.started.set()
        await asyncio.shield(serving)

    async def _stop(self, server: WebServer, serving: asyncio.Task[None], listener: socket.socket) -> None:
        self._feed.close()
        server.stop.set()
        done, _ = await asyncio.wait({serving}, timeout=STOP_SECONDS)
        if not done:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
        listener.close()


def _local_name(host: str) -> bool:
    return host.lower() == "localhost" or is_loopback(host)
