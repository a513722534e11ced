"""Media that answer a command, suggestions, buttons, and forms from before an update or a rebuild."""

from __future__ import annotations

import pytest

from adapters.discord.commands import payload
from bot.declarations import Command, Option, OptionKind
from bot.errors import PlatformError, PlatformFailure
from bot.messages import (
    Addressed,
    CommandUse,
    Incoming,
    Media,
    MediaKind,
    MessageRef,
    Part,
    Target,
)
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.state import new_id
from tests.integration.discord.conftest import House
from tests.integration.discord.interacting import BUTTONS, answering, settled, target_of

VOICE = Media(MediaKind.VOICE, b"OggS" * 9, "audio/ogg", "voice.ogg", duration=1.5, waveform=bytes(9))


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
