"""Commands, suggestions and buttons."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.discord.commands import payload
from adapters.discord.handles import LIFE, Handle, Handles, Opening, parse_handle
from adapters.discord.outbound import DiscordDoor
from bot.declarations import Command, Option, OptionKind
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Addressed,
    Authority,
    Button,
    CommandUse,
    Incoming,
    Media,
    MediaKind,
    MessageRef,
    Part,
    Place,
    Target,
)
from tests.fakes.discord import FakeDiscord, Interaction
from tests.fakes.discord.state import new_id
from tests.integration.discord.conftest import House

VOICE = Media(MediaKind.VOICE, b"OggS" * 9, "audio/ogg", "voice.ogg", duration=1.5, waveform=bytes(9))
BUTTONS = ((Button("Again", id="again-1"),),)


def target_of(event: Incoming, *, private: bool = False) -> Target:
    return Target(event.place, event.message_id, event.reply_handle, private)


def answering(house: House, door: DiscordDoor, *texts: str) -> None:
    """Each event is answered with these messages."""

    async def answer(event: Incoming) -> None:
        for number, text in enumerate(texts):
            await door.send(target_of(event), Part(text), nonce=f"{event.event_id[-8:]}t{number}")

    house.front.answer = answer


def telling(house: House, door: DiscordDoor, text: str = "") -> None:
    """Each event is answered with its complaint, or else with a text."""

    async def answer(event: Incoming) -> None:
        (part,) = door.compose(event.complaint or text)
        await door.send(target_of(event), part, nonce=f"{event.event_id[-8:]}t")

    house.front.answer = answer


async def settled(house: House, count: int = 1) -> None:
    await house.events(count)
    await house.front.settle()


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


async def test_a_voice_answers_a_command_as_a_native_voice_message(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.send_media(target_of(event), [VOICE], caption=None, nonce="a", buttons=BUTTONS)

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "voice", {"text": "hello"})
        await settled(house)
    voice, below = house.dc.answers(house.channel)
    assert voice.voice
    assert voice.attachments[0].data == VOICE.data
    assert house.dc.find_component(below, "again-1")
    assert used.original is not None
    assert used.original.deleted


async def test_a_voice_answers_as_a_file_where_a_native_one_is_refused(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.send_media(target_of(event), [VOICE], caption=None, nonce="a", buttons=BUTTONS)

        house.front.answer = answer
        house.dc.permissions(house.channel, send=False)
        used = house.dc.slash(house.channel, house.ann, "voice", {"text": "hello"})
        await settled(house)
    (message,) = used.messages
    assert not message.voice
    assert message.attachments[0].data == VOICE.data
    assert house.dc.find_component(message, "again-1")


async def test_pictures_answer_a_command(house: House) -> None:
    items = [Media(MediaKind.IMAGE, b"png", "image/png", f"{n}.png") for n in range(4)]
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            await door.send_media(target_of(event), items, caption=Part("four"), nonce="a", buttons=BUTTONS)

        house.front.answer = answer
        used = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        await settled(house)
    (message,) = used.messages
    assert message.content == "four"
    assert len(message.attachments) == 4


async def test_suggestions(house: House) -> None:
    async with house.running():
        found = await house.dc.autocomplete(
            house.channel, house.ann, "image", "model", "llama", others={"seed": 3, "prompt": "boats"}
        )
    assert found == [
        {"name": "Llama-Large", "value": "llama-large"},
        {"name": "Llama-Small", "value": "llama-small"},
    ]
    ((incoming, option, typed),) = house.front.asked
    assert (option, typed) == ("model", "llama")
    assert incoming.command == CommandUse("image", {"seed": 3, "prompt": "boats"})
    assert incoming.place == house.place
    assert house.front.events == []


async def test_many_choices_are_suggested(house: House) -> None:
    async with house.running():
        every = await house.dc.autocomplete(house.channel, house.ann, "style", "name", "")
        some = await house.dc.autocomplete(house.channel, house.ann, "style", "name", "style 29")
    assert len(every) == 25
    assert [choice["value"] for choice in some] == ["s29"]
    assert house.front.asked == []


async def test_slow_suggestions_are_none_in_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.interactions.COMPLETE_SECONDS", 0.05)
    house.front.complete_seconds = 30
    async with house.running():
        found = await house.dc.autocomplete(house.channel, house.ann, "image", "model", "llama")
    assert found == []


async def test_a_form_registered_before_an_update(house: House) -> None:
    async with house.running():
        stale = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x", "seed": 5})
        await house.events()
        house.front.commands = [
            Command(
                "image", "Draw", (Option("prompt", ""), Option("seed", "", OptionKind.INTEGER, maximum=4))
            )
        ]
        refused = house.dc.slash(house.channel, house.ann, "image", {"prompt": "x", "seed": 5})
        await house.dc.wait_for(lambda: refused.text)
        gone = house.dc.slash(house.channel, house.ann, "voice", {"text": "x"})
        await house.events(2)
    assert stale.acknowledged
    assert refused.text == "`seed` can be at most 4."
    assert gone.acknowledged
    assert house.front.events[1].command == CommandUse("voice", {})


async def test_what_was_never_offered_is_left_alone(house: House) -> None:
    async with house.running() as door:
        answering(house, door, "ok")
        used = house.dc.slash(house.channel, house.ann, "help")
        await settled(house)
        template = next(e.data for e in house.dc.gateway.events if e.name == "INTERACTION_CREATE")
        for data in (
            {"id": "1", "name": "Quote", "type": 3, "target_id": "5"},
            {"id": "1", "name": "help", "type": 1, "options": "nonsense"},
            {"name": "nowhere"},
        ):
            house.dc.dispatch(
                "INTERACTION_CREATE", {**template, "id": str(new_id()), "data": data}, house.guild.id
            )
        house.dc.say(house.channel, house.ann, "still there")
        await house.events(2)
        await settled(house)
    assert used.text == "ok"


async def test_button_press(house: House) -> None:
    async with house.running() as door:
        await door.send(Target(house.place), Part("shall I?"), nonce="a", buttons=BUTTONS)
        (message,) = house.dc.answers(house.channel)

        async def answer(event: Incoming) -> None:
            await door.send(target_of(event, private=True), Part("noted"), nonce="b")
            await door.send(target_of(event), Part("done"), nonce="c")
            await door.edit(MessageRef(event.place, event.message_id), Part("I did."))

        house.front.answer = answer
        pressed = house.dc.press(message, "Again", house.ann)
        await settled(house)
    (event,) = house.front.events
    assert event.addressed is Addressed.BUTTON
    assert event.press is not None
    assert (event.press.button_id, event.press.message_id) == ("again-1", str(message.id))
    assert pressed.response_type == 6
    assert [(one.content, one.ephemeral) for one in pressed.followups] == [("noted", True), ("done", False)]
    assert message.content == "I did."
    assert message.components == []


async def test_buttons_work_after_a_rebuild(house: House) -> None:
    async with house.running() as door:
        await door.send(Target(house.place), Part("shall I?"), nonce="a", buttons=BUTTONS)
    (message,) = house.dc.answers(house.channel)
    async with house.running() as door:
        answering(house, door, "pressed")
        house.dc.press(message, "Again", house.ann)
        await settled(house)
    assert house.dc.transcript(house.channel) == "shall I?\npressed"


async def test_a_waiting_message_is_filled_after_a_rebuild(house: House) -> None:
    async with house.running():
        used = house.dc.slash(house.channel, house.ann, "help")
        await house.events()
    (event,) = house.front.events
    async with house.running() as door:
        ref = await door.send(target_of(event), Part("back again"), nonce="a")
        await door.send(target_of(event), Part("and more"), nonce="b")
        await door.edit(ref, Part("back again."))
    assert used.text == "back again.\nand more"
    assert all(message.ephemeral for message in used.messages)


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


async def test_the_message_somebody_removed_is_gone(house: House) -> None:
    async with house.running() as door:

        async def answer(event: Incoming) -> None:
            ref = await door.send(target_of(event), Part("one"), nonce="a")
            house.dc.delete(house.dc.answers(house.channel)[0])
            with pytest.raises(PlatformError) as caught:
                await door.edit(ref, Part("two"))
            assert caught.value.failure is PlatformFailure.GONE

        house.front.answer = answer
        house.dc.slash(house.channel, house.ann, "image", {"prompt": "x"})
        await settled(house)


def test_payload_of_the_commands(dc: FakeDiscord) -> None:
    command = Command(
        "image",
        "d" * 200,
        (
            Option("size", "Size", minimum=2),
            Option("prompt", "Prompt", required=True, maximum=7500),
            Option("seed", "Seed", OptionKind.INTEGER, minimum=1, maximum=9),
        ),
        takes_file=True,
    )
    (made,) = payload([command, Command("No Spaces", "refused by Discord")])
    assert len(made["description"]) == 100
    assert made["contexts"] == [0, 1]
    assert made["integration_types"] == [0]
    prompt, size, seed, file = made["options"]
    assert (prompt["name"], prompt["required"], prompt["max_length"]) == ("prompt", True, 6000)
    assert (size["min_length"], size["type"]) == (2, 3)
    assert (seed["min_value"], seed["max_value"], seed["type"]) == (1, 9, 4)
    assert (file["name"], file["type"]) == ("file", 11)
    assert dc.calls == []
