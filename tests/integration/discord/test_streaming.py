"""Answers streamed through delivery and the door, under the limits Discord really has."""

from __future__ import annotations

import asyncio

from bot.delivery import Delivery
from bot.messages import Button, ButtonsReady, Incoming, Target, TextDelta
from tests.fakes.discord import DiscordLimits
from tests.integration.discord.conftest import House

WORDS = 40
TEXT = " ".join(f"word{number}" for number in range(WORDS))


async def _stream(delivery: Delivery, event: Incoming) -> None:
    answer = delivery.open(Target(event.place, event.message_id, event.reply_handle), event.event_id)
    answer.typing()
    for number in range(WORDS):
        answer.push(TextDelta(("" if number == 0 else " ") + f"word{number}"))
        await asyncio.sleep(0.06)
    answer.push(ButtonsReady(((Button("Again", id=f"again-{event.event_id[-6:]}"),),)))
    delivered = await answer.finish()
    assert delivered.failure is None


async def test_streams_stay_within_the_limits(house: House) -> None:
    house.dc.set_limits(DiscordLimits.real())
    async with house.running() as door:
        delivery = Delivery({"discord": door})

        async def answer(event: Incoming) -> None:
            await _stream(delivery, event)

        house.front.answer = answer
        for number in range(2):
            house.dc.say(house.channel, house.ann, str(number), mention_bot=True)
        used = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        private = house.dc.slash(house.channel, house.ann, "help")
        await house.events(4)
        await house.front.settle()
        await delivery.close()
    assert house.dc.rate_limited == []
    replies = [message for message in house.dc.answers(house.channel) if message.reference is not None]
    assert [message.content for message in replies] == [TEXT, TEXT]
    assert (used.text, private.text) == (TEXT, TEXT)
    assert all(len(message.edits) > 1 for message in [*replies, *used.messages])
    assert all(house.dc.find_component(message, "Again") for message in [*replies, *used.messages])
    assert house.dc.calls_to("trigger_typing_indicator")


async def test_a_reset_in_the_middle_loses_and_doubles_nothing(house: House) -> None:
    async with house.running() as door:
        delivery = Delivery({"discord": door})

        async def answer(event: Incoming) -> None:
            house.dc.faults.next("create_message", "timeout_after_success")
            house.dc.faults.next("edit_message", "reset")
            await _stream(delivery, event)

        house.front.answer = answer
        house.dc.say(house.channel, house.ann, "go", mention_bot=True)
        await house.events()
        await house.front.settle()
        await delivery.close()
    assert house.dc.transcript(house.channel) == TEXT
