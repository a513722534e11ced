"""The demo Venice: a server on 127.0.0.1 that answers as api.venice.ai does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator
from types import TracebackType
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.demo.churn import Churn
from bot.demo.desk import Desk
from bot.demo.faults import FaultScript
from bot.demo.state import FASTEST_PACE, DemoState, RecordedRequest

HOST = "127.0.0.1"
NATURAL_PACE = 60.0
"""Tokens a second: about as fast as a person sees good models write."""
STOP_SECONDS = 2.0


class _Protocol(H11Protocol):
    """Hands the connection to the application, so that scripted faults can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Uvicorn inside the program's own loop: no signal handlers, told to start and stop by events."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:  # type: ignore[override]
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends at once: whoever stops the demo no longer wants its answers; uvicorn would wait."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            cast("H11Protocol", connection).transport.abort()
        if self.server_state.tasks:
            _, busy = await asyncio.wait(self.server_state.tasks, timeout=STOP_SECONDS)
            for task in busy:
                task.cancel()


class DemoVenice:
    """`async with DemoVenice() as demo:` serves at `demo.base_url` until the block ends.

    `port` 0 takes a free one; `pace` is tokens a second of streamed replies (math.inf for no wait);
    `keys`, where given, are the only API keys accepted, else every key is.
    Raises OSError when the port is taken.
    """

    def __init__(self, port: int = 0, pace: float = NATURAL_PACE, keys: frozenset[str] | None = None) -> None:
        self._wanted_port = port
        self._state = DemoState(pace, keys)
        self._port = 0
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def base_url(self) -> str:
        """http://127.0.0.1:PORT/api/v1, known once started."""
        return f"http://{HOST}:{self._port}/api/v1"

    @property
    def faults(self) -> FaultScript:
        return self._state.faults

    @property
    def churn(self) -> Churn:
        """What has changed in the catalogue."""
        return self._state.churn

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request so far, oldest first."""
        return self._state.requests

    @property
    def job_seconds(self) -> float:
        """How long films and music take; what is ordered already keeps its time."""
        return self._state.job_seconds

    @job_seconds.setter
    def job_seconds(self, seconds: float) -> None:
        self._state.job_seconds = seconds

    def finish_jobs(self) -> None:
        """Makes every film and piece of music that was ordered ready now."""
        self._state.jobs.finish()

    @property
    def balance_usd(self) -> float:
        """What is left on the demo's account."""
        return self._state.balance_usd

    @property
    def pace(self) -> float:
        return self._state.pace

    @pace.setter
    def pace(self, tokens_per_second: float) -> None:
        self._state.pace = min(tokens_per_second, FASTEST_PACE)

    async def start(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self._wanted_port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        server = _Server(
            uvicorn.Config(
                Desk(self._state),
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=60,
            )
        )
        self._server = server
        self._task = asyncio.create_task(server.serve(sockets=[listener]), name="demo-venice")
        ready = asyncio.create_task(server.ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not server.ready.is_set():
            ready.cancel()
            await self._task

    async def stop(self) -> None:
        """Closes every connection and the port; returns within a few seconds whatever is going on."""
        if self._server is None or self._task is None:
            return
        self._state.stopping.set()
        self._server.stop.set()
        await self._task
        self._server = self._task = None

    async def __aenter__(self) -> DemoVenice:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
