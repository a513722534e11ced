"""What was said while nobody listened: found after a start or a session that was not resumed, once."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from adapters.discord.catchup import MOST_CHANNELS, MOST_MESSAGES
from adapters.discord.client import GatewayClient
from bot.messages import Addressed, Part, Target
from tests.integration.discord.catching import asked, heard, session, texts
from tests.integration.discord.conftest import House


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits five seconds before it identifies anew."""

    async def at_once(_client: GatewayClient, _shard: int | None, *, initial: bool = False) -> None:
        """No wait."""

    monkeypatch.setattr(GatewayClient, "before_identify_hook", at_once)


async def test_a_mention_missed_before_a_start_is_found_once(house: House) -> None:
    await heard(house, house.channel)
    missed = house.dc.say(house.channel, house.ann, "are you there?", mention_bot=True)
    async with session(house) as now:
        await house.events()
        house.dc.redeliver(missed)
        await house.dc.wait_for(lambda: house.front.redelivered)
        await now.caught_up()
    (event,) = house.front.events
    assert (event.text, event.addressed, event.place) == ("are you there?", Addressed.MENTION, house.place)
    assert event.event_id == f"message:{missed.id}"
    assert event.sent_at == pytest.approx(time.time(), abs=60)
    assert house.front.read[str(house.channel.id)].message == str(missed.id)
    async with session(house) as now:
        await now.caught_up()
    assert asked(house) == [str(house.channel.id)]


async def test_a_quiet_start_asks_for_nothing(house: House) -> None:
    other = house.dc.channel(house.guild, "other")
    house.dc.say(other, house.ann, "long before", age=60)
    await heard(house, house.channel)
    async with session(house) as now:
        await now.door.send(Target(house.place), Part("an answer of its own"), nonce="a")
        await now.caught_up()
    async with session(house) as now:
        await now.caught_up()
    assert asked(house) == []


async def test_a_channel_nobody_used_before_is_caught_up_too(house: House) -> None:
    """Its server is let in, so whatever is newer than the last session was missed."""
    other = house.dc.channel(house.guild, "other")
    house.dc.say(other, house.ann, "long before", age=60)
    await heard(house)
    house.dc.say(other, house.ann, "hello?", mention_bot=True)
    thread = house.dc.thread(other, "aside")
    house.dc.say(thread, house.ann, "and here?", mention_bot=True)
    async with house.running():
        await house.events(2)
    assert sorted(texts(house)) == ["and here?", "hello?"]
    assert {event.place.thread for event in house.front.events} == {"", str(thread.id)}


async def test_nothing_was_missed_before_the_first_start(house: House) -> None:
    house.dc.say(house.channel, house.ann, "too early", mention_bot=True)
    async with session(house) as now:
        await now.caught_up()
    assert house.front.events == []
    assert asked(house) == []


async def test_what_was_said_before_the_bot_joined_is_none_of_its_business(house: House) -> None:
    await heard(house, house.channel)
    guild = house.dc.guild("New", with_bot=False)
    channel = house.dc.channel(guild, "talk")
    house.dc.say(channel, house.ann, "before it came", mention_bot=True)
    await asyncio.sleep(0.01)
    house.dc.add_bot(guild)
    async with session(house) as now:
        await now.caught_up()
    assert house.front.events == []


async def test_direct_chats_are_asked_one_by_one(house: House) -> None:
    chat, quiet = house.dc.dm(house.ann), house.dc.dm(house.dc.user("bob"))
    await heard(house, chat, quiet)
    house.dc.say(chat, house.ann, "psst")
    async with session(house) as now:
        await house.events()
        await now.caught_up()
    (event,) = house.front.events
    assert (event.text, event.addressed, event.place.space) == ("psst", Addressed.DIRECT, "")
    assert event.place.channel == str(chat.id)
    assert sorted(asked(house)) == sorted([str(chat.id), str(quiet.id)])


async def test_a_direct_chat_known_by_a_command_only(house: House) -> None:
    chat = house.dc.dm(house.ann)
    async with session(house) as now:
        house.dc.slash(chat, house.ann, "help")
        await house.events()
        await now.caught_up()
    house.dc.say(chat, house.ann, "and now in words")
    async with house.running():
        await house.events(2)
    assert texts(house) == ["", "and now in words"]


async def test_in_order_and_before_what_is_said_now(house: House) -> None:
    await heard(house, house.channel)
    for number in range(5):
        house.dc.say(house.channel, house.ann, f"missed {number}")
    house.dc.faults.next("list_messages", "429", retry_after=0.3)
    async with house.running():
        house.dc.say(house.channel, house.ann, "now")
        await house.events(6)
    assert texts(house) == [*(f"missed {number}" for number in range(5)), "now"]


async def test_other_channels_do_not_wait(house: House) -> None:
    other = house.dc.channel(house.guild, "other")
    await heard(house, house.channel, other)
    house.dc.say(house.channel, house.ann, "missed")
    house.dc.faults.next("list_messages", "429", retry_after=0.5, channel_id=house.channel.id)
    async with house.running():
        house.dc.say(other, house.ann, "now")
        await house.events(2)
    assert texts(house) == ["now", "missed"]


async def test_a_live_message_does_not_wait_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The missed one comes late then, but it comes, and the mark did not pass it meanwhile."""
    monkeypatch.setattr("adapters.discord.catchup.LIVE_SECONDS", 0.1)
    monkeypatch.setattr("adapters.discord.catchup.CALL_SECONDS", 0.2)
    monkeypatch.setattr("adapters.discord.catchup.PAUSES", (0.1, 0.3))
    await heard(house, house.channel)
    missed = house.dc.say(house.channel, house.ann, "missed")
    house.dc.faults.next("list_messages", "hang", times=2)
    async with house.running():
        house.dc.say(house.channel, house.ann, "now")
        await house.events(1)
        assert texts(house) == ["now"]
        assert int(house.front.read[str(house.channel.id)].message) < missed.id
        await house.events(2)
    assert sorted(texts(house)) == ["missed", "now"]


@pytest.mark.usefixtures("hasty")
async def test_a_session_that_was_not_resumed(house: House) -> None:
    chat = house.dc.dm(house.ann)
    async with house.running():
        house.dc.say(house.channel, house.ann, "before")
        house.dc.say(chat, house.ann, "before")
        await house.events(2)
        house.dc.drop_gateway(resumable=False)
        missed = house.dc.say(house.channel, house.ann, "meanwhile")
        house.dc.say(chat, house.ann, "meanwhile, between us")
        await house.events(4)
        house.dc.redeliver(missed)
        await house.dc.wait_for(lambda: house.front.redelivered)
    assert len(house.dc.gateway.identifies) == 2
    assert house.front.redelivered == [f"message:{missed.id}"]
    assert sorted(texts(house)) == ["before", "before", "meanwhile", "meanwhile, between us"]


@pytest.mark.usefixtures("hasty")
async def test_a_session_lost_again_while_it_catches_up(house: House) -> None:
    """What was fetched before the second gap does not stand for what was said in it."""
    await heard(house, house.channel)
    house.dc.say(house.channel, house.ann, "first gap")
    house.front.gate.clear()
    async with house.running():
        await house.dc.wait_for(lambda: house.front.waiting)
        house.dc.drop_gateway(resumable=False)
        house.dc.say(house.channel, house.ann, "second gap")
        sessions = len(house.dc.gateway.identifies)
        await house.dc.wait_for(lambda: len(house.dc.gateway.identifies) > sessions)
        await asyncio.sleep(0.1)  # the new session has told its servers
        house.front.gate.set()
        await house.events(2)
    assert texts(house) == ["first gap", "second gap"]


async def test_killed_while_it_catches_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said elsewhere meanwhile does not hide what was still to be asked for."""
    monkeypatch.setattr("adapters.discord.catchup.CALL_SECONDS", 0.1)
    monkeypatch.setattr("adapters.discord.catchup._SKEW", 0.0)
    other = house.dc.channel(house.guild, "other")
    await heard(house, house.channel)
    house.dc.say(other, house.ann, "missed")
    house.dc.faults.next("list_messages", "hang")
    async with house.running():
        await house.dc.wait_for(lambda: asked(house))
        house.dc.say(house.channel, house.ann, "now")
        await house.events()
    async with house.running():
        await house.events(2)
    assert texts(house) == ["now", "missed"]


async def test_a_resumed_session_asks_for_nothing(house: House) -> None:
    async with house.running():
        house.dc.say(house.channel, house.ann, "before")
        house.dc.say(house.dc.dm(house.ann), house.ann, "before")
        await house.events(2)
        house.dc.drop_gateway()
        house.dc.say(house.channel, house.ann, "meanwhile")
        await house.dc.wait_for(lambda: house.dc.gateway.resumes)
        await house.events(3)
    assert texts(house)[-1] == "meanwhile"
    assert asked(house) == []


async def test_of_many_the_newest_count(house: House) -> None:
    await heard(house, house.channel)
    for number in range(60):
        house.dc.say(house.channel, house.ann, f"{number}")
    with capture_logs() as logs:
        async with session(house) as now:
            await house.events(MOST_MESSAGES)
            await now.caught_up()
            await house.dc.wait_for(lambda: any(line["event"] == "discord.caught_up" for line in logs))
    assert texts(house) == [str(number) for number in range(60 - MOST_MESSAGES, 60)]
    assert asked(house) == [str(house.channel.id)] * 2
    (line,) = [line for line in logs if line["event"] == "discord.caught_up"]
    assert (line["channels"], line["messages"]) == (1, MOST_MESSAGES)
    assert "commands" in str(line["lost"])


async def test_so_many_channels_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_CHANNELS >= 100
    monkeypatch.setattr("adapters.discord.catchup.MOST_CHANNELS", 3)
    channels = [house.dc.channel(house.guild, f"c{number}") for number in range(5)]
    await heard(house)
    for channel in channels:
        house.dc.say(channel, house.ann, channel.name)
    with capture_logs() as logs:
        async with house.running():
            await house.events(3)
            await house.dc.wait_for(lambda: any(line["event"] == "discord.caught_up" for line in logs))
    assert sorted(texts(house)) == ["c2", "c3", "c4"]
    assert [line["channels_left_out"] for line in logs if line["event"] == "discord.caught_up"] == [2]


async def test_a_channel_that_is_gone_is_forgotten_without_a_call(house: House) -> None:
    other = house.dc.channel(house.guild, "other")
    await heard(house, house.channel, other)
    house.dc.say(other, house.ann, "gone soon")
    house.dc.delete_channel(other)
    house.dc.permissions(house.channel, history=False)
    async with session(house) as now:
        await now.caught_up()
    assert house.front.read == {}
    assert asked(house) == []


@pytest.mark.parametrize("refusal", ["403", "404"])
async def test_a_channel_that_refuses_is_forgotten(house: House, refusal: str) -> None:
    chat = house.dc.dm(house.ann)
    await heard(house, house.channel, chat)
    house.dc.say(house.channel, house.ann, "one")
    house.dc.say(chat, house.ann, "two")
    house.dc.faults.next("list_messages", "403" if refusal == "403" else "404", times=2)
    with capture_logs() as logs:
        async with session(house) as now:
            await now.caught_up()
    assert house.front.read == {}
    assert [line for line in logs if line["log_level"] in ("warning", "error")] == []


async def test_a_server_that_sent_the_bot_away(house: House) -> None:
    await heard(house, house.channel)
    house.dc.remove_bot(house.guild)
    async with session(house) as now:
        await now.caught_up()
    assert house.front.read == {}
    assert asked(house) == []


async def test_strangers_leave_nothing_and_are_not_asked_for(house: House) -> None:
    house.front.strangers |= {str(house.guild.id), str(house.ann.id)}
    chat = house.dc.dm(house.ann)
    await heard(house, house.channel, chat)
    assert house.front.read == {}
    house.dc.say(house.channel, house.ann, "let me in", mention_bot=True)
    house.dc.say(chat, house.ann, "let me in")
    async with session(house) as now:
        await now.caught_up()
    assert house.front.events == []
    assert asked(house) == []


async def test_where_only_a_person_is_let_in_their_channels_are_known(house: House) -> None:
    """The server is not let in, its owner is: what others say there moves the mark and opens nothing."""
    house.front.owners.add(str(house.ann.id))
    bob = house.dc.user("bob")
    house.dc.member(house.guild, bob)
    other = house.dc.channel(house.guild, "other")
    async with session(house) as now:
        house.dc.say(other, bob, "stranger")
        house.dc.say(house.channel, house.ann, "owner")
        house.dc.say(house.channel, bob, "stranger")
        await house.events(3)
        await now.caught_up()
    assert list(house.front.read) == [str(house.channel.id)]
    async with session(house) as now:
        await now.caught_up()
    assert asked(house) == []
    house.dc.say(other, house.ann, "unknown there")
    house.dc.say(house.channel, house.ann, "known here")
    async with house.running():
        await house.events(4)
    assert texts(house)[-1] == "known here"


async def test_own_messages_and_other_bots_are_not_taken_for_people(house: House) -> None:
    await heard(house, house.channel)
    async with session(house) as now:
        await now.door.send(Target(house.place), Part("mine"), nonce="a")
    robot = house.dc.user("robot", bot=True)
    house.dc.member(house.guild, robot)
    house.dc.say(house.channel, robot, "beep")
    last = house.dc.say(house.channel, house.ann, "missed")
    async with session(house) as now:
        await house.events()
        await now.caught_up()
    assert texts(house) == ["missed"]
    assert house.front.read[str(house.channel.id)].message == str(last.id)


async def test_a_reply_to_the_bot_is_one_also_when_it_was_missed(house: House) -> None:
    await heard(house, house.channel)
    async with session(house) as now:
        ref = await now.door.send(Target(house.place), Part("mine"), nonce="a")
    mine = house.dc.world.messages[int(ref.message_id)]
    house.dc.say(house.channel, house.ann, "and then?", reply_to=mine)
    async with house.running():
        await house.events()
    (event,) = house.front.events
    assert event.addressed is Addressed.REPLY
    assert event.quoted is not None
    assert event.quoted.text == "mine"
