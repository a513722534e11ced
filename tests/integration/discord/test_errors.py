"""What becomes of calls that break off."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import pytest

from adapters.discord.errors import platform_error, refusals
from bot.errors import PlatformError, PlatformFailure


async def test_every_call_has_an_end() -> None:
    with pytest.raises(PlatformError) as caught:
        async with refusals(0.01):
            await asyncio.sleep(5)
    assert caught.value.failure is PlatformFailure.AMBIGUOUS


async def test_a_call_on_a_closed_session() -> None:
    session = aiohttp.ClientSession()
    await session.close()
    with pytest.raises(PlatformError) as caught:
        async with refusals():
            await session.get("http://127.0.0.1:9")
    assert caught.value.failure is PlatformFailure.UNAVAILABLE


async def test_other_faults_are_not_taken_for_discords() -> None:
    with pytest.raises(RuntimeError, match="a fault of ours"):
        async with refusals():
            raise RuntimeError("a fault of ours")


async def test_a_call_that_never_got_there() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(PlatformError) as caught:
            async with refusals():
                await session.get("http://127.0.0.1:9")
    assert caught.value.failure is PlatformFailure.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (discord.RateLimited(31.0), PlatformFailure.RATE_LIMITED),
        (aiohttp.ServerDisconnectedError(), PlatformFailure.AMBIGUOUS),
        (ConnectionResetError(104, "reset"), PlatformFailure.AMBIGUOUS),
        (discord.GatewayNotFound(), PlatformFailure.UNAVAILABLE),
    ],
)
def test_broken_calls(error: discord.DiscordException | OSError, failure: PlatformFailure) -> None:
    assert platform_error(error).failure is failure
