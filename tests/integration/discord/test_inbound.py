"""Messages as they come in."""

from __future__ import annotations

import asyncio

from adapters.discord.client import READY_SECONDS
from bot.messages import Addressed, Authority, MediaKind, Place, Target
from tests.fakes.discord import FakeDiscord, Message
from tests.fakes.discord.payloads import gateway_message_json
from tests.integration.discord.conftest import House


async def test_mention(house: House) -> None:
    bob = house.dc.user("bob")
    async with house.running():
        said = house.dc.say(
            house.channel, house.ann, f"tell {bob.mention} about <#{house.channel.id}>", mention_bot=True
        )
        await house.events()
    (event,) = house.front.events
    assert event.event_id == f"message:{said.id}"
    assert event.place == Place("discord", str(house.guild.id), str(house.channel.id))
    assert (event.author.id, event.author.name) == (str(house.ann.id), "Ann")
    assert event.addressed is Addressed.MENTION
    assert event.text == "tell @Bob about #talk"
    assert event.message_id == str(said.id)
    assert event.authority is Authority.MEMBER
    assert not event.adult_allowed
    assert event.reply_handle == ""
    assert event.language == "en-US"
    assert event.sent_at > 1_700_000_000
    assert house.front.handled_count > 1


async def test_a_name_inside_the_text_and_a_comma(house: House) -> None:
    me = house.dc.bot.mention
    async with house.running():
        house.dc.say(house.channel, house.ann, f"{me}, hello")
        house.dc.say(house.channel, house.ann, f"what do you say, {me}?")
        house.dc.say(house.channel, house.ann, f"ask {me} to sing")
        house.dc.say(house.channel, house.ann, me)
        await house.events(4)
    texts = [event.text for event in house.front.events]
    assert texts == ["hello", "what do you say?", "ask to sing", ""]
    assert {event.addressed for event in house.front.events} == {Addressed.MENTION}


async def test_overheard_everyone_and_roles_are_not_meant_for_the_bot(house: House) -> None:
    role = house.dc.role(house.guild, "cooks")
    house.dc.member(house.guild, house.guild.owner, permissions=["everyone"])
    async with house.running():
        house.dc.say(house.channel, house.guild.owner, "@everyone look")
        house.dc.say(house.channel, house.ann, f"<@&{role.id}> dinner")
        await house.events(2)
    assert [event.addressed for event in house.front.events] == [Addressed.OVERHEARD] * 2
    assert house.front.events[1].text == "@cooks dinner"


async def test_webhooks_itself_and_bots_among_themselves_are_ignored(house: House) -> None:
    robot = house.dc.user("robot", bot=True)
    hook = house.dc.webhook(house.channel, "news")
    async with house.running() as door:
        house.dc.say(house.channel, robot, "beep")
        house.dc.say(house.channel, robot, "you there", mention_bot=True)
        house.dc.say_as_webhook(hook, f"{house.dc.bot.mention} hi")
        await door.send(_target(house), door.compose("mine")[0], nonce="n")
        house.dc.say(house.channel, house.ann, "last")
        await house.events(2)
    # Whether a bot that speaks to this one is answered, the engine decides.
    called, last = house.front.events
    assert (called.text, called.author.is_bot, called.addressed) == ("you there", True, Addressed.MENTION)
    assert last.text == "last"


async def test_reply_to_the_bot_and_to_others(house: House) -> None:
    bob = house.dc.user("bob")
    async with house.running() as door:
        await door.send(_target(house), door.compose("the sea")[0], nonce="n")
        (mine,) = house.dc.answers(house.channel)
        house.dc.say(house.channel, house.ann, "why?", reply_to=mine, ping=False)
        picture = house.dc.say(house.channel, bob, "look", attachments=[("cat.png", b"\x89PNG", "image/png")])
        house.dc.say(house.channel, house.ann, "what is it", reply_to=picture, mention_bot=True)
        await house.events(3)
    why, _, what = house.front.events
    assert why.addressed is Addressed.REPLY
    assert why.quoted is not None
    assert (why.quoted.text, why.quoted.message_id) == ("the sea", str(mine.id))
    assert why.quoted.author.is_bot
    assert what.addressed is Addressed.MENTION
    assert what.quoted is not None
    assert what.quoted.author.name == "Bob"
    assert [file.kind for file in what.quoted.attachments] == [MediaKind.IMAGE]


async def test_a_referenced_message_that_did_not_come_along_is_fetched(house: House) -> None:
    async with house.running():
        first = house.dc.say(house.channel, house.ann, "first")
        await house.events()
        for gone in (False, True):
            second = Message(
                first.id + 7 + gone, house.channel, house.ann, "second", kind=19, reference=first
            )
            data = gateway_message_json(second, house.dc.world)
            del data["referenced_message"]
            if gone:
                house.dc.delete(first)
            house.dc.dispatch("MESSAGE_CREATE", data, house.guild.id)
            await house.events(2 + gone)
    found, gone_one = house.front.events[1:]
    assert found.quoted is not None
    assert found.quoted.text == "first"
    assert gone_one.quoted is None
    assert gone_one.text == "second"


async def test_direct_message(house: House) -> None:
    dm = house.dc.dm(house.ann)
    async with house.running():
        house.dc.say(dm, house.ann, "psst")
        await house.events()
    (event,) = house.front.events
    assert event.place == Place("discord", "", str(dm.id))
    assert event.addressed is Addressed.DIRECT
    assert event.authority is Authority.MODERATOR
    assert not event.adult_allowed
    assert event.language == ""


async def test_thread_and_age_restricted_parent(house: House) -> None:
    red = house.dc.channel(house.guild, "red", nsfw=True)
    side = house.dc.thread(red, "side", house.ann)
    async with house.running():
        house.dc.say(side, house.ann, "here")
        house.dc.say(red, house.ann, "there")
        await house.events(2)
    inside, outside = house.front.events
    assert inside.place == Place("discord", str(house.guild.id), str(red.id), str(side.id))
    assert inside.adult_allowed
    assert outside.place.thread == ""
    assert outside.adult_allowed


async def test_a_thread_never_announced_is_asked_for(house: House) -> None:
    async with house.running():
        dropped = len(house.dc.gateway.events)
        side = house.dc.thread(house.channel, "side", house.ann)
        names = [event.name for event in house.dc.gateway.events[dropped:]]
        home, parent = str(house.guild.id), str(house.channel.id)
        gone = {"id": str(side.id), "guild_id": home, "parent_id": parent, "type": 11}
        house.dc.dispatch("THREAD_DELETE", gone, house.guild.id)
        house.dc.say(side, house.ann, "here")
        await house.events()
    assert "THREAD_CREATE" in names
    assert house.front.events[0].place.thread == str(side.id)
    assert house.front.events[0].place.channel == str(house.channel.id)


async def test_a_server_never_announced_is_no_private_chat(house: House) -> None:
    stranger = house.dc.guild("Elsewhere", with_bot=False)
    hall = house.dc.channel(stranger, "hall")
    async with house.running():
        message = Message(7, hall, stranger.owner, "hello")
        house.dc.dispatch("MESSAGE_CREATE", gateway_message_json(message, house.dc.world), house.guild.id)
        await house.events()
    (event,) = house.front.events
    assert event.place == Place("discord", str(stranger.id), str(hall.id))
    assert event.addressed is Addressed.OVERHEARD
    assert event.authority is Authority.MEMBER


async def test_managers(house: House) -> None:
    dc = house.dc
    keeper, local = dc.user("keeper"), dc.user("local")
    dc.member(house.guild, keeper, permissions=["manage_channels"])
    dc.member(house.guild, local)
    dc.permissions(house.channel, local, manage_channels=True)
    side = dc.thread(house.channel, "side", house.ann)
    async with house.running():
        for user in (keeper, local, house.guild.owner, house.ann):
            dc.say(house.channel, user, user.name)
        dc.say(side, keeper, "in a thread")
        await house.events(5)
    able = {event.text: event.authority for event in house.front.events}
    assert able == {
        "keeper": Authority.MODERATOR,
        "local": Authority.MODERATOR,
        house.guild.owner.name: Authority.MODERATOR,
        "ann": Authority.MEMBER,
        "in a thread": Authority.MODERATOR,
    }


async def test_files_in(house: House) -> None:
    files = [
        ("cat.png", b"png", "image/png"),
        ("song.mp3", b"mp3", "audio/mpeg"),
        ("film.mp4", b"mp4", "video/mp4"),
        ("message.txt", b"long text", "text/plain; charset=utf-8"),
        ("logo.svg", b"<svg/>", "image/svg+xml"),
    ]
    async with house.running() as door:
        house.dc.say(house.channel, house.ann, "", attachments=files)
        house.dc.say(house.channel, house.ann, voice=True, attachments=[("v.ogg", b"Ogg", "audio/ogg")])
        await house.events(2)
        many, voice = house.front.events
        assert [file.kind.value for file in many.attachments] == [
            "image", "audio", "video", "document", "document",
        ]  # fmt: skip
        assert many.attachments[3].mime == "text/plain"
        assert many.attachments[0].size == 3
        assert [await door.fetch(file, 100) for file in many.attachments] == [data for _, data, _ in files]
        (sound,) = voice.attachments
        assert (sound.kind, sound.duration) == (MediaKind.VOICE, 1.0)
        assert await door.fetch(sound, 100) == b"Ogg"


async def test_forwarded_message(house: House) -> None:
    dm = house.dc.dm(house.ann)
    async with house.running():
        message = Message(house.channel.id + 99, dm, house.ann)
        origin = {"type": 1, "message_id": "123", "channel_id": str(house.channel.id)}
        snapshot = gateway_message_json(Message(5, house.channel, house.ann, "from afar"), house.dc.world)
        data = gateway_message_json(message, house.dc.world)
        house.dc.dispatch(
            "MESSAGE_CREATE",
            {**data, "message_reference": origin, "message_snapshots": [{"message": snapshot}]},
        )
        await house.events()
    (event,) = house.front.events
    assert event.forwarded
    assert event.text == "from afar"
    assert event.quoted is None


async def test_sticker_and_empty_messages(house: House) -> None:
    dm = house.dc.dm(house.ann)
    async with house.running():
        empty = gateway_message_json(Message(11, dm, house.ann), house.dc.world)
        sticker = {"id": "77", "name": "wave", "format_type": 1}
        lottie = {"id": "78", "name": "dance", "format_type": 3}
        house.dc.dispatch("MESSAGE_CREATE", empty)
        house.dc.dispatch("MESSAGE_CREATE", {**empty, "id": "12", "sticker_items": [lottie]})
        house.dc.dispatch("MESSAGE_CREATE", {**empty, "id": "13", "sticker_items": [sticker]})
        house.dc.dispatch("MESSAGE_CREATE", {**empty, "id": "14", "type": 7})
        house.dc.say(dm, house.ann, "end")
        await house.events(3)
    drawn, still, _ = house.front.events
    assert (drawn.event_id, drawn.text, drawn.attachments) == (
        "message:12",
        "(an animated sticker “dance”)",
        (),
    )
    [file] = still.attachments
    assert (file.kind, file.words) == (MediaKind.STICKER, "“wave”")
    assert file.ref.endswith("/stickers/77.png")


async def test_quick_messages_keep_their_order(house: House) -> None:
    async with house.running():
        first = house.dc.say(house.channel, house.ann, "zero")
        held = Message(first.id - 1, house.channel, house.ann, "slow", kind=19, reference=first)
        data = gateway_message_json(held, house.dc.world)
        del data["referenced_message"]  # costs a look-up
        house.dc.dispatch("MESSAGE_CREATE", data, house.guild.id)
        for number in range(3):
            house.dc.say(house.channel, house.ann, str(number))
        await house.events(5)
    assert [event.text for event in house.front.events] == ["zero", "slow", "0", "1", "2"]


async def test_greets_a_new_server_where_it_may_write(dc: FakeDiscord, house: House) -> None:
    async with house.running():
        guild = dc.guild("Later", with_bot=False)
        quiet = dc.channel(guild, "quiet")
        talk = dc.channel(guild, "talk")
        dc.permissions(quiet, send=False)
        await asyncio.sleep(4 * READY_SECONDS)
        dc.add_bot(guild)
        await dc.wait_for(lambda: house.front.welcomed)
    assert house.front.welcomed == [(Place("discord", str(guild.id), str(talk.id)), "Later")]


async def test_redelivery_has_the_same_event_id(house: House) -> None:
    async with house.running():
        said = house.dc.say(house.channel, house.ann, "once")
        await house.events()
        house.dc.redeliver(said)
        await house.dc.wait_for(lambda: house.front.redelivered)
    assert house.front.redelivered == [f"message:{said.id}"]


def _target(house: House) -> Target:
    return Target(house.place)
