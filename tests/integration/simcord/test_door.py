"""What the door says and hears, as another simulation of Discord sees it."""

from __future__ import annotations

import discord
import pytest

from bot.errors import PlatformError, PlatformFailure
from bot.messages import Addressed, Button, Incoming, Media, MediaKind, MessageRef, Part, Place, Target
from tests.integration.discord.front import PracticeFront
from tests.integration.simcord.stage import Scene, practice

STOP = ((Button("Stop", "t1.stop"),),)


def place_of(scene: Scene) -> Place:
    return Place("discord", str(scene.guild.id), str(scene.channel.id))


async def test_an_answer_is_a_reply_that_pings_nobody_else() -> None:
    front = PracticeFront()
    async with practice(front) as scene:

        async def answer(incoming: Incoming) -> None:
            target = Target(incoming.place, incoming.message_id)
            await scene.door.send(target, Part("Hello @everyone and <@&1>"), nonce="n1", buttons=STOP)

        front.answer = answer
        [said] = await scene.ask("Hi")
        [asked] = front.events
        assert (asked.text, asked.addressed, asked.author.name) == ("Hi", Addressed.MENTION, "alice")
        assert said.reference is not None
        assert said.reference.message_id == int(asked.message_id)
        assert not said.mention_everyone
        assert said.role_mentions == []
        assert [one.label for row in said.components for one in row.children] == ["Stop"]  # type: ignore[union-attr]


async def test_edits_and_buttons_taken_away_are_seen() -> None:
    async with practice(PracticeFront()) as scene:
        ref = await scene.door.send(Target(place_of(scene)), Part("one"), nonce="n1", buttons=STOP)
        await scene.door.edit(ref, Part("two"), buttons=STOP)
        await scene.door.clear_buttons(ref)
        await scene.env.settle()
        [said] = scene.answers()
        assert (said.content, said.components) == ("two", [])


async def test_what_is_not_for_the_bot_is_overheard() -> None:
    front = PracticeFront()
    async with practice(front) as scene:
        await scene.alice.send(scene.channel, "Just talking")
        await scene.env.settle()
        assert [(one.text, one.addressed) for one in front.events] == [("Just talking", Addressed.OVERHEARD)]


async def test_without_the_content_intent_a_mention_still_has_its_words() -> None:
    front = PracticeFront()
    async with practice(front, content=False) as scene:
        await scene.alice.send(scene.channel, "Just talking")
        await scene.alice.send(scene.channel, f"{scene.mention} Hi")
        await scene.env.settle()
    assert [one.text for one in front.events if one.addressed is Addressed.MENTION] == ["Hi"]
    assert all("Just talking" not in one.text for one in front.events)


async def test_a_direct_message_is_answered_there() -> None:
    front = PracticeFront()
    async with practice(front) as scene:

        async def answer(incoming: Incoming) -> None:
            await scene.door.send(Target(incoming.place), Part("Hello"), nonce="n1")

        front.answer = answer
        asked = await scene.alice.send_dm("Hi")
        await scene.env.settle()
        [event] = front.events
        assert event.place.direct
        assert event.addressed is Addressed.DIRECT
        assert [message.content for message in scene.alice.user.dm_channel.history()] == ["Hi", "Hello"]
        assert asked.guild is None


async def test_an_edit_and_a_deletion_are_told() -> None:
    front = PracticeFront()
    async with practice(front) as scene:
        asked = await scene.alice.send(scene.channel, f"{scene.mention} one")
        await scene.env.settle()
        await scene.alice.edit(asked, f"{scene.mention} two")
        await scene.env.settle()
        await scene.alice.delete(asked)
        await scene.env.settle()
        assert [(one.text, one.edits) for one in front.events] == [("one", ""), ("two", str(asked.id))]
        assert front.deleted == [(place_of(scene), (str(asked.id),))]


async def test_a_long_text_is_taken_part_by_part() -> None:
    async with practice(PracticeFront()) as scene:
        text = "\n\n".join(f"Paragraph {n}. " + "words and more words " * 20 for n in range(12))
        parts = scene.door.compose(text)
        for number, part in enumerate(parts):
            await scene.door.send(Target(place_of(scene)), part, nonce=f"n{number}")
        await scene.env.settle()
        said = scene.answers()
        assert len(said) == len(parts) > 2
        assert "".join("".join(one.content.split()) for one in said) == "".join(text.split())


async def test_what_is_too_long_is_refused_as_such() -> None:
    async with practice(PracticeFront()) as scene:
        with pytest.raises(PlatformError) as refused:
            await scene.door.send(Target(place_of(scene)), Part("x" * 2001), nonce="n1")
        assert refused.value.failure is PlatformFailure.BAD_FORMAT


async def test_a_channel_that_forbids_it_is_known_as_forbidden() -> None:
    async with practice(PracticeFront()) as scene:
        deny = discord.PermissionOverwrite(send_messages=False)
        assert scene.client.user is not None
        closed = scene.guild.create_text_channel("closed", overwrites={scene.client.user: deny})
        with pytest.raises(PlatformError) as refused:
            await scene.door.send(Target(Place("discord", "", str(closed.id))), Part("Hi"), nonce="n1")
        assert refused.value.failure is PlatformFailure.FORBIDDEN


async def test_a_reply_to_what_is_gone_still_comes() -> None:
    async with practice(PracticeFront()) as scene:
        asked = await scene.alice.send(scene.channel, "Hi")
        await scene.alice.delete(asked)
        await scene.door.send(Target(place_of(scene), str(asked.id)), Part("Hello"), nonce="n1")
        await scene.env.settle()
        [said] = scene.answers()
        assert said.content == "Hello"


async def test_an_answer_that_was_deleted_is_known_as_gone() -> None:
    async with practice(PracticeFront()) as scene:
        ref = MessageRef(place_of(scene), "1")
        with pytest.raises(PlatformError) as refused:
            await scene.door.edit(ref, Part("two"))
        assert refused.value.failure is PlatformFailure.GONE


async def test_a_thread_is_opened_and_written_in() -> None:
    async with practice(PracticeFront()) as scene:
        asked = await scene.alice.send(scene.channel, "A question")
        place = await scene.door.open_thread(place_of(scene), str(asked.id), "A question")
        await scene.door.send(Target(place), Part("In the thread"), nonce="n1")
        await scene.env.settle()
        thread = scene.client.get_channel(int(place.thread))
        assert isinstance(thread, discord.Thread)
        assert thread.name == "A question"
        assert [one.type for one in scene.answers()] == [discord.MessageType.thread_created]


async def test_a_picture_arrives_as_a_file() -> None:
    async with practice(PracticeFront()) as scene:
        picture = Media(MediaKind.IMAGE, b"\x89PNG", "image/png", "boat.png")
        await scene.door.send_media(Target(place_of(scene)), [picture], caption=Part("A boat"), nonce="n1")
        await scene.env.settle()
        [said] = scene.answers()
        assert said.content == "A boat"
        assert [one.filename for one in said.attachments] == ["boat.png"]


# --- interactions ---


async def test_commands_are_offered_with_their_options() -> None:
    front = PracticeFront()
    async with practice(front) as scene:
        assert set(scene.alice.available_commands(scene.channel)) == {one.name for one in front.commands}
        choices = await scene.alice.autocomplete(scene.channel, "image", "model", "llama", prompt="x")
        assert [one["value"] for one in choices] == ["llama-large", "llama-small"]


async def test_a_private_command_is_answered_to_the_asker_alone() -> None:
    front = PracticeFront()
    async with practice(front) as scene:

        async def answer(incoming: Incoming) -> None:
            target = Target(incoming.place, reply_handle=incoming.reply_handle, private=True)
            await scene.door.send(target, Part("All about me"), nonce="n1")

        front.answer = answer
        result = await scene.alice.slash(scene.channel, "help")
        await scene.env.settle()
        [event] = front.events
        assert event.command is not None
        assert event.command.name == "help"
        assert result.acknowledged
        assert result.response is not None
        assert (result.response.content, result.response.ephemeral) == ("All about me", True)


async def test_a_command_fills_the_answer_it_announced() -> None:
    front = PracticeFront()
    async with practice(front) as scene:

        async def answer(incoming: Incoming) -> None:
            target = Target(incoming.place, reply_handle=incoming.reply_handle)
            ref = await scene.door.send(target, Part("Reading"), nonce="n1")
            await scene.door.edit(ref, Part("Read aloud"))
            await scene.door.send(target, Part("And more"), nonce="n2")

        front.answer = answer
        result = await scene.alice.slash(scene.channel, "voice", text="Good morning")
        await scene.env.settle()
        [event] = front.events
        assert event.command is not None
        assert event.command.options == {"text": "Good morning"}
        assert result.response is not None
        assert (result.response.content, result.response.ephemeral) == ("Read aloud", False)
        assert [one.content for one in result.followups] == ["And more"]


async def test_a_pressed_button_is_acknowledged_and_named() -> None:
    front = PracticeFront()
    async with practice(front) as scene:
        await scene.door.send(Target(place_of(scene)), Part("An answer"), nonce="n1", buttons=STOP)
        [said] = scene.answers()
        result = await scene.alice.click(said, label="Stop")
        await scene.env.settle()
        [event] = front.events
        assert event.press is not None
        assert (event.press.button_id, event.press.message_id) == ("t1.stop", str(said.id))
        assert result.acknowledged
