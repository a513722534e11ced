"""The two bots that are compared, each in a process of its own: Gondola, and a bare loop.

The process says "ready" once it runs, answers each line on its input with the CPU seconds it has used so
far (all threads), and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import httpx
from httpx_aiohttp import AiohttpTransport
from telegram import Bot, Message, ReplyParameters
from telegram.error import RetryAfter
from telegram.request import HTTPXRequest

from adapters.discord.endpoints import point_gateway, point_rest
from bot.app import serving
from bot.logs import configure_logs
from bot.settings import load_configuration

MODEL = "zai-org-glm-4.7-flash"
"""Declared with 500 requests a minute."""

MEMORY = "BENCHMARK_MEMORY"
"""Environment variable: Gondola's `memory` setting."""


async def _obey() -> None:
    """Answer lines with CPU seconds until the input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while await reader.readline():
        print(time.process_time(), flush=True)


async def run_gondola() -> None:
    """Gondola as it is, configured by the environment."""
    configuration = load_configuration()
    configure_logs(configuration.gondola_log_level)
    async with serving(configuration) as house:
        chosen = {"model": MODEL, "memory": os.environ.get(MEMORY, "shared")}
        for name, value in chosen.items():
            await house.parts.settings.put("bot", name, value, by="benchmark", at=time.time())
        await _obey()


# --- the bare loop ---


async def _answer(client: httpx.AsyncClient, question: str) -> str:
    """Venice's whole answer, streamed."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": question}],
        "max_completion_tokens": 2_000,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    pieces: list[str] = []
    async with client.stream("POST", "chat/completions", json=body) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                pieces += [choice["delta"].get("content", "") for choice in json.loads(line[6:])["choices"]]
    return "".join(pieces)


def _venice() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=os.environ["VENICE_BASE_URL"] + "/",
        transport=AiohttpTransport(limits=httpx.Limits(max_connections=0)),
        headers={"Authorization": "Bearer bare"},
        timeout=120.0,
    )


@asynccontextmanager
async def _running(work: asyncio.Task[None]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


class _BareTelegram:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()
        self._bot = Bot(
            os.environ["TELEGRAM_TOKEN"],
            base_url=os.environ["TELEGRAM_BASE_URL"] + "/bot",
            request=_request(256),
            get_updates_request=_request(1),
        )

    async def run(self) -> None:
        offset: int | None = None
        async with self._bot as bot:
            while True:
                for update in await bot.get_updates(offset, timeout=20):
                    offset = update.update_id + 1
                    if update.message is not None and update.message.text is not None:
                        self._spawn(update.message, update.message.text)

    def _spawn(self, message: Message, question: str) -> None:
        task = asyncio.create_task(self._reply(message, question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, message: Message, question: str) -> None:
        text = await _answer(self._client, question)
        to = ReplyParameters(message.message_id)
        while True:
            try:
                await self._bot.send_message(message.chat_id, text, reply_parameters=to)
                return
            except RetryAfter as refused:
                seconds = refused.retry_after
                await asyncio.sleep(seconds if isinstance(seconds, int) else seconds.total_seconds())


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(connections, read_timeout=30.0, pool_timeout=30.0, httpx_kwargs={"trust_env": False})


class _BareDiscord(discord.Client):
    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(intents=discord.Intents(guilds=True, guild_messages=True))
        self._venice = client

    async def run_until_cancelled(self) -> None:
        point_rest(os.environ["DISCORD_BASE_URL"])
        async with self:
            await self.start(os.environ["DISCORD_TOKEN"])

    async def setup_hook(self) -> None:
        await point_gateway(self.http, os.environ["DISCORD_BASE_URL"])

    async def on_message(self, message: discord.Message) -> None:
        if self.user in message.mentions:
            await message.reply(await _answer(self._venice, message.content))


async def run_bare() -> None:
    """The same transport streams from Venice, the platform's library sends once."""
    async with _venice() as client:
        telegram = "TELEGRAM_TOKEN" in os.environ
        bot = _BareTelegram(client).run() if telegram else _BareDiscord(client).run_until_cancelled()
        async with _running(asyncio.create_task(bot)):
            await _obey()


# --- seen from outside ---


class Contestant:
    """A running bot."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def cpu(self) -> float:
        """CPU seconds it has used so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return float(await self.line())

    async def line(self) -> str:
        """What it says next."""
        assert self._process.stdout is not None
        said = await self._process.stdout.readline()
        if not said:
            raise RuntimeError("the bot has ended early")
        return said.decode().strip()


def environment(platform: Mapping[str, str], venice: str) -> dict[str, str]:
    """What points a bot at a platform and at Venice's base URL."""
    return {
        **platform,
        "VENICE_API_KEY": "benchmark",
        "VENICE_BASE_URL": venice,
        "GONDOLA_ACCESS": "open",
        "GONDOLA_HTTP": "127.0.0.1:0",
        "GONDOLA_LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def running(name: str, folder: Path, environment: dict[str, str]) -> AsyncGenerator[Contestant]:
    """Start "gondola" or "bare" with nothing of the caller's configuration."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.stand.contestants",
        name,
        env=clean | {"GONDOLA_DATA_DIR": str(folder), "NO_PROXY": "127.0.0.1"} | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        contestant = Contestant(process)
        if (said := await contestant.line()) != "ready":
            raise RuntimeError(f"{name} says {said!r} instead of being ready")
        yield contestant
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run({"gondola": run_gondola, "bare": run_bare}[sys.argv[1]]())
