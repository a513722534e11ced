"""A thread for a question, over the wire."""

from __future__ import annotations

import pytest

from bot.errors import PlatformError, PlatformFailure
from bot.messages import Part, Target
from bot.ports import OpensThreads
from tests.integration.discord.conftest import House


async def test_a_thread_grows_from_the_question_and_the_answer_stands_in_it(house: House) -> None:
    async with house.running() as door:
        assert isinstance(door, OpensThreads)
        asked = house.dc.say(house.channel, house.ann, "why is the sky blue?")
        place = await door.open_thread(house.place, str(asked.id), "why is the sky blue?")
        assert place.channel == house.place.channel
        assert place.thread == str(asked.id)
        await door.send(Target(place, reply_to=str(asked.id)), Part("Because."), nonce="a")
        assert asked.thread is not None
        house.dc.say(asked.thread, house.ann, "and at night?")
        await house.events(2)
    assert asked.thread.name == "why is the sky blue?"
    assert house.dc.transcript(asked.thread).startswith("Because.")
    (call,) = house.dc.calls_to("create_message")
    assert "message_reference" not in str(call.json)
    assert house.front.events[-1].place == place


async def test_the_thread_a_message_has_already_is_used(house: House) -> None:
    async with house.running() as door:
        asked = house.dc.say(house.channel, house.ann, "twice")
        first = await door.open_thread(house.place, str(asked.id), "one")
        assert await door.open_thread(house.place, str(asked.id), "two") == first


async def test_a_refusal_is_a_platform_error(house: House) -> None:
    async with house.running() as door:
        asked = house.dc.say(house.channel, house.ann, "hello")
        house.dc.permissions(house.channel, threads=False)
        with pytest.raises(PlatformError) as refused:
            await door.open_thread(house.place, str(asked.id), "x" * 300)
    assert refused.value.failure is PlatformFailure.FORBIDDEN
