"""The fake Discord under the real discord.py: login, messages, attachments, threads, permissions."""

import asyncio
import io

import discord
import pytest

from tests.fakes.discord import FakeDiscord, pointed_at
from tests.integration.fakes.discord_client import INTENTS, Bot, running


@pytest.fixture
async def dc():
    async with FakeDiscord() as fake:
        yield fake
        assert fake.violations == []


async def test_login_and_guild(dc: FakeDiscord) -> None:
    owner = dc.user("olga")
    guild = dc.guild("Home", owner)
    channel = dc.channel(guild, "talk", nsfw=True)
    async with running(dc) as bot:
        await dc.ready()
        assert bot.user is not None
        assert bot.user.id == dc.bot.id
        place = bot.get_channel(channel.id)
        assert isinstance(place, discord.TextChannel)
        assert place.is_nsfw()
        assert place.permissions_for(place.guild.me).send_messages
        assert place.guild.owner_id == owner.id
    assert len(dc.gateway.identifies) == 1


async def test_send_edit_reply_delete(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann = dc.user("ann")
    dc.member(guild, ann)
    channel = dc.channel(guild, "talk")

    async def answer(message: discord.Message) -> None:
        sent = await message.reply("thinking", mention_author=False)
        await sent.edit(content=f"you said {message.content}")
        extra = await message.channel.send("gone")
        await extra.delete()

    async with running(dc) as bot:
        bot.on_text = answer
        said = dc.say(channel, ann, "hello", mention_bot=True)
        await dc.wait_for(lambda: dc.calls_to("delete_message"))
    (sent,) = dc.answers(channel)
    assert sent.content == f"you said <@{dc.bot.id}> hello"
    assert [edit.content for edit in sent.edits] == [sent.content]
    assert sent.reference is said
    assert sent.pings.replied is None
    assert bot.seen[0].mentions[0].id == dc.bot.id
    assert isinstance(bot.seen[0].author, discord.Member)


async def test_dm_both_ways(dc: FakeDiscord) -> None:
    ann = dc.user("ann")
    async with running(dc) as bot:
        dc.say(dc.dm(ann), ann, "psst")
        await dc.wait_for(lambda: bot.seen)
        assert isinstance(bot.seen[0].channel, discord.DMChannel)
        person = await bot.fetch_user(ann.id)
        await person.send("hello")
    assert dc.transcript(dc.dm(ann)) == "hello"


async def test_attachments_travel_both_ways(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann = dc.user("ann")
    channel = dc.channel(guild, "pictures")
    async with running(dc) as bot:
        dc.say(channel, ann, "look", attachments=[("cat.png", b"\x89PNG cat", "image/png")])
        await dc.wait_for(lambda: bot.seen)
        (attachment,) = bot.seen[0].attachments
        assert attachment.content_type == "image/png"
        assert await attachment.read() == b"\x89PNG cat"
        await bot.seen[0].channel.send("back", file=discord.File(io.BytesIO(b"dog"), "dog.png"))
        dc.expire_attachments()
        with pytest.raises(discord.NotFound):
            await attachment.read()
    (sent,) = dc.answers(channel)
    assert [(item.filename, item.data) for item in sent.attachments] == [("dog.png", b"dog")]
    (call,) = dc.calls_to("create_message")
    assert call.files[0].filename == "dog.png"


async def test_editing_keeps_replaces_and_adds_files(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "pictures")
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        sent = await place.send("one", file=discord.File(io.BytesIO(b"1"), "1.txt"))
        sent = await sent.edit(content="two")
        assert [item.filename for item in sent.attachments] == ["1.txt"]
        sent = await sent.add_files(discord.File(io.BytesIO(b"2"), "2.txt"))
        assert [item.filename for item in sent.attachments] == ["1.txt", "2.txt"]
        await sent.remove_attachments(sent.attachments[0])
    assert [item.filename for item in dc.answers(channel)[0].attachments] == ["2.txt"]


async def test_same_nonce_is_one_message(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        first = await place.send("once", nonce="turn-1")
        again = await place.send("once", nonce="turn-1")
        other = await place.send("once", nonce="turn-2")
    assert first.id == again.id != other.id
    assert len(dc.answers(channel)) == 2
    assert dc.answers(channel)[0].nonce == "turn-1"


async def test_threads_forum_and_history(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann = dc.user("ann")
    channel, forum = dc.channel(guild, "talk"), dc.channel(guild, "posts", kind="forum")
    side = dc.thread(channel, "side", ann)
    async with running(dc) as bot:
        said = dc.say(channel, ann, "start")
        dc.say(side, ann, "in a thread")
        await dc.wait_for(lambda: len(bot.seen) == 2)
        assert isinstance(bot.seen[1].channel, discord.Thread)
        thread = await bot.seen[0].create_thread(name="from message")
        assert thread.id == said.id
        await thread.send("inside")
        assert [message.content async for message in thread.history()] == ["inside"]
        place = bot.get_channel(channel.id)
        assert isinstance(place, discord.TextChannel)
        free = await place.create_thread(name="free", type=discord.ChannelType.public_thread)
        await free.send("alone")
        board = bot.get_channel(forum.id)
        assert isinstance(board, discord.ForumChannel)
        post = await board.create_thread(name="post", content="first")
        assert post.message.content == "first"
        await thread.edit(archived=True)
        await thread.send("awake again")
        with pytest.raises(discord.HTTPException) as refused:
            await bot.seen[0].create_thread(name="twice")
    assert refused.value.code == 160004
    assert dc.transcript(dc.world.channels[said.id]) == "inside\nawake again"


async def test_history_pages(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    channel, ann = dc.channel(guild, "talk"), dc.user("ann")
    said = [dc.say(channel, ann, str(number)) for number in range(7)]
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        newest = [message.content async for message in place.history(limit=3)]
        older = [
            message.content async for message in place.history(limit=2, before=discord.Object(said[3].id))
        ]
        newer = [
            message.content async for message in place.history(limit=2, after=discord.Object(said[3].id))
        ]
    assert (newest, older, newer) == (["6", "5", "4"], ["2", "1"], ["4", "5"])


async def test_reactions(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    ann = dc.user("ann")
    dc.member(guild, ann)
    channel = dc.channel(guild, "talk")
    async with running(dc) as bot:
        message = await bot.get_partial_messageable(channel.id).send("rate me")
        await message.add_reaction("👍")
        (mine,) = dc.answers(channel)
        event = bot.wait_for("raw_reaction_add", check=lambda raw: raw.user_id == ann.id, timeout=3)
        waiting = asyncio.create_task(event)
        await asyncio.sleep(0)
        dc.react(mine, ann, "👎")
        assert (await waiting).emoji.name == "👎"
        await message.remove_reaction("👍", discord.Object(dc.bot.id))
    assert mine.reactions == {"👎": {ann.id}}


async def test_user_edits_and_deletes(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    channel, ann = dc.channel(guild, "talk"), dc.user("ann")
    dc.member(guild, ann)
    async with running(dc) as bot:
        said = dc.say(channel, ann, "frist")
        await dc.wait_for(lambda: bot.seen)
        edited = asyncio.create_task(bot.wait_for("message_edit", timeout=3))
        deleted = asyncio.create_task(bot.wait_for("message_delete", timeout=3))
        await asyncio.sleep(0)
        dc.edit(said, "first")
        before, after = await edited
        dc.delete(said)
        assert (before.content, after.content) == ("frist", "first")
        assert (await deleted).id == said.id
    assert dc.visible(channel) == []


async def test_guild_joined_and_left_at_run_time(dc: FakeDiscord) -> None:
    guild = dc.guild("Later", with_bot=False)
    channel = dc.channel(guild, "talk")
    async with running(dc) as bot:
        assert not list(bot.guilds)
        with pytest.raises(discord.Forbidden):
            await bot.fetch_channel(channel.id)
        dc.add_bot(guild)
        await dc.wait_for(lambda: bot.joined)
        fresh = dc.channel(guild, "fresh")
        await dc.wait_for(lambda: bot.get_channel(fresh.id) is not None)
        await bot.get_partial_messageable(channel.id).send("hi")
        dc.remove_bot(guild)
        await dc.wait_for(lambda: not list(bot.guilds))
        with pytest.raises(discord.Forbidden):
            await bot.get_partial_messageable(channel.id).send("bye")


async def test_webhook_character(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    ann = dc.user("ann")
    async with running(dc) as bot:
        place = bot.get_channel(channel.id)
        assert isinstance(place, discord.TextChannel)
        hook = await place.create_webhook(name="characters")
        sent = await hook.send("I am Nova", username="Nova", wait=True)
        await sent.edit(content="I am Nova.")
        await dc.wait_for(lambda: any(message.webhook_id == hook.id for message in bot.seen))
        assert bot.seen[0].author.bot
        with pytest.raises(discord.HTTPException) as refused:
            await hook.send("x", username="my discord pal")
        assert refused.value.code == 50035
        dc.say(channel, ann, "who?", reply_to=dc.answers(channel)[0])
        await dc.wait_for(lambda: len(bot.seen) == 2)
        reference = bot.seen[1].reference
        assert reference is not None
        assert isinstance(reference.resolved, discord.Message)
        assert reference.resolved.webhook_id == hook.id
        await hook.delete()
        with pytest.raises(discord.NotFound) as gone:
            await hook.send("y", username="Nova")
        assert gone.value.code == 10015
    assert dc.answers(channel)[0].content == "I am Nova."
    assert dc.answers(channel)[0].author.name == "Nova"


async def test_many_channels_are_cheap(dc: FakeDiscord) -> None:
    guild = dc.guild("Big")
    ann = dc.user("ann")
    channels = [dc.channel(guild, f"room-{number}") for number in range(200)]

    async def echo(message: discord.Message) -> None:
        await message.channel.send(message.content)

    async with running(dc) as bot:
        bot.on_text = echo
        for channel in channels:
            dc.say(channel, ann, channel.name)
        await dc.wait_for(lambda: all(dc.answers(channel) for channel in channels), timeout=20)
    assert [dc.transcript(channel) for channel in channels] == [channel.name for channel in channels]


async def test_wrong_token_is_refused_by_rest_and_gateway(dc: FakeDiscord) -> None:
    with pointed_at(dc):
        async with Bot(INTENTS) as bot:
            with pytest.raises(discord.LoginFailure):
                await bot.start("WRONG.TOKEN")
        async with Bot(INTENTS) as bot:
            await bot.login(dc.token)
            bot.http.token = "WRONG.TOKEN"
            with pytest.raises(discord.ConnectionClosed) as closed:
                await bot.connect()
    assert closed.value.code == 4004
