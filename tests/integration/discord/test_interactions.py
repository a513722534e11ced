"""Commands: how their options arrive and how their answers fill the waiting message."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.discord.handles import LIFE, Handle, Handles, Opening, parse_handle
from adapters.discord.outbound import DiscordDoor
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Addressed,
    Authority,
    CommandUse,
    Incoming,
    MediaKind,
    Part,
    Place,
    Target,
)
from tests.fakes.discord import Interaction
from tests.fakes.discord.state import new_id
from tests.integration.discord.conftest import House
from tests.integration.discord.interacting import BUTTONS, answering, settled, target_of


def telling(house: House, door: DiscordDoor, text: str = "") -> None:
    """Each event is answered with its complaint, or else with a text."""

    async def answer(event: Incoming) -> None:
        (part,) = door.compose(event.complaint or text)
        await door.send(target_of(event), part, nonce=f"{event.event_id[-8:]}t")

    house.front.answer = answer


async def test_options_arrive_typed_and_the_answer_fills_the_waiting_message(house: House) -> None:
    async with house.running() as door:
        answering(house, door, "here you are", "and more")
        options = {"prompt": "a  lagoon", "seed": 7, "strength": 1.5, "hide": True, "count": 1, "model": "x"}
        used = house.dc.slash(
            house.channel, house.ann, "image", options, attachments={"file": ("a.png", b"png", "image/png")}
        )
        await settled(house)
        (event,) = house.front.events
        assert await door.fetch(event.attachments[0], 10) == b"png"
    assert event.event_id == f"interaction:{used.id}"
    assert event.addressed is Addressed.COMMAND
    assert event.place == house.place
    assert (event.author.id, event.language) == (str(house.ann.id), "en-US")
    assert event.command == CommandUse(
        "image",
        {"prompt": "a  lagoon", "seed": 7, "strength": 1.5, "hide": True, "count": "1", "model": "x"},
    )
    assert event.attachments[0].kind is MediaKind.IMAGE
    assert used.response_type == 5
    assert used.text == "here you are\nand more"
    assert used.original is not None
    assert not used.original.loading
    assert len(used.followups) == 1
    assert house.dc.calls_to("create_message") == []


async def test_private_answers(house: House) -> None:
    async with house.running() as door:
        answering(house, door, "only you", "see this")
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
    assert used.text == "only you\nsee this"
    assert all(message.ephemeral for message in used.messages)


async def test_a_private_line_beside_a_public_answer(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.send(target_of(event), Part("for all"), nonce="a")
            await door.send(target_of(event, private=True), Part("for you"), nonce="b")

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        await settled(house)
    assert [(message.content, message.ephemeral) for message in used.messages] == [
        ("for all", False),
        ("for you", True),
    ]


async def test_answers_are_edited_and_typing_is_left_to_discord(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.typing(target_of(event))
            first = await door.send(target_of(event), Part("one"), nonce="a", buttons=BUTTONS)
            second = await door.send(target_of(event), Part("two"), nonce="b")
            await door.edit(first, Part("one."), buttons=BUTTONS)
            await door.edit(second, Part("two."))

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
    assert used.text == "one.\ntwo."
    assert house.dc.find_component(used.messages[0], "Again")
    assert house.dc.calls_to("update_message") == []
    assert house.dc.calls_to("trigger_typing_indicator") == []


async def test_commands_in_a_direct_chat_and_a_thread(house: House) -> None:
    dm = house.dc.dm(house.ann)
    side = house.dc.thread(house.channel, "side", house.ann)
    async with house.running() as door:
        answering(house, door, "ok")
        house.dc.slash(dm, house.ann, "help")
        await settled(house)
        house.dc.slash(side, house.guild.owner, "help")
        await settled(house, 2)
    direct, inside = house.front.events
    assert direct.place == Place("discord", "", str(dm.id))
    assert direct.authority is Authority.MODERATOR
    assert inside.place == Place("discord", str(house.guild.id), str(house.channel.id), str(side.id))
    assert inside.authority is Authority.MODERATOR
    assert house.dc.transcript(dm) == "ok"


async def test_authority_and_age_restriction(house: House) -> None:
    red = house.dc.channel(house.guild, "red", nsfw=True)
    async with house.running() as door:
        answering(house, door, "ok")
        house.dc.slash(red, house.ann, "help")
        await settled(house)
    assert house.front.events[0].adult_allowed
    assert house.front.events[0].authority is Authority.MEMBER


async def test_the_waiting_message_is_filled_once_also_after_a_reset(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            house.dc.faults.next("edit_original", "timeout_after_success")
            with pytest.raises(PlatformError) as caught:
                await door.send(target_of(event), Part("once"), nonce="a")
            assert caught.value.failure is PlatformFailure.AMBIGUOUS
            await door.send(target_of(event), Part("once"), nonce="a")
            await door.send(target_of(event), Part("more"), nonce="b")

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
    assert used.text == "once\nmore"


async def test_a_further_answer_that_may_have_arrived_is_not_to_be_repeated(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.send(target_of(event), Part("once"), nonce="a")
            house.dc.faults.next("followup", "timeout_after_success")
            with pytest.raises(PlatformError) as caught:
                await door.send(target_of(event), Part("more"), nonce="b")
            assert caught.value.failure is PlatformFailure.AMBIGUOUS
            assert caught.value.unrepeatable

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
    assert used.text == "once\nmore"


async def test_what_comes_too_late_is_named_as_lost_and_not_done(house: House) -> None:
    """Discord has told the person already that it failed."""
    async with house.running() as door:
        ref = await door.send(Target(house.place), Part("hello"), nonce="a", buttons=BUTTONS)
        house.dc.interaction_deadline_s = -1
        telling(house, door)
        house.dc.slash(house.channel, house.ann, "help")
        house.dc.slash(house.channel, house.ann, "image", {"prompt": "a secret lagoon"})
        house.dc.press(house.dc.world.messages[int(ref.message_id)], "Again", house.ann)
        await settled(house, 3)
    assert all(event.command is None and event.press is None for event in house.front.events)
    told = [message.content for message in house.dc.answers(house.channel)[1:]]
    assert (
        told[0] == f"{house.ann.mention}, your `/help` reached me too late and was lost. Please use it again."
    )
    assert told[1].startswith(f"{house.ann.mention}, your `/image` reached me too late")
    assert told[2].startswith(f"{house.ann.mention}, your press on a button reached me too late")
    assert "lagoon" not in house.dc.transcript(house.channel)


async def test_an_acknowledgement_that_is_refused_otherwise(house: House) -> None:
    """A public command is answered in the channel; of a private one at least its name is told."""
    house.dc.faults.next("callback", "403", times=2)
    async with house.running() as door:
        telling(house, door, "late")
        house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        await settled(house)
        house.dc.slash(house.channel, house.ann, "help")
        await settled(house, 2)
    first, second = house.dc.answers(house.channel)
    assert first.content == "late"
    assert second.content.startswith(f"{house.ann.mention}, your `/help` reached me too late")


async def test_an_acknowledgement_that_broke_off_is_repeated(house: House) -> None:
    async with house.running() as door:
        answering(house, door, "ok")
        house.dc.faults.next("callback", "reset")
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
        house.dc.faults.next("callback", "timeout_after_success")
        again = house.dc.slash(house.channel, house.ann, "help")
        await settled(house, 2)
    assert (used.text, again.text) == ("ok", "ok")


async def test_deferred_while_the_engine_is_slow(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await house.dc.wait_for(lambda: used.acknowledged)
            await door.send(target_of(event), Part("at last"), nonce="a")

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        await settled(house)
    assert used.responded_at is not None
    assert used.responded_at - used.at < 1
    assert used.text == "at last"


async def test_after_the_token_has_ended_answers_go_to_the_channel(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            ref = await door.send(target_of(event), Part("first"), nonce="a")
            house.dc.token_life_s = 0
            await door.send(target_of(event), Part("second"), nonce="b")
            await door.edit(ref, Part("first."))

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        await settled(house)
    assert used.text == "first."
    assert house.dc.transcript(house.channel) == "first.\nsecond"
    assert len(house.dc.calls_to("create_message")) == 1


async def test_what_only_the_asker_may_see_is_never_put_into_the_channel(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.send(target_of(event), Part("first"), nonce="a")
            house.dc.token_life_s = 0
            for private in (False, True):
                with pytest.raises(PlatformError) as caught:
                    await door.send(target_of(event, private=private), Part("secret"), nonce="b")
                assert caught.value.failure is PlatformFailure.GONE

        house.front.answer = answer
        house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
    assert house.dc.calls_to("create_message") == []


async def test_redelivered_interaction(house: House) -> None:
    async with house.running() as door:
        answering(house, door, "once")
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
        house.dc.redeliver(used)
        await house.dc.wait_for(lambda: house.front.redelivered)
    assert used.text == "once"


async def test_many_at_once(house: House) -> None:
    async with house.running() as door:
        answering(house, door, "one", "two")
        used: list[Interaction] = [
            house.dc.slash(house.channel, house.ann, "image", {"prompt": str(n)}) for n in range(20)
        ]
        await settled(house, 20)
        await asyncio.sleep(0)
    assert [interaction.text for interaction in used] == ["one\ntwo"] * 20


def test_a_handle_is_opaque_and_ends() -> None:
    handle = Handle(Opening.PUBLIC, 1, new_id(), "to.ken")
    assert parse_handle(handle.text) == handle
    handles = Handles()
    assert handles.usable(handle.text) == handle
    old = replace(handle, interaction=handle.interaction - (int((LIFE + 1) * 1000) << 22))
    assert handles.usable(old.text) is None
    for text in ("", "x.1.2.t", "o.1.2.", "o.a.2.t", "o.1..t", "o"):
        assert parse_handle(text) is None
