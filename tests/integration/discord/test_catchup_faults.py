"""Catching up where fetching, the engine or the storage of marks fails."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from bot.errors import GondolaError
from bot.messages import Part, Target
from bot.records import ReadMark
from tests.integration.discord.catching import asked, heard, session, texts
from tests.integration.discord.conftest import House


@pytest.mark.parametrize("fault", ["429", "502", "503", "reset"])
async def test_a_fetch_that_fails_is_repeated(
    house: House, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.catchup.PAUSES", (0.05, 0.05))
    await heard(house, house.channel)
    house.dc.say(house.channel, house.ann, "missed")
    kind = {"429": "429", "502": "502", "503": "503", "reset": "reset"}[fault]
    house.dc.faults.next("list_messages", kind, times=2 if fault == "reset" else 1)  # pyright: ignore[reportArgumentType]
    async with house.running():
        await house.events()
    assert texts(house) == ["missed"]


async def test_a_fetch_that_fails_for_good_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.catchup.PAUSES", (0.05, 0.05))
    await heard(house, house.channel)
    house.dc.say(house.channel, house.ann, "missed")
    house.dc.faults.next("list_messages", "503", times=99)
    with capture_logs() as logs:
        async with house.running():
            await house.dc.wait_for(lambda: any(line["event"] == "discord.caught_up" for line in logs))
            last = house.dc.say(house.channel, house.ann, "now")
            await house.events()
    assert texts(house) == ["now"]
    assert asked(house) == [str(house.channel.id)] * 3
    assert [line["channels_left_out"] for line in logs if line["event"] == "discord.caught_up"] == [1]
    assert house.front.read[str(house.channel.id)].message == str(last.id)


async def test_what_the_library_cannot_read_stops_nothing(house: House) -> None:
    await heard(house, house.channel)
    house.dc.say(house.channel, house.ann, "missed").components = [{"type": 1, "components": 1}]
    with capture_logs() as logs:
        async with house.running():
            house.dc.say(house.channel, house.ann, "now")
            await house.events()
    house.dc.violations.clear()  # the API description would not allow it either
    assert texts(house) == ["now"]
    assert [line["event_name"] for line in logs if line["event"] == "discord.handler_failed"] == ["catch_up"]


async def test_a_message_the_engine_fails_on_costs_only_itself(house: House) -> None:
    await heard(house, house.channel)
    house.dc.say(house.channel, house.ann, "missed")
    house.front.trouble = ValueError("a bug")
    with capture_logs() as logs:
        async with house.running():
            await house.dc.wait_for(lambda: any(line["event"] == "discord.handler_failed" for line in logs))
            house.front.trouble = None
            house.dc.say(house.channel, house.ann, "now")
            await house.events()
    assert texts(house) == ["now"]


async def test_an_engine_that_fails_gets_it_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.catchup.PAUSES", (0.3, 0.3))
    await heard(house, house.channel)
    house.dc.say(house.channel, house.ann, "missed")
    house.front.trouble = GondolaError(detail="the database is away")
    with capture_logs() as logs:
        async with house.running():
            await house.dc.wait_for(lambda: any(line["event"] == "discord.not_caught_up" for line in logs))
            house.front.trouble = None
            await house.events()
    assert texts(house) == ["missed"]


async def test_marks_are_stored_together_and_not_for_each_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.seen.STORE_SECONDS", 0.2)
    other = house.dc.channel(house.guild, "other")
    async with house.running():
        for number in range(50):
            house.dc.say((house.channel, other)[number % 2], house.ann, f"{number}")
        await house.events(50)
        await house.dc.wait_for(lambda: len(house.front.read) == 2)
        assert house.front.kept <= 3
        kept = house.front.kept
        await asyncio.sleep(0.5)
        assert house.front.kept == kept
    assert house.front.kept == kept


async def test_a_new_channel_is_stored_at_once_and_what_follows_is_not(house: House) -> None:
    """A process that is killed soon after the first word of a direct chat must know it afterwards."""
    chat = house.dc.dm(house.ann)
    async with house.running():
        house.dc.say(chat, house.ann, "first")
        await house.dc.wait_for(lambda: house.front.read, timeout=2)
        house.dc.say(chat, house.ann, "second")
        await house.events(2)
        await asyncio.sleep(0.5)
        assert house.front.kept == 1


async def test_marks_that_could_not_be_stored_wait(house: House) -> None:
    other = house.dc.channel(house.guild, "other")
    with capture_logs() as logs:
        async with house.running():
            house.dc.say(other, house.ann, "first")
            house.dc.say(house.channel, house.ann, "first")
            await house.events(2)
            house.front.trouble = GondolaError(detail="the database is away")
            failed = "discord.read_marks_not_stored"
            await house.dc.wait_for(lambda: any(line["event"] == failed for line in logs))
            house.front.trouble = None
            last = house.dc.say(house.channel, house.ann, "second")
            await house.events(3)
    assert house.front.read.keys() == {str(other.id), str(house.channel.id)}
    assert house.front.read[str(house.channel.id)].message == str(last.id)


async def test_an_old_mark_after_a_crash_costs_a_call_and_answers_nothing_twice(house: House) -> None:
    async with session(house) as now:
        first = house.dc.say(house.channel, house.ann, "one")
        house.dc.say(house.channel, house.ann, "two")
        await house.events(2)
        await now.caught_up()
    channel = str(house.channel.id)
    house.front.read[channel] = ReadMark(channel, str(house.guild.id), str(first.id), time.time())
    async with session(house) as now:
        await house.dc.wait_for(lambda: house.front.redelivered)
        await now.caught_up()
    assert texts(house) == ["one", "two"]


async def test_a_thread_in_which_the_bot_answers_is_known(house: House) -> None:
    async with session(house) as now:
        question = house.dc.say(house.channel, house.ann, "a question")
        await house.events()
        thread = await now.door.open_thread(house.place, str(question.id), "a question")
        await now.door.send(Target(thread), Part("the answer"), nonce="a")
        await house.dc.wait_for(lambda: house.dc.calls_to("create_message"))
        await now.caught_up()
        await asyncio.sleep(0.05)
    assert thread.thread in house.front.read
