"""Messages, edits and files as they go out."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.download import is_allowed
from adapters.discord.payloads import components
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Attachment,
    Button,
    ButtonStyle,
    Media,
    MediaKind,
    MessageRef,
    Part,
    Place,
    Target,
)
from tests.fakes.discord import FakeDiscord
from tests.integration.discord.conftest import House
from tests.integration.discord.front import PracticeFront

PNG = Media(MediaKind.IMAGE, b"\x89PNG", "image/png", "cat.png")
VOICE = Media(MediaKind.VOICE, b"OggS" * 9, "audio/ogg", "voice.ogg", duration=1.5, waveform=bytes(range(9)))


async def failure_of(call: Awaitable[object]) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        await call
    return caught.value


async def test_send_replies_and_edit_replaces(house: House) -> None:
    async with house.running() as door:
        said = house.dc.say(house.channel, house.ann, "hello")
        target = Target(house.place, reply_to=str(said.id))
        rows = (
            (Button("Go", id="b1", style=ButtonStyle.PRIMARY), Button("Read", url="https://example.org")),
        )
        ref = await door.send(target, Part("hi **there**"), nonce="n1", buttons=rows)
        (sent,) = house.dc.answers(house.channel)
        assert ref == MessageRef(house.place, str(sent.id))
        assert sent.content == "hi **there**"
        assert sent.reference is said
        assert sent.pings.replied == house.ann.id
        assert house.dc.find_component(sent, "Go")["custom_id"] == "b1"
        await door.edit(ref, Part("bye"))
    assert sent.content == "bye"
    assert sent.components == []


async def test_threads_and_direct_chats(house: House) -> None:
    side = house.dc.thread(house.channel, "side", house.ann)
    dm = house.dc.dm(house.ann)
    async with house.running() as door:
        inside = Place("discord", str(house.guild.id), str(house.channel.id), str(side.id))
        ref = await door.send(Target(inside), Part("in"), nonce="a")
        await door.edit(ref, Part("inside"))
        await door.send(Target(Place("discord", "", str(dm.id))), Part("psst"), nonce="b")
        await door.typing(Target(inside))
    assert house.dc.transcript(side) == "inside"
    assert house.dc.transcript(dm) == "psst"
    (typed,) = house.dc.calls_to("trigger_typing_indicator")
    assert typed.path["channel_id"] == str(side.id)


async def test_reply_to_a_deleted_message_or_without_history(house: House) -> None:
    async with house.running() as door:
        said = house.dc.say(house.channel, house.ann, "hello")
        house.dc.delete(said)
        target = Target(house.place, reply_to=str(said.id))
        await door.send(target, Part("one"), nonce="a")
        house.dc.permissions(house.channel, history=False)
        await door.send(target, Part("two"), nonce="b")
    assert house.dc.transcript(house.channel) == "one\ntwo"


async def test_nothing_pings(house: House) -> None:
    role = house.dc.role(house.guild, "cooks")
    text = f"@everyone @here <@&{role.id}> {house.ann.mention}"
    async with house.running() as door:
        ref = await door.send(Target(house.place), Part(text), nonce="a")
        await door.edit(ref, Part(f"{text} again"))
        await door.send_media(Target(house.place), [PNG], caption=Part(text), nonce="b")
    assert all(not message.pings.any for message in house.dc.answers(house.channel))
    assert house.dc.pinging() == []


async def test_the_same_nonce_is_one_message_also_after_a_reset(house: House) -> None:
    async with house.running() as door:
        house.dc.faults.next("create_message", "timeout_after_success")
        error = await failure_of(door.send(Target(house.place), Part("once"), nonce="turn-1"))
        assert error.failure is PlatformFailure.AMBIGUOUS
        ref = await door.send(Target(house.place), Part("once"), nonce="turn-1")
        other = await door.send(Target(house.place), Part("twice"), nonce="turn-2")
    first, second = house.dc.answers(house.channel)
    assert (ref.message_id, other.message_id) == (str(first.id), str(second.id))
    assert first.nonce == "turn-1"


async def test_album_with_caption_spoiler_and_buttons(house: House) -> None:
    items = [PNG, Media(MediaKind.IMAGE, b"\xff\xd8", "image/jpeg", "dog.jpg", spoiler=True)]
    async with house.running() as door:
        rows = ((Button("Again", id="again"),),)
        ref = await door.send_media(
            Target(house.place), items, caption=Part("two pets"), nonce="a", buttons=rows
        )
    (sent,) = house.dc.answers(house.channel)
    assert str(sent.id) == ref.message_id
    assert sent.content == "two pets"
    assert [(file.filename, file.data) for file in sent.attachments] == [
        ("cat.png", b"\x89PNG"),
        ("SPOILER_dog.jpg", b"\xff\xd8"),
    ]
    assert house.dc.find_component(sent, "again")
    (call,) = house.dc.calls_to("create_message")
    assert [file.content_type for file in call.files] == ["image/png", "image/jpeg"]


async def test_a_big_file(house: House) -> None:
    data = bytes(9 * 1024 * 1024)
    async with house.running() as door:
        item = Media(MediaKind.VIDEO, data, "video/mp4", "film.mp4")
        await door.send_media(Target(house.place), [item], caption=None, nonce="a")
        huge = Media(MediaKind.VIDEO, bytes(11 * 1024 * 1024), "video/mp4", "film.mp4")
        error = await failure_of(door.send_media(Target(house.place), [huge], caption=None, nonce="b"))
    assert error.failure is PlatformFailure.TOO_LARGE
    assert len(house.dc.answers(house.channel)[0].attachments[0].data) == len(data)


async def test_voice_message_with_caption_below(house: House) -> None:
    async with house.running() as door:
        said = house.dc.say(house.channel, house.ann, "read it")
        ref = await door.send_media(
            Target(house.place, reply_to=str(said.id)),
            [VOICE],
            caption=Part("as you wished"),
            nonce="0123456789abcdef0123456789",
            buttons=((Button("Again", id="again"),),),
        )
    voice, below = house.dc.answers(house.channel)
    assert ref.message_id == str(voice.id)
    assert voice.voice
    assert voice.reference is said
    assert (voice.attachments[0].duration, voice.attachments[0].waveform) == (1.5, "AAECAwQFBgcI")
    assert voice.attachments[0].content_type == "audio/ogg"
    assert below.content == "as you wished"
    assert house.dc.find_component(below, "again")


async def test_voice_as_a_file_where_it_is_refused_or_cannot_be_one(house: House) -> None:
    house.dc.permissions(house.channel, voice=False)
    shapeless = Media(MediaKind.VOICE, b"ID3", "audio/mpeg", "voice.mp3", duration=1.0)
    endless = Media(MediaKind.VOICE, b"OggS", "audio/ogg", "voice.ogg")
    async with house.running() as door:
        for number, item in enumerate((VOICE, shapeless, endless)):
            await door.send_media(Target(house.place), [item], caption=Part("x"), nonce=f"n{number}")
    messages = house.dc.answers(house.channel)
    assert [(message.voice, message.content) for message in messages] == [(False, "x")] * 3
    assert [message.attachments[0].data for message in messages] == [VOICE.data, b"ID3", b"OggS"]


async def test_permission_errors(house: House) -> None:
    async with house.running() as door:
        house.dc.permissions(house.channel, send=False)
        target = Target(house.place)
        assert (
            await failure_of(door.send(target, Part("x"), nonce="a"))
        ).failure is PlatformFailure.FORBIDDEN
        assert (await failure_of(door.typing(target))).failure is PlatformFailure.FORBIDDEN
        blocked = house.dc.dm(house.ann)
        house.dc.block_dms(house.ann)
        direct = Target(Place("discord", "", str(blocked.id)))
        assert (
            await failure_of(door.send(direct, Part("x"), nonce="b"))
        ).failure is PlatformFailure.FORBIDDEN


async def test_what_is_gone(house: House) -> None:
    async with house.running() as door:
        ref = await door.send(Target(house.place), Part("x"), nonce="a")
        house.dc.delete(house.dc.answers(house.channel)[0])
        assert (await failure_of(door.edit(ref, Part("y")))).failure is PlatformFailure.GONE
        house.dc.delete_channel(house.channel)
        send = door.send(Target(house.place), Part("x"), nonce="b")
        assert (await failure_of(send)).failure is PlatformFailure.GONE


async def test_bad_bodies_and_trouble_at_discord(house: House) -> None:
    target = Target(house.place)
    async with house.running() as door:
        for text in ("", "x" * 2001):
            error = await failure_of(door.send(target, Part(text), nonce="a"))
            assert error.failure is PlatformFailure.BAD_FORMAT
        house.dc.faults.next("create_message", "503")
        assert (
            await failure_of(door.send(target, Part("x"), nonce="b"))
        ).failure is PlatformFailure.UNAVAILABLE
        house.dc.faults.next("create_message", "429", retry_after=40)
        limited = await failure_of(door.send(target, Part("x"), nonce="c"))
        assert (limited.failure, limited.retry_after) == (PlatformFailure.RATE_LIMITED, 40)
        house.dc.faults.next("create_message", "429", retry_after=0.05)
        await door.send(target, Part("after a short wait"), nonce="d")
        house.dc.faults.next("edit_message", "reset")
        ref = MessageRef(house.place, str(house.dc.answers(house.channel)[0].id))
        assert (await failure_of(door.edit(ref, Part("y")))).failure is PlatformFailure.AMBIGUOUS
    assert house.dc.transcript(house.channel) == "after a short wait"


async def test_a_door_without_connection(house: House) -> None:
    async with house.running() as door:
        pass
    for call in (
        door.send(Target(house.place), Part("x"), nonce="a"),
        door.typing(Target(house.place)),
        door.edit(MessageRef(house.place, "1"), Part("x")),
    ):
        assert (await failure_of(call)).failure is PlatformFailure.UNAVAILABLE


async def test_fetch_only_from_discord_and_only_so_much(house: House) -> None:
    async with house.running() as door:
        house.dc.say(house.channel, house.ann, "", attachments=[("a.bin", bytes(5000), "image/png")])
        await house.events()
        (file,) = house.front.events[0].attachments
        assert (await failure_of(door.fetch(file, 4999))).failure is PlatformFailure.TOO_LARGE
        house.dc.faults.next("cdn", "503")
        assert len(await door.fetch(file, 5000)) == 5000
        foreign = Attachment(MediaKind.IMAGE, "https://example.org/a.png")
        assert (await failure_of(door.fetch(foreign, 10))).failure is PlatformFailure.FORBIDDEN
        house.dc.expire_attachments()
        assert (await failure_of(door.fetch(file, 5000))).failure is PlatformFailure.GONE


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1", True),
        ("https://cdn.discordapp.com:443/ephemeral-attachments/1/2/a.png", True),
        ("https://media.discordapp.net/stickers/1.gif", True),
        ("http://cdn.discordapp.com/a.png", False),
        ("https://cdn.discordapp.com:8443/a.png", False),
        ("https://cdn.discordapp.com.example.org/a.png", False),
        ("https://cdn.discordapp.com@example.org/a.png", False),
        ("https://user@cdn.discordapp.com/a.png", False),
        ("https://example.org/cdn.discordapp.com", False),
        ("http://127.0.0.1/a.png", False),
        ("http://own.example:8080/cdn/a.png", True),
        ("file://own.example/etc/passwd", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_hosts(url: str, allowed: bool) -> None:
    assert is_allowed(url, "http://own.example:8080/api/v10") is allowed


def test_no_own_host_without_base_url() -> None:
    assert not is_allowed("https:///a.png", "")


def test_buttons_that_discord_would_refuse_are_left_out() -> None:
    many = tuple(Button(f"B{number}", id=str(number)) for number in range(7))
    bad = (Button(" ", id="x"), Button("a", id=""), Button("b", url="javascript:1"), Button("c", id="0"))
    rows = components((many, bad, (Button("L" * 90, id="long"),)))
    ids = [[one["custom_id"] for one in row["components"]] for row in rows]
    assert ids == [["0", "1", "2", "3", "4"], ["5", "6"], ["long"]]
    assert len(rows[-1]["components"][0]["label"]) == 80
    assert len(components((many, *((Button("x", id=f"r{n}"),) for n in range(9))))) == 5


async def test_an_archived_thread_wakes_and_a_locked_one_refuses(house: House) -> None:
    side = house.dc.thread(house.channel, "side", house.ann)
    inside = Target(Place("discord", str(house.guild.id), str(house.channel.id), str(side.id)))
    async with house.running() as door:
        side.archived = True
        await door.send(inside, Part("awake"), nonce="a")
        side.locked = True
        assert (
            await failure_of(door.send(inside, Part("x"), nonce="b"))
        ).failure is PlatformFailure.FORBIDDEN


def test_compose_and_capabilities(dc: FakeDiscord) -> None:
    door = DiscordAdapter(PracticeFront(), "a.b.c").door
    assert door.compose("**hi**")[0].text == "**hi**"
    assert door.capabilities.repeatable_sends
    assert dc.calls == []
