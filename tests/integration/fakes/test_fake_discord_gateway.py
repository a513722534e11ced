"""The fake's gateway: intents, resume, invalid sessions, redelivery, malformed events."""

import asyncio

import discord
import pytest

from tests.fakes.discord import FakeDiscord, pointed_at
from tests.integration.fakes.discord_client import INTENTS, Bot, running

NO_CONTENT = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


@pytest.fixture
async def dc():
    async with FakeDiscord() as fake:
        yield fake
        assert fake.violations == []


async def test_content_needs_the_intent(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    ann = dc.user("ann")
    picture = ("a.png", b"a", "image/png")
    async with running(dc, intents=NO_CONTENT) as bot:
        dc.say(channel, ann, "secret", attachments=[picture])
        dc.say(channel, ann, "for the bot", mention_bot=True, attachments=[picture])
        dc.say(dc.dm(ann), ann, "private")
        mine = await bot.get_partial_messageable(channel.id).send("mine")
        dc.say(channel, ann, "reply", reply_to=dc.answers(channel)[0])
        dc.say(channel, ann, "silent reply", reply_to=dc.answers(channel)[0], ping=False)
        await dc.wait_for(lambda: len(bot.seen) == 6)
    contents = [message.content for message in bot.seen]
    assert contents == ["", f"<@{dc.bot.id}> for the bot", "private", "mine", "reply", ""]
    assert [len(message.attachments) for message in bot.seen[:2]] == [0, 1]
    assert mine.content == "mine"


async def test_missing_intents_deliver_nothing(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    ann = dc.user("ann")
    async with running(dc, intents=discord.Intents(guilds=True, dm_messages=True)) as bot:
        dc.say(channel, ann, "unheard")
        dc.say(dc.dm(ann), ann, "heard")
        await dc.wait_for(lambda: bot.seen)
    assert [message.content for message in bot.seen] == ["heard"]


async def test_refused_content_intent_closes_with_4014(dc: FakeDiscord) -> None:
    dc.allow_message_content = False
    with pointed_at(dc):
        async with Bot(INTENTS) as bot:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await bot.start(dc.token)
        async with running(dc, intents=NO_CONTENT):
            await dc.ready()


async def test_history_hides_content_where_the_portal_does(dc: FakeDiscord) -> None:
    dc.allow_message_content = False
    channel = dc.channel(dc.guild("Home"), "talk")
    dc.say(channel, dc.user("ann"), "secret")
    async with running(dc, intents=NO_CONTENT) as bot:
        found = [message.content async for message in bot.get_partial_messageable(channel.id).history()]
    assert found == [""]


@pytest.mark.parametrize("code", [4000, 1001, None])
async def test_resume_replays_what_was_missed(dc: FakeDiscord, code: int | None) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    ann = dc.user("ann")
    async with running(dc) as bot:
        dc.say(channel, ann, "before")
        await dc.wait_for(lambda: bot.seen)
        dc.drop_gateway(code=code)
        dc.say(channel, ann, "during")
        await dc.wait_for(lambda: len(bot.seen) == 2)
        await dc.wait_for(lambda: bot.resumes == 1)
        dc.say(channel, ann, "after")
        await dc.wait_for(lambda: len(bot.seen) == 3)
    assert [message.content for message in bot.seen] == ["before", "during", "after"]
    assert (len(dc.gateway.identifies), len(dc.gateway.resumes)) == (1, 1)


async def test_reconnect_request(dc: FakeDiscord) -> None:
    async with running(dc) as bot:
        dc.request_reconnect()
        await dc.wait_for(lambda: bot.resumes == 1)
    assert len(dc.gateway.identifies) == 1


async def test_lost_session_means_a_new_identify(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        dc.drop_gateway(resumable=False)
        dc.say(channel, dc.user("ann"), "lost for good")
        # discord.py pauses five seconds before it identifies anew.
        await dc.wait_for(lambda: len(dc.gateway.identifies) == 2, timeout=10)
        dc.say(channel, dc.user("ben"), "heard")
        await dc.wait_for(lambda: bot.seen)
    assert [message.content for message in bot.seen] == ["heard"]
    assert dc.gateway.resumes == []


async def test_resumable_invalid_session(dc: FakeDiscord) -> None:
    async with running(dc) as bot:
        dc.invalidate_session(resumable=True)
        await dc.wait_for(lambda: bot.resumes == 1)
    assert len(dc.gateway.identifies) == 1


async def test_redelivery_repeats_the_same_ids(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        said = dc.say(channel, dc.user("ann"), "twice")
        dc.redeliver(said)
        await dc.wait_for(lambda: len(bot.seen) == 2)
    assert {message.id for message in bot.seen} == {said.id}


async def test_malformed_event_kills_the_stock_client(dc: FakeDiscord) -> None:
    with pointed_at(dc):
        async with Bot(INTENTS) as bot:
            task = asyncio.create_task(bot.start(dc.token))
            await dc.ready()
            dc.malformed_event()
            with pytest.raises(KeyError):
                await task


async def test_raw_dispatch_of_an_unknown_event_is_harmless(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        dc.dispatch("SOMETHING_NEW", {"id": "1"})
        dc.say(channel, dc.user("ann"), "still there?")
        await dc.wait_for(lambda: bot.seen)


async def test_bot_hears_nothing_in_a_channel_it_cannot_see(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    hidden, open_ = dc.channel(guild, "hidden"), dc.channel(guild, "open")
    dc.permissions(hidden, view=False)
    async with running(dc) as bot:
        dc.say(hidden, dc.user("ann"), "unheard")
        dc.say(open_, dc.user("ann"), "heard")
        await dc.wait_for(lambda: bot.seen)
    assert [message.content for message in bot.seen] == ["heard"]


async def test_members_can_be_asked_for(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann = dc.user("ann")
    dc.member(guild, ann, permissions=["manage_guild"])
    async with running(dc) as bot:
        place = bot.get_guild(guild.id)
        assert place is not None
        found = await place.query_members(user_ids=[ann.id])
        fetched = await place.fetch_member(ann.id)
    assert [member.id for member in found] == [ann.id]
    assert fetched.guild_permissions.manage_guild


async def test_waiting_gives_up_and_says_what_was_called(dc: FakeDiscord) -> None:
    async with running(dc):
        with pytest.raises(TimeoutError, match="GET /users/@me 200"):
            await dc.wait_for(lambda: False, timeout=0.05)
