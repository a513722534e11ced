"""The house opens nothing that people name: not through files, not through links, not through answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from adapters.telegram.request import Connection
from bot.errors import PlatformError
from tests.integration.security.conftest import Town


@asynccontextmanager
async def trap() -> AsyncGenerator[tuple[int, list[bytes]]]:
    """A server on this machine that nobody has any business with, and what it was asked."""
    asked: list[bytes] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(2000))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


FILES = (
    "http://127.0.0.2:{port}/x.png",
    "http://localhost:{port}/x.png",
    "http://[::1]:{port}/x.png",
    "https://cdn.discordapp.com@127.0.0.1:{port}/x.png",
    "http://user:word@127.0.0.1:{port}/x.png",
    "https://cdn.discordapp.com.evil.test:{port}/x.png",
    "http://cdn.discordapp.com:{port}/x.png",
    "https://cdn.discordapp.com:{port}/x.png",
    "https://cdn.discordapp.com/x.png HTTP/1.1\r\nHost: 127.0.0.1:{port}",
    "file:///etc/passwd",
    "http://2130706434:{port}/x.png",
)
"""The fake of Discord is at 127.0.0.1, which is therefore as good as Discord's own host here."""

PAGES = (
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://0x7f000001:{port}/",
    "http://2130706433:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://user:word@example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
)


async def test_a_file_on_a_foreign_host_is_not_fetched(town: Town) -> None:
    dc = town.dc
    async with trap() as (port, asked):
        for address in FILES:
            before = len(dc.answers(town.square))
            shown = dc.say(town.square, town.bob, "", attachments=[("x.png", b"\x89PNG", "image/png")])
            shown.attachments[0].url = address.format(port=port)
            dc.say(town.square, town.bob, "What is in this picture?", mention_bot=True, reply_to=shown)
            await town.until(lambda before=before: len(dc.answers(town.square)) > before)
            await town.settled()
            told = dc.answers(town.square)[before].content
            assert "I could not fetch `x.png`" in told, address
        assert asked == []
    assert "root:" not in str([request.json for request in town.venice.requests])


@asynccontextmanager
async def signpost(target: str) -> AsyncGenerator[int]:
    """A server as good as the platform's own that sends everybody to another address."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(2000)
        writer.write(f"HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_nobody_is_sent_on_to_another_address(town: Town) -> None:
    dc = town.dc
    async with trap() as (port, asked), signpost(f"http://127.0.0.2:{port}/x.png") as post:
        shown = dc.say(town.square, town.bob, "", attachments=[("x.png", b"\x89PNG", "image/png")])
        shown.attachments[0].url = f"http://127.0.0.1:{post}/x.png"
        dc.say(town.square, town.bob, "What is in this picture?", mention_bot=True, reply_to=shown)
        await town.until(lambda: "I could not fetch `x.png`" in dc.transcript(town.square))
        connection = Connection("4711:token", f"http://127.0.0.1:{post}")
        try:
            for address in (
                f"http://127.0.0.1:{post}/file/bot4711:token/photo.png",
                f"http://127.0.0.1:{port}/file/bot4711:token/photo.png",
                f"http://127.0.0.1:{post}@127.0.0.1:{port}/file/bot4711:token/photo.png",
            ):
                with pytest.raises(PlatformError) as caught:
                    await connection.download(address, 1000)
                assert "token" not in caught.value.detail
        finally:
            await connection.close()
        assert asked == []


async def test_a_private_page_is_read_by_nobody(town: Town) -> None:
    async with trap() as (port, asked):
        for address in PAGES:
            used = town.dc.slash(town.square, town.bob, "read", {"what": address.format(port=port)})
            await town.until(lambda used=used: bool(used.text))
            await town.settled()
        assert asked == []
    assert [one for one in town.venice.requests if one.path == "/augment/scrape"] == []
