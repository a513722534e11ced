"""What the fake refuses, with Discord's codes, and what it says about pings."""

import base64
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord
import pytest
from discord.http import Route, handle_message_parameters

from tests.fakes.discord import Channel, FakeDiscord
from tests.integration.fakes.discord_client import Bot, running
from tests.specs import needs_specs

Send = Callable[[discord.PartialMessageable], Awaitable[object]]


@pytest.fixture
async def dc() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


class VoiceFile(discord.File):
    """A voice recording: discord.py knows neither field."""

    def __init__(self, data: bytes, duration: float, waveform: bytes) -> None:
        super().__init__(io.BytesIO(data), "voice-message.ogg")
        self.duration, self.waveform = duration, waveform

    def to_dict(self, index: int) -> dict[str, Any]:
        waveform = base64.b64encode(self.waveform).decode()
        return {**super().to_dict(index), "duration_secs": self.duration, "waveform": waveform}


async def send_voice(bot: Bot, channel: Channel, file: discord.File, content_type: str) -> None:
    flags = discord.MessageFlags()
    flags.voice = True
    with handle_message_parameters(file=file, flags=flags) as params:
        for part in params.multipart or []:
            if part["name"].startswith("files["):
                part["content_type"] = content_type
        await bot.http.send_message(channel.id, params=params)


def buttons(count: int, *, custom_id: str = "id") -> discord.ui.View:
    view = discord.ui.View()
    for number in range(count):
        view.add_item(discord.ui.Button(label="x", custom_id=f"{custom_id}{number}"))
    return view


def reply_to_nothing() -> discord.MessageReference:
    return discord.MessageReference(message_id=1, channel_id=1)


def big_file() -> discord.File:
    return discord.File(io.BytesIO(bytes(11 << 20)), "f")


def embed(length: int) -> discord.Embed:
    return discord.Embed(description="x" * length)


REFUSALS: dict[str, tuple[Send, int, int]] = {
    "long": (lambda place: place.send("x" * 2001), 400, 50035),
    "long-utf16": (lambda place: place.send("\N{GRINNING FACE}" * 1001), 400, 50035),
    "empty": (lambda place: place.send(""), 400, 50006),
    "blank": (lambda place: place.send("  \n "), 400, 50006),
    "embed": (lambda place: place.send(embed=embed(4097)), 400, 50035),
    "embeds": (lambda place: place.send(embeds=[embed(3100)] * 2), 400, 50035),
    "custom-id": (lambda place: place.send("x", view=buttons(1, custom_id="i" * 100)), 400, 50035),
    "big-file": (lambda place: place.send("x", file=big_file()), 413, 40005),
    "reply": (lambda place: place.send("x", reference=reply_to_nothing()), 400, 50035),
    "unknown": (lambda place: place.fetch_message(1), 404, 10008),
}


@pytest.mark.parametrize(("send", "status", "code"), REFUSALS.values(), ids=REFUSALS)
async def test_refusals(dc: FakeDiscord, send: Send, status: int, code: int) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        with pytest.raises(discord.HTTPException) as refused:
            await send(bot.get_partial_messageable(channel.id))
    assert (refused.value.status, refused.value.code) == (status, code)
    assert dc.visible(channel) == []


async def test_content_error_names_the_field(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        with pytest.raises(discord.HTTPException, match="In content: Must be 2000 or fewer in length"):
            await bot.get_partial_messageable(channel.id).send("x" * 2001)
        await bot.get_partial_messageable(channel.id).send("x" * 2000)
    assert dc.violations == []


async def start_typing(place: discord.PartialMessageable) -> None:
    await place.typing()


DENIED: list[tuple[str, Send, int]] = [
    ("view", lambda place: place.send("x"), 50001),
    ("send", lambda place: place.send("x"), 50013),
    ("send", start_typing, 50013),
    ("attach", lambda place: place.send(file=discord.File(io.BytesIO(b"x"), "f")), 50013),
    ("embed", lambda place: place.send(embed=embed(1)), 50013),
    ("history", lambda place: place.fetch_message(1), 50013),
]


@pytest.mark.parametrize(("denied", "send", "code"), DENIED)
async def test_permissions_of_a_channel(dc: FakeDiscord, denied: str, send: Send, code: int) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    thread = dc.thread(channel, "side")
    dc.permissions(channel, **{denied: False})
    async with running(dc) as bot:
        with pytest.raises(discord.Forbidden) as refused:
            await send(bot.get_partial_messageable(channel.id))
        if denied == "send":
            await bot.get_partial_messageable(thread.id).send("threads have a right of their own")
        dc.permissions(channel, **{denied: True})
        await bot.get_partial_messageable(channel.id).send("x")
    assert refused.value.code == code


async def test_other_peoples_messages_and_closed_doors(dc: FakeDiscord) -> None:
    channel, ann = dc.channel(dc.guild("Home"), "talk"), dc.user("ann")
    said = dc.say(channel, ann, "mine")
    dc.block_dms(ann)
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        with pytest.raises(discord.Forbidden) as edit:
            await place.get_partial_message(said.id).edit(content="yours")
        person = await bot.fetch_user(ann.id)
        with pytest.raises(discord.Forbidden) as blocked:
            await person.send("hi")
        dc.delete_channel(channel)
        with pytest.raises(discord.NotFound) as gone:
            await place.send("anyone?")
    assert [error.value.code for error in (edit, blocked, gone)] == [50005, 50007, 10003]
    assert dc.violations == []


async def test_reply_to_a_deleted_message(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    said = dc.say(channel, dc.user("ann"), "bye")
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        reference = discord.MessageReference(
            message_id=said.id, channel_id=channel.id, fail_if_not_exists=False
        )
        await place.send("there", reference=reference)
        dc.delete(said)
        await place.send("gone", reference=reference)
    assert [message.reference for message in dc.answers(channel)] == [said, None]


async def test_pings_follow_allowed_mentions(dc: FakeDiscord) -> None:
    guild = dc.guild("Home")
    role = dc.role(guild, "staff")
    ann, channel = dc.user("ann"), dc.channel(guild, "talk")
    text = f"@everyone <@&{role.id}> {ann.mention}"
    async with running(dc) as bot:
        place = bot.get_partial_messageable(channel.id)
        await place.send(text)
        await place.send(text, allowed_mentions=discord.AllowedMentions.none())
        await place.send(
            text, allowed_mentions=discord.AllowedMentions(everyone=False, roles=False, users=[ann])
        )
        await place.send(f"`{text}`")
        quiet = await place.send("quiet")
        await quiet.edit(content=text)
        view = discord.ui.LayoutView()
        view.add_item(discord.ui.TextDisplay("@here"))
        await place.send(view=view)
    loud, silent, one, code, edited, display = dc.answers(channel)
    assert loud.pings.everyone
    assert loud.pings.roles == {role.id}
    assert loud.pings.users == {ann.id}
    assert not silent.pings.any
    assert (one.pings.everyone, one.pings.users) == (False, {ann.id})
    assert not code.pings.any
    assert not edited.pings.any
    assert edited.edits[0].pings.everyone
    assert display.pings.everyone
    assert dc.pinging() == [loud, one, edited, display]
    assert dc.violations == []


async def test_reply_ping(dc: FakeDiscord) -> None:
    channel, ann = dc.channel(dc.guild("Home"), "talk"), dc.user("ann")
    async with running(dc) as bot:
        dc.say(channel, ann, "hello")
        await dc.wait_for(lambda: bot.seen)
        await bot.seen[0].reply("loud")
        await bot.seen[0].reply("quiet", mention_author=False)
    assert [message.pings.replied for message in dc.answers(channel)] == [ann.id, None]
    assert dc.pinging() == []


async def test_voice_message_recipe(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        await send_voice(bot, channel, VoiceFile(b"OggS", 2.5, bytes(8)), "audio/ogg")
        await dc.wait_for(lambda: bot.seen)
        (heard,) = bot.seen[0].attachments
        assert heard.is_voice_message()
        assert await heard.read() == b"OggS"
        with pytest.raises(discord.HTTPException) as refused:
            await bot.seen[0].edit(content="words")
    (sent,) = dc.answers(channel)
    assert sent.voice
    assert (sent.attachments[0].duration, sent.attachments[0].content_type) == (2.5, "audio/ogg")
    assert refused.value.code == 50162
    assert dc.violations == []


@pytest.mark.parametrize("trouble", ["content-type", "no-fields", "no-permission"])
async def test_voice_message_refusals(dc: FakeDiscord, trouble: str) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    if trouble == "no-permission":
        dc.permissions(channel, voice=False)
    voice = VoiceFile(b"OggS", 1.0, bytes(8))
    file = discord.File(io.BytesIO(b"OggS"), "v.ogg") if trouble == "no-fields" else voice
    mime = "application/octet-stream" if trouble == "content-type" else "audio/ogg"
    async with running(dc) as bot:
        with pytest.raises(discord.HTTPException) as refused:
            await send_voice(bot, channel, file, mime)
    assert refused.value.code == (50173 if trouble == "no-permission" else 50161)


async def test_voice_message_received(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        dc.say(channel, dc.user("ann"), attachments=[("voice-message.ogg", b"OggS", "audio/ogg")], voice=True)
        await dc.wait_for(lambda: bot.seen)
    assert bot.seen[0].flags.voice
    assert bot.seen[0].attachments[0].duration == 1.0


@pytest.mark.specs
@needs_specs
async def test_a_request_off_the_description_is_recorded(dc: FakeDiscord) -> None:
    channel = dc.channel(dc.guild("Home"), "talk")
    async with running(dc) as bot:
        with pytest.raises(discord.HTTPException) as refused:
            await bot.http.request(
                Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id),
                json={"content": {"not": "text"}},
            )
    assert refused.value.code == 50035
    assert len(dc.violations) == 1
    assert "create_message" not in dc.violations[0]
    assert "body content" in dc.violations[0]


async def test_an_unknown_route_is_recorded(dc: FakeDiscord) -> None:
    async with running(dc) as bot:
        with pytest.raises(discord.NotFound):
            await bot.fetch_sticker(1)
    assert dc.violations == ["GET /stickers/1: the fake has no such route"]
