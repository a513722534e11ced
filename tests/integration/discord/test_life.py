"""The adapter's life: start, commands, intents, tokens, and what ends it."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from structlog.testing import capture_logs

from adapters.discord.adapter import CONTENT_MARK, DiscordAdapter
from adapters.discord.client import GatewayClient, invite_link
from adapters.discord.endpoints import GATEWAY, REST, point_rest
from bot.declarations import Command
from bot.errors import OperatorError, PlatformError
from bot.messages import Addressed, Part, Target
from tests.fakes.discord import FakeDiscord
from tests.integration.discord.conftest import House
from tests.integration.discord.front import COMMANDS, PracticeFront


async def test_commands_are_told_only_when_they_changed(house: House) -> None:
    async with house.running():
        pass
    async with house.running():
        await asyncio.sleep(0.1)
    assert len(house.dc.syncs) == 1
    assert set(house.dc.syncs[0].names) == {command.name for command in COMMANDS}
    before = house.front.marks["discord:commands"]
    house.front.commands = [*COMMANDS, Command("extra", "One more")]
    async with house.running():
        await house.dc.wait_for(lambda: house.front.marks["discord:commands"] != before)
    assert len(house.dc.syncs) == 2


async def test_commands_that_could_not_be_told_wait_for_the_next_session(house: House) -> None:
    """The session after an invalid one identifies anew, at the same gateway; nothing else waits."""
    house.dc.faults.next("sync_commands", "403")
    adapter = DiscordAdapter(house.front, house.dc.token, base_url=house.dc.base_url)
    task = asyncio.create_task(adapter.run())
    try:
        await house.dc.ready()
        house.dc.say(house.channel, house.ann, "hello")
        await house.events()
        assert house.front.marks.get("discord:commands") is None
        house.dc.invalidate_session()
        await house.dc.wait_for(lambda: len(house.dc.gateway.identifies) == 2, timeout=15)
        house.dc.say(house.channel, house.ann, "after")
        await house.events(2)
        await house.dc.wait_for(lambda: house.front.marks.get("discord:commands"))
    finally:
        await stop(task)
    assert len(house.dc.syncs) == 1


async def test_the_invite_link_is_logged_once(house: House) -> None:
    with capture_logs() as logs:
        async with house.running():
            pass
    ready = [line for line in logs if line["event"] == "discord.ready"]
    assert len(ready) == 1
    link = str(ready[0]["invite"])
    assert link == invite_link(house.dc.bot.id)
    assert f"client_id={house.dc.bot.id}" in link
    assert "scope=bot+applications.commands" in link
    held = discord.Permissions(int(link.rpartition("permissions=")[2].partition("&")[0]))
    assert [name for name, on in held if on] == [
        "add_reactions",
        "read_messages",
        "send_messages",
        "embed_links",
        "attach_files",
        "read_message_history",
        "send_messages_in_threads",
        "send_voice_messages",
    ]


async def test_without_message_content(house: House) -> None:
    house.dc.allow_message_content = False
    with capture_logs() as logs:
        async with house.running() as door:
            house.dc.say(house.channel, house.ann, "not for you")
            house.dc.say(house.channel, house.ann, "for you", mention_bot=True)
            house.dc.say(house.dc.dm(house.ann), house.ann, "psst")
            await house.events(2)
            house.dc.slash(house.channel, house.ann, "help")
            await house.events(3)
            await door.send(Target(house.place), Part("hi"), nonce="a")
    assert [event.text for event in house.front.events] == ["for you", "psst", ""]
    assert house.front.events[0].addressed is Addressed.MENTION
    assert house.front.marks[CONTENT_MARK] == "refused"
    assert [line["event"] for line in logs].count("discord.message_content_refused") == 1
    assert len(house.dc.gateway.identifies) == 1


async def test_message_content_is_granted(house: House) -> None:
    async with house.running():
        pass
    assert house.front.marks[CONTENT_MARK] == "granted"
    wanted = discord.Intents._from_value(house.dc.gateway.identifies[0].intents)  # pyright: ignore[reportPrivateUsage]
    assert [name for name, on in wanted if on] == [
        "guilds", "guild_messages", "dm_messages", "message_content",
    ]  # fmt: skip


async def test_a_wrong_token(dc: FakeDiscord) -> None:
    with pytest.raises(OperatorError, match="OperatorError") as caught:
        await DiscordAdapter(PracticeFront(), "WRONG.TOKEN", base_url=dc.base_url).run()
    assert "DISCORD_TOKEN" in caught.value.reader_text
    assert "WRONG.TOKEN" not in caught.value.reader_text


async def test_a_token_the_gateway_refuses(house: House) -> None:
    adapter = DiscordAdapter(house.front, house.dc.token, base_url=house.dc.base_url)
    house.dc.gateway.token = "CHANGED.TOKEN"
    with pytest.raises(OperatorError) as caught:
        await adapter.run()
    assert "DISCORD_TOKEN" in caught.value.reader_text


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "tökén", '"a.b.c"'])
def test_an_impossible_token(token: str) -> None:
    with pytest.raises(OperatorError, match="OperatorError"):
        DiscordAdapter(PracticeFront(), token)


async def test_resume_after_a_drop(house: House) -> None:
    async with house.running() as door:
        house.dc.say(house.channel, house.ann, "before")
        await house.events()
        house.dc.drop_gateway()
        house.dc.say(house.channel, house.ann, "meanwhile")
        await house.dc.wait_for(lambda: house.dc.gateway.resumes)
        house.dc.say(house.channel, house.ann, "after")
        await house.events(3)
        await door.send(Target(house.place), Part("still here"), nonce="a")
    assert [event.text for event in house.front.events] == ["before", "meanwhile", "after"]
    assert len(house.dc.gateway.identifies) == 1


async def test_a_malformed_event_ends_the_run(house: House) -> None:
    adapter = DiscordAdapter(house.front, house.dc.token, base_url=house.dc.base_url)
    task = asyncio.create_task(adapter.run())
    await house.dc.ready()
    house.dc.malformed_event()
    with pytest.raises(KeyError):
        await asyncio.wait_for(task, 5)
    with pytest.raises(PlatformError):
        await adapter.door.send(Target(house.place), Part("x"), nonce="a")
    async with house.running():
        house.dc.say(house.channel, house.ann, "rebuilt")
        await house.events()


async def test_a_gateway_that_is_away_at_the_start_ends_the_run(house: House) -> None:
    house.dc.faults.next("gateway", "503", times=3)
    adapter = DiscordAdapter(house.front, house.dc.token, base_url=house.dc.base_url)
    with pytest.raises((AttributeError, OSError, discord.DiscordException)):
        await asyncio.wait_for(adapter.run(), 15)


async def test_an_unreachable_server_ends_the_run() -> None:
    adapter = DiscordAdapter(PracticeFront(), "a.b.c", base_url="http://127.0.0.1:9/api/v10")
    with pytest.raises(OSError, match="Cannot connect"):
        await asyncio.wait_for(adapter.run(), 5)


async def test_a_long_outage_ends_the_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.client.LONGEST_OUTAGE", 0.2)
    adapter = DiscordAdapter(house.front, house.dc.token, base_url=house.dc.base_url)
    task = asyncio.create_task(adapter.run())
    await house.dc.ready()
    house.dc.faults.next("gateway", "503", times=99)
    house.dc.drop_gateway()
    with pytest.raises(PlatformError, match="gateway lost"):
        await asyncio.wait_for(task, 10)


async def test_cancelling_ends_it_cleanly(house: House) -> None:
    adapter = DiscordAdapter(house.front, house.dc.token, base_url=house.dc.base_url)
    task = asyncio.create_task(adapter.run())
    await house.dc.ready()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await house.dc.wait_for(lambda: not house.dc.gateway.connected)


async def test_a_failing_engine_does_not_end_the_run(house: House) -> None:
    with capture_logs() as logs:
        async with house.running():
            house.front.trouble = ValueError("the database is away")
            house.dc.say(house.channel, house.ann, "one")
            await house.dc.wait_for(lambda: any(e["event"] == "discord.handler_failed" for e in logs))
            house.front.trouble = None
            house.dc.say(house.channel, house.ann, "two")
            await house.events()
    assert house.front.events[0].text == "two"
    failed = next(line for line in logs if line["event"] == "discord.handler_failed")
    assert failed["error"] == "ValueError"
    assert "the database is away" not in str(logs)
    assert "one" not in str(failed).split()


def test_making_an_adapter_calls_nobody(dc: FakeDiscord) -> None:
    DiscordAdapter(PracticeFront(), dc.token, base_url=dc.base_url)
    assert dc.calls == []
    assert Route.BASE == REST


# --- the one assignment to the library ---


def test_the_library_has_both_names_and_uses_them() -> None:
    assert REST.startswith("https://discord.com/api/v")
    assert GATEWAY.scheme == "wss"
    assert GATEWAY.host == "gateway.discord.gg"
    point_rest("http://127.0.0.1:1/api/v10/")
    assert Route("GET", "/x").url == "http://127.0.0.1:1/api/v10/x"
    point_rest("")
    assert Route("GET", "/x").url == f"{REST}/x"
    assert "cls.DEFAULT_GATEWAY" in inspect.getsource(DiscordWebSocket.from_client)


async def test_the_gateway_is_asked_for_and_the_defaults_come_back(house: House) -> None:
    async with house.running():
        assert str(DiscordWebSocket.DEFAULT_GATEWAY) == house.dc.gateway.url
        assert house.dc.base_url == Route.BASE
    assert len(house.dc.calls_to("get_bot_gateway")) == 1
    own = DiscordAdapter(house.front, "a.b.c")
    task = asyncio.create_task(own.run())
    await asyncio.sleep(0)
    assert Route.BASE == REST
    await stop(task)


async def test_the_gateway_of_discord_itself_is_restored(house: House) -> None:
    async with house.running():
        pass
    client = GatewayClient(
        house.front, DiscordAdapter(house.front, "a.b.c").door, "", content=True, announce=_nothing
    )
    async with client:
        point_rest(house.dc.base_url)  # for the login only
        await client.login(house.dc.token)
        assert DiscordWebSocket.DEFAULT_GATEWAY == GATEWAY


async def _nothing(_client: discord.Client) -> None:
    """No announcement."""


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, OSError):
        await task
