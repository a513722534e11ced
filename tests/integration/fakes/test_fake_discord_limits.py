"""Rate limits and faults of the fake as the real discord.py meets them."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest

from tests.fakes.discord import DiscordLimits, FakeDiscord, FaultKind, Window
from tests.integration.fakes.discord_client import Bot, running


@pytest.fixture
async def dc() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake
        assert fake.violations == []


async def test_library_waits_before_the_limit(dc: FakeDiscord) -> None:
    dc.set_limits(DiscordLimits(create_message=Window(2, 0.3)))
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        started = time.monotonic()
        for number in range(5):
            await bot.get_partial_messageable(channel.id).send(str(number))
    assert time.monotonic() - started >= 0.5
    assert dc.rate_limited == []
    assert len(dc.answers(channel)) == 5


async def test_edits_share_one_bucket_per_channel(dc: FakeDiscord) -> None:
    dc.set_limits(DiscordLimits(edit_message=Window(3, 0.4)))
    guild = dc.guild("Home")
    one, two = dc.channel(guild, "one"), dc.channel(guild, "two")
    async with running(dc) as bot:
        sent = [await bot.get_partial_messageable(one.id).send(str(number)) for number in range(2)]
        elsewhere = await bot.get_partial_messageable(two.id).send("x")
        started = time.monotonic()
        await asyncio.gather(*(message.edit(content=f"edit {turn}") for turn in range(2) for message in sent))
        assert time.monotonic() - started >= 0.3
        started = time.monotonic()
        await elsewhere.edit(content="free")
        assert time.monotonic() - started < 0.3
    assert len(dc.calls_to("update_message")) >= 5


async def test_a_hit_limit_is_a_429_the_library_survives(dc: FakeDiscord) -> None:
    dc.set_limits(DiscordLimits(create_message=Window(2, 0.4)))
    channel = dc.channel(dc.guild("Home"), "talk")
    headers = {"Authorization": f"Bot {dc.token}"}
    url = f"{dc.base_url}/channels/{channel.id}/messages"
    async with aiohttp.ClientSession(headers=headers) as session:
        for number in range(2):
            async with session.post(url, json={"content": str(number)}) as answer:
                assert answer.headers["X-RateLimit-Remaining"] == str(1 - number)
        async with session.post(url, json={"content": "over"}) as answer:
            body = await answer.json()
            assert answer.status == 429
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["Via"]
            assert answer.headers["X-RateLimit-Scope"] == "user"
            assert answer.headers["X-RateLimit-Bucket"]
            assert 0 < body["retry_after"] <= 0.4
            assert body["global"] is False
    async with running(dc) as bot:
        await bot.get_partial_messageable(channel.id).send("patient")
    assert dc.transcript(channel) == "0\n1\npatient"


async def test_global_limit_spares_interactions(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    ann = dc.user("ann")

    def declare(bot: Bot) -> None:
        @bot.tree.command(name="ping", description="Ping")
        async def ping(interaction: discord.Interaction[Bot]) -> None:
            await interaction.response.send_message("pong")

    async with running(dc, declare) as bot:
        dc.set_limits(DiscordLimits(global_requests=Window(1, 0.3)))
        place = bot.get_partial_messageable(channel.id)
        await place.send("1")
        used = dc.slash(dc.dm(ann), ann, "ping")
        await dc.wait_for(lambda: used.original, timeout=0.25)
        await place.send("2")
    assert [call.operation for call in dc.rate_limited] == ["create_message"]


async def test_real_limits_have_the_documented_figures() -> None:
    limits = DiscordLimits.real()
    assert limits.create_message == limits.edit_message == Window(5, 5.0)
    assert limits.global_requests == Window(50, 1.0)
    async with FakeDiscord(limits=limits) as dc:
        channel = dc.channel(dc.guild("Home"), "talk")
        async with running(dc) as bot:
            for number in range(4):
                await bot.get_partial_messageable(channel.id).send(str(number))
        url = f"{dc.base_url}/channels/{channel.id}/messages"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {dc.token}"}) as session:
            async with session.post(url, json={"content": "fifth"}) as answer:
                assert answer.headers["X-RateLimit-Remaining"] == "0"
                assert float(answer.headers["X-RateLimit-Reset-After"]) > 3
            async with session.post(url, json={"content": "sixth"}) as answer:
                assert answer.status == 429
                assert 2 < (await answer.json())["retry_after"] <= 3
    assert [call.status for call in dc.rate_limited] == [429]


@pytest.mark.parametrize("is_global", [False, True])
async def test_ordered_429_is_waited_out(dc: FakeDiscord, is_global: bool) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.faults.next("create_message", "429", times=2, retry_after=0.05, is_global=is_global)
    async with running(dc) as bot:
        await bot.get_partial_messageable(channel.id).send("in the end")
    assert [call.status for call in dc.calls_to("create_message")] == [429, 429, 200]
    assert dc.faults.pending == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("503", discord.DiscordServerError),
        ("403", discord.Forbidden),
        ("404", discord.NotFound),
        ("reset", aiohttp.ClientOSError),
    ],
)
async def test_faults_without_effect(dc: FakeDiscord, kind: FaultKind, error: type[Exception]) -> None:
    channel, other = (dc.channel(dc.guild("Home"), name) for name in ("talk", "other"))
    dc.faults.next("POST /channels/{id}/messages", kind, channel_id=channel.id)
    async with running(dc) as bot:
        await bot.get_partial_messageable(other.id).send("untouched")
        with pytest.raises(error):
            await bot.get_partial_messageable(channel.id).send("lost")
        await bot.get_partial_messageable(channel.id).send("through")
    assert dc.transcript(channel) == "through"


async def test_fault_with_a_chosen_code(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.faults.next("create_message", "403", code=50007, message="Cannot send messages to this user")
    async with running(dc) as bot:
        with pytest.raises(discord.Forbidden) as refused:
            await bot.get_partial_messageable(channel.id).send("x")
    assert refused.value.code == 50007


async def test_500_is_retried_by_the_library(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.faults.next("create_message", "500")
    async with running(dc) as bot:
        await bot.get_partial_messageable(channel.id).send("second try")
    assert [call.status for call in dc.calls_to("create_message")] == [500, 200]


async def test_lost_answer_and_the_same_nonce(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.faults.next("create_message", "timeout_after_success")
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
            await place.send("once", nonce="n1")
        assert dc.transcript(channel) == "once"
        await place.send("once", nonce="n1")
    assert len(dc.answers(channel)) == 1
    assert [call.status for call in dc.calls_to("create_message")] == [0, 200]


async def test_hanging_request_ends_with_the_fake(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.faults.next("typing", "hang")
    async with running(dc) as bot:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await bot.get_partial_messageable(channel.id).typing()
    assert dc.calls_to("trigger_typing_indicator")[0].status == 0


async def test_cdn_fault(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.faults.next("cdn", "404")
    async with running(dc) as bot:
        dc.say(channel, dc.user("ann"), attachments=[("a.txt", b"a", "text/plain")])
        await dc.wait_for(lambda: bot.seen)
        with pytest.raises(discord.NotFound):
            await bot.seen[0].attachments[0].read()
        assert await bot.seen[0].attachments[0].read() == b"a"


async def test_gateway_can_be_unreachable(dc: FakeDiscord) -> None:
    dc.faults.next("gateway", "503")
    dc.faults.next("gateway", "reset", times=2)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(dc.gateway.url)
        with pytest.raises(aiohttp.ClientOSError):
            await session.ws_connect(dc.gateway.url)
        async with session.ws_connect(dc.gateway.url) as socket:
            assert (await socket.receive_json())["op"] == 10
